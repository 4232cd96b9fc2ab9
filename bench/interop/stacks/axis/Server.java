import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import org.apache.axis.configuration.FileProvider;
import org.apache.axis.message.MessageElement;
import org.apache.axis.message.SOAPBodyElement;
import org.apache.axis.message.SOAPEnvelope;
import org.apache.axis.transport.http.SimpleAxisServer;

/** A provider on Apache Axis 1.4, in its message style: java Server PORT */
public final class Server {
    private static final String SETTINGS = """
        <deployment xmlns="http://xml.apache.org/axis/wsdd/" xmlns:java="http://xml.apache.org/axis/wsdd/providers/java">
          <transport name="SimpleHTTP"/>
          <service name="xmlapi" style="message" provider="java:MSG">
            <parameter name="className" value="Server"/>
            <parameter name="allowedMethods" value="process"/>
          </service>
        </deployment>
        """;

    public static void main(String[] args) throws Exception {
        SimpleAxisServer server = new SimpleAxisServer();
        server.setMyConfig(new FileProvider(new ByteArrayInputStream(SETTINGS.getBytes(StandardCharsets.UTF_8))));
        server.setServerSocket(new ServerSocket(Integer.parseInt(args[0]), 50, InetAddress.getByName("127.0.0.1")));
        server.run();
    }

    /** Axis calls this for every message. */
    public void process(SOAPEnvelope request, SOAPEnvelope response) throws Exception {
        MessageElement process = request.getFirstBody();
        SOAPBodyElement answer = new SOAPBodyElement(Answers.ARTS, Answers.root(process));
        Answers.fill(answer, process);
        response.addBodyElement(answer);
    }
}
