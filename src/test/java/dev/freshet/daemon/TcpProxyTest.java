package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That the proxy which faults go through does what it says, before a server that sends back what it gets. */
final class TcpProxyTest {

    private ServerSocket server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::echo);
        proxy = new TcpProxy(server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    private void echo() {
        try {
            while (!server.isClosed()) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        assertThat(e).hasMessageContaining("reset");
                    }
                });
            }
        } catch (IOException e) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Socket connect() throws IOException {
        var client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout(5_000);
        return client;
    }

    private static int ask(Socket client, int what) throws IOException {
        client.getOutputStream().write(what);
        return client.getInputStream().read();
    }

    @Test
    void passesOnWhatIsSaid() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, 42)).isEqualTo(42);
        }
    }

    @Test
    void resetsAndDrops() throws IOException {
        try (Socket reset = connect();
                Socket second = connect()) {
            assertThat(ask(reset, 1)).isEqualTo(1);
            assertThat(ask(second, 1)).isEqualTo(1);
            proxy.reset();
            assertThatThrownBy(() -> ask(reset, 2)).isInstanceOf(IOException.class);
        }
        try (Socket dropped = connect()) {
            assertThat(ask(dropped, 3)).isEqualTo(3);
            proxy.drop();
            assertThat(dropped.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void refusesUntilItIsHealed() throws IOException {
        proxy.refuse();
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        proxy.heal();
        try (Socket client = connect()) {
            assertThat(ask(client, 4)).isEqualTo(4);
        }
    }

    @Test
    void whatHasGoneSilentStaysSo() throws IOException {
        try (Socket before = connect()) {
            assertThat(ask(before, 5)).isEqualTo(5);
            proxy.silence();
            before.setSoTimeout(200);
            assertThatThrownBy(() -> ask(before, 6)).isInstanceOf(SocketTimeoutException.class);
            try (Socket during = connect()) {
                during.setSoTimeout(200);
                assertThatThrownBy(() -> ask(during, 7)).isInstanceOf(SocketTimeoutException.class);
            }
            proxy.heal();
            try (Socket after = connect()) {
                assertThat(ask(after, 8)).isEqualTo(8);
            }
            assertThatThrownBy(() -> ask(before, 9)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void delays() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, 10)).isEqualTo(10);
            proxy.delay(Duration.ofMillis(150));
            long start = System.nanoTime();
            assertThat(ask(client, 11)).isEqualTo(11);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(250));
        }
    }
}
