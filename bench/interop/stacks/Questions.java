import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import stranger.*;

/**
 * What the Java stacks ask, from the tasks on standard input, and what they tell of the answers. The classes of package
 * stranger are made from the WSDL by each stack's own tool, which call them and their members alike.
 */
final class Questions {
    private final Object port;
    private final Object[] more;

    /** The port is the stack's StoredValue; more are the arguments of its methods beside the message. */
    Questions(Object port, Object... more) {
        this.port = port;
        this.more = more;
    }

    void work() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null; ) {
            String[] task = line.split("\t");
            List<String> told = new ArrayList<>();
            told.add(task[0]);
            try {
                List<String> facts = facts(ask(task[1], message(task[1], task[2], task[3], task[4], task[5])));
                told.add("ok");
                told.addAll(facts);
            } catch (Exception e) {
                told.addAll(Arrays.asList("no", (e.getClass().getName() + ": " + e.getMessage()).replaceAll("\\s+", " ")));
            }
            out.println(String.join("\t", told));
        }
    }

    private Object ask(String action, RequestData data) throws Exception {
        ProcessXML request = new ProcessXML();
        request.setARTSAction(ActionName.fromValue(action));
        request.setARTSData(data);
        Object[] arguments = new Object[1 + more.length];
        arguments[0] = request;
        System.arraycopy(more, 0, arguments, 1, more.length);
        for (Method method : StoredValue.class.getMethods()) {
            if (method.getName().equalsIgnoreCase(action)) {
                try {
                    return method.invoke(port, arguments);
                } catch (InvocationTargetException e) {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                }
            }
        }
        throw new NoSuchMethodException(action);
    }

    private static RequestData message(String action, String card, String amount, String earlier, String order) {
        RequestData data = new RequestData();
        switch (action) {
            case "GenerateCard" -> {
                RequestedSeries series = new RequestedSeries();
                series.setAction(SeriesAction.fromValue(action));
                series.setUserName("OMS");
                series.setCardPrefix(card);
                series.setCardSeriesSequence(amount);
                data.setCardSeriesMaintenance(new GenerateCardRequest());
                data.getCardSeriesMaintenance().setCardSeries(series);
            }
            case "InquiryRequest" -> {
                CardRequest inquiry = new CardRequest();
                inquiry.setUserID("OMS");
                inquiry.setInstrument(instrument(card));
                inquiry.setComments("interop");
                data.setInquiryRequest(inquiry);
            }
            case "ActivateInstrumentRequest" -> data.setActivateInstrumentRequest(amountRequest(card, amount, order));
            case "RechargeRequest" -> data.setRechargeRequest(amountRequest(card, amount, order));
            case "PreauthorizationRequest" -> data.setPreauthorizationRequest(amountRequest(card, amount, order));
            case "PostauthorizationRequest" -> data.setPostauthorizationRequest(referring(card, amount, earlier, order));
            case "ReturnRequest" -> data.setReturnRequest(referring(card, amount, "", order));
            case "VoidRequest" -> data.setVoidRequest(referring(card, amount, earlier, order));
            default -> throw new IllegalArgumentException(action);
        }
        return data;
    }

    private static AmountRequest amountRequest(String card, String amount, String order) {
        AmountRequest request = new AmountRequest();
        request.setUserID("OMS");
        request.setInstrument(instrument(card));
        request.setRTPTransaction(transaction(amount, order));
        request.setComments("interop");
        return request;
    }

    private static ReferringRequest referring(String card, String amount, String earlier, String order) {
        ReferringRequest request = new ReferringRequest();
        request.setUserID("OMS");
        request.setInstrument(instrument(card));
        request.setRTPTransaction(transaction(amount, order));
        request.setSVATransaction(new EarlierTransaction());
        request.getSVATransaction().setSVATransactionID(earlier);
        request.setComments("interop");
        return request;
    }

    private static RequestedInstrument instrument(String card) {
        RequestedInstrument instrument = new RequestedInstrument();
        instrument.setInstrumentID("");
        instrument.setAuthenticationData("");
        instrument.setCardNumber(card);
        instrument.setCardSwiped(SwipedFlag.fromValue("False"));
        return instrument;
    }

    private static RequestedTransaction transaction(String amount, String order) {
        RequestedTransaction transaction = new RequestedTransaction();
        transaction.setRTPTransactionID(order);
        transaction.setOperatorID("OMS");
        transaction.setLocationID("");
        transaction.setTransactionDateTime("2031-04-05T06:07:08");
        transaction.setBusinessDate("2031-04-05");
        RequestedAmount asked = new RequestedAmount();
        asked.setCurrencyID("USD");
        asked.setAmount(amount);
        transaction.setRTPAmount(asked);
        return transaction;
    }

    private static List<String> facts(Object answer) {
        if (answer instanceof CardSeriesMaintenance maintenance) {
            AnsweredSeries series = maintenance.getCardSeries();
            if (series == null) {
                throw new IllegalStateException("an empty answer");
            }
            return Arrays.asList(series.getResponseCode(), "-", "-", series.getInstrument().getCardNumber(), "-");
        }
        StoredValueAnswer value = (StoredValueAnswer) answer;
        AnsweredTransaction transaction = value.getSVATransaction();
        if (transaction == null) {
            throw new IllegalStateException("an empty answer");
        }
        PreAuthSVAAmount rest = transaction.getPreAuthSVAAmount();
        return Arrays.asList(transaction.getReason().getCode(), transaction.getSVAAmount().getAmount(),
            value.getAccountState().getBalance().getAmount(), transaction.getSVATransactionID(),
            rest == null ? "-" : rest.getPreAuthAmount());
    }
}
