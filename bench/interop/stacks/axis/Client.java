import java.net.URL;
import org.apache.axis.message.SOAPHeaderElement;
import stranger.StoredValueServiceLocator;
import stranger.StoredValueSoapStub;

/** A client on Apache Axis 1.4, with WSDL2Java's classes of the provider's WSDL: java Client URL */
public final class Client {
    public static void main(String[] args) throws Exception {
        String[] head = {"msg_id", "0001", "msg_type", "CRM_MESSAGE", "source", "REGISTER", "destination", "SERVER",
            "body_format", "SOAPRPC", "return_format", "SOAPRPC", "priority", "3", "charset", "850", "expect_response", "true"};
        SOAPHeaderElement block = new SOAPHeaderElement("dv:xhead", "xhead");
        block.setActor(null);
        for (int i = 0; i < head.length; i += 2) {
            block.addChildElement(head[i], "", "dv:xhead").addTextNode(head[i + 1]);
        }
        StoredValueSoapStub port = (StoredValueSoapStub) new StoredValueServiceLocator().getStoredValuePort(new URL(args[0]));
        port.setHeader(block);
        port.setTimeout(60_000);
        new Questions(port).work();
    }
}
