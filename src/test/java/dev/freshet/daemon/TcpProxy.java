package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Stands between a client and a server on this machine, and does to their connections what networks do. Thread-safe. */
final class TcpProxy implements AutoCloseable {

    private static final int BUFFER = 16 << 10;

    /** A client's connection with that to the server behind it. */
    private static final class Pair {
        private final Socket client;
        private final Socket server;
        private volatile boolean silent;

        Pair(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        /** Closes both ends at once; with a reset rather than a goodbye when so wanted. */
        void end(boolean reset) {
            for (Socket socket : new Socket[] {client, server}) {
                try (socket) {
                    if (reset) {
                        socket.setSoLinger(true, 0);
                    }
                } catch (IOException e) {
                    assertThat(e).as("closed already, which is what is wanted").isNotNull();
                }
            }
        }
    }

    private final int serverPort;
    private final int port;
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ServerSocket listener;
    private volatile @Nullable Thread acceptor;
    private volatile Duration delay = Duration.ZERO;
    private volatile boolean silent;

    /** Listens at any free port of the loopback interface for what goes to this port there. */
    TcpProxy(int serverPort) {
        this.serverPort = serverPort;
        ServerSocket first = listen(0);
        port = first.getLocalPort();
    }

    private ServerSocket listen(int at) {
        try {
            var opened = new ServerSocket();
            opened.setReuseAddress(true);
            opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 128);
            listener = opened;
            acceptor = Thread.ofVirtual().name("proxy-" + serverPort).start(() -> accept(opened));
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens. */
    int port() {
        return port;
    }

    /** Ends all connections, as a firewall or a failing host does: the clients see a reset. */
    void reset() {
        pairs.forEach(pair -> pair.end(true));
    }

    /** Ends all connections properly. */
    void drop() {
        pairs.forEach(pair -> pair.end(false));
    }

    /** Ends all connections, and refuses new ones until it is {@linkplain #heal healed}. */
    synchronized void refuse() {
        ServerSocket open = listener;
        if (open != null) {
            listener = null;
            try {
                open.close();
                // The port is closed when nobody waits at it any more.
                Thread accepting = acceptor;
                if (accepting != null) {
                    accepting.join();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        reset();
    }

    /**
     * Says nothing any more on any connection, and takes whatever comes: as a host that lost its power, behind something
     * that still answers for it. New connections are taken and say nothing. What has gone silent stays so for ever, also
     * when it is healed.
     */
    void silence() {
        silent = true;
        pairs.forEach(pair -> pair.silent = true);
    }

    /** From now on everything takes this long on its way, each way. */
    void delay(Duration time) {
        delay = time;
    }

    /** New connections are as good as ever. */
    synchronized void heal() {
        silent = false;
        delay = Duration.ZERO;
        if (listener == null) {
            listen(port);
        }
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket client = from.accept();
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                if (!from.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void connect(Socket client) {
        var server = new Socket();
        var pair = new Pair(client, server);
        pair.silent = silent;
        try {
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort));
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            // Nobody is behind: the client is told as if it had reached nobody.
            pair.end(true);
            return;
        }
        pairs.add(pair);
        Thread.ofVirtual().start(() -> pump(pair, client, server));
        Thread.ofVirtual().start(() -> pump(pair, server, client));
    }

    private void pump(Pair pair, Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                LockSupport.parkNanos(delay.toNanos());
                if (!pair.silent) {
                    out.write(buffer, 0, read);
                }
            }
            if (pair.silent) {
                // The other end never hears of it.
                return;
            }
            pair.end(false);
        } catch (IOException e) {
            if (!pair.silent) {
                pair.end(true);
            }
        }
        pairs.remove(pair);
    }

    @Override
    public synchronized void close() {
        refuse();
        pairs.clear();
    }
}
