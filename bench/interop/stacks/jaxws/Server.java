import java.util.Iterator;
import javax.xml.namespace.QName;
import javax.xml.soap.MessageFactory;
import javax.xml.soap.SOAPElement;
import javax.xml.soap.SOAPException;
import javax.xml.soap.SOAPMessage;
import javax.xml.ws.Endpoint;
import javax.xml.ws.Provider;
import javax.xml.ws.Service;
import javax.xml.ws.ServiceMode;
import javax.xml.ws.WebServiceException;
import javax.xml.ws.WebServiceProvider;

/** A provider on the JAX-WS reference implementation: java Server PORT */
@WebServiceProvider
@ServiceMode(Service.Mode.MESSAGE)
public final class Server implements Provider<SOAPMessage> {
    public static void main(String[] args) {
        Endpoint.publish("http://127.0.0.1:" + args[0] + "/relateui/OMS/xmlapi", new Server());
    }

    @Override
    public SOAPMessage invoke(SOAPMessage request) {
        try {
            Iterator<?> body = request.getSOAPBody().getChildElements();
            SOAPElement process = (SOAPElement) body.next();
            SOAPMessage answer = MessageFactory.newInstance().createMessage();
            Answers.fill(answer.getSOAPBody().addBodyElement(new QName(Answers.ARTS, Answers.root(process), "arts")), process);
            return answer;
        } catch (SOAPException e) {
            throw new WebServiceException(e);
        }
    }
}
