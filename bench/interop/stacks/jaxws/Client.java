import java.net.URL;
import stranger.StoredValueService;
import stranger.Xhead;

/** A client on the JAX-WS reference implementation, with wsimport's classes of the provider's WSDL: java Client URL */
public final class Client {
    public static void main(String[] args) throws Exception {
        Xhead head = new Xhead();
        head.setMsgId("0001");
        head.setMsgType("CRM_MESSAGE");
        head.setSource("REGISTER");
        head.setDestination("SERVER");
        head.setBodyFormat("SOAPRPC");
        head.setReturnFormat("SOAPRPC");
        head.setPriority("3");
        head.setCharset("850");
        head.setExpectResponse("true");
        new Questions(new StoredValueService(new URL(args[0] + "?wsdl")).getStoredValuePort(), head).work();
    }
}
