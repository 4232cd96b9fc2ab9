import java.util.Iterator;
import java.util.Map;
import javax.xml.soap.SOAPElement;
import javax.xml.soap.SOAPException;
import javax.xml.soap.SOAPFactory;

/** What the Java stacks answer, from the tree that they made of ProcessXML. */
final class Answers {
    static final String ARTS = "http://www.nrf-arts.org/IXRetail/namespace/";

    /** A verb: the answer's reason code, and which way the amount moves the balance of 200.00. */
    private record Verb(String reason, int sign) {}

    private static final Map<String, Verb> VERBS = Map.of(
        "ActivateInstrumentRequest", new Verb("2", 1),
        "RechargeRequest", new Verb("8", 1),
        "InquiryRequest", new Verb("16", 0),
        "PreauthorizationRequest", new Verb("24", -1),
        "PostauthorizationRequest", new Verb("26", 0),
        "ReturnRequest", new Verb("18", 1),
        "VoidRequest", new Verb("22", 1));

    private Answers() {}

    /** The name of the answer to ProcessXML. */
    static String root(SOAPElement process) throws SOAPException {
        String action = text(process, "ARTSAction");
        if (!action.equals("GenerateCard") && !VERBS.containsKey(action)) {
            throw new SOAPException("no such action");
        }
        return action.equals("GenerateCard") ? "CardSeriesMaintenance" : action.replace("Request", "Response");
    }

    /** Fills the answer, which has its name already. */
    static void fill(SOAPElement answer, SOAPElement process) throws SOAPException {
        String action = text(process, "ARTSAction");
        SOAPElement data = child(process, "ARTSData");
        if (action.equals("GenerateCard")) {
            generated(answer, child(child(data, "CardSeriesMaintenance"), "CardSeries"));
        } else {
            acted(answer, action, child(data, action));
        }
    }

    private static void generated(SOAPElement answer, SOAPElement asked) throws SOAPException {
        String name = text(asked, "CardPrefix") + text(asked, "CardSeriesSequence");
        leaf(answer, "DateTime", "2031-04-05T06:07:08");
        SOAPElement series = node(answer, "CardSeries");
        series.addAttribute(SOAPFactory.newInstance().createName("ResponseCode"), "OK");
        leaf(series, "ResponseDescription", text(asked, "UserName"));
        leaf(series, "CardPrefix", text(asked, "CardPrefix"));
        leaf(series, "CardSeriesSequence", text(asked, "CardSeriesSequence"));
        SOAPElement instrument = node(series, "Instrument");
        leaf(instrument, "InstrumentID", "1" + name + "00000001");
        leaf(instrument, "CardNumber", "600649" + name + "123");
        leaf(instrument, "BatchNumber", "001");
    }

    private static void acted(SOAPElement answer, String action, SOAPElement message) throws SOAPException {
        Verb verb = VERBS.get(action);
        String card = text(child(message, "Instrument"), "CardNumber");
        SOAPElement rtp = child(message, "RTPTransaction");
        String amount = rtp == null ? "0.00" : text(child(rtp, "RTPAmount"), "Amount");
        long minor = 20000 + verb.sign * Long.parseLong(amount.replace(".", ""));
        String id = "70" + card.substring(card.length() - 4);

        leaf(answer, "ResponseDescription", (rtp == null ? "" : text(rtp, "RTPTransactionID") + " ") + text(message, "UserID"));
        leaf(node(answer, "InstrumentState"), "Status", "Active");
        SOAPElement account = node(answer, "AccountState");
        leaf(account, "AccountID", "501");
        leaf(account, "AccountStatus", "Active");
        SOAPElement balance = node(account, "Balance");
        leaf(balance, "Amount", minor / 100 + "." + String.format("%02d", minor % 100));
        leaf(balance, "Currency", "USD");
        leaf(account, "EffectiveDate", "2031-04-01T08:00:00-0400");
        leaf(account, "AccountType", "SVC");
        SOAPElement transaction = node(answer, "SVATransaction");
        leaf(transaction, "SVATransactionID", id);
        if (action.equals("PostauthorizationRequest")) {
            leaf(transaction, "PreAuthSVATransactionID", text(child(message, "SVATransaction"), "SVATransactionID"));
            SOAPElement rest = node(transaction, "PreAuthSVAAmount");
            leaf(rest, "PreAuthCurrencyID", "USD");
            leaf(rest, "PreAuthAmount", "0.00");
        }
        SOAPElement reason = node(transaction, "Reason");
        leaf(reason, "Description", action.replace("Request", "Response"));
        leaf(reason, "Code", verb.reason);
        SOAPElement acted = node(transaction, "SVAAmount");
        leaf(acted, "CurrencyID", "USD");
        leaf(acted, "Amount", amount);
        leaf(transaction, "TransactionDateTime", "2031-04-05T06:07:08-0400");
        leaf(transaction, "AuthNumber", "0000" + id + "000042");
    }

    private static SOAPElement node(SOAPElement parent, String name) throws SOAPException {
        return parent.addChildElement(name, "arts", ARTS);
    }

    private static void leaf(SOAPElement parent, String name, String text) throws SOAPException {
        node(parent, name).addTextNode(text);
    }

    private static SOAPElement child(SOAPElement parent, String name) {
        for (Iterator<?> children = parent.getChildElements(); children.hasNext(); ) {
            if (children.next() instanceof SOAPElement e && e.getElementName().getLocalName().equals(name)) {
                return e;
            }
        }
        return null;
    }

    private static String text(SOAPElement parent, String name) {
        return child(parent, name).getValue();
    }
}
