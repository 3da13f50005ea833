package dev.freshet.daemon;

import dev.freshet.config.HttpConfig;
import dev.freshet.diagnosis.Problem;
import dev.freshet.query.http.Access;
import dev.freshet.query.http.SearchRoutes;
import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.json.JavalinJackson;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All HTTP routes on one port, behind what everybody meets first: who may ask, and how much of the server one may take. */
final class HttpServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    /** A connection on which nothing moves, in the middle of a request too, is closed. */
    static final Duration IDLE = Duration.ofSeconds(30);

    /** More wait to be accepted; so what requests take in memory is bounded. */
    private static final int MOST_CONNECTIONS = 1_024;

    private final Javalin server;

    /**
     * Starts serving.
     *
     * @param routes each adds its own
     * @throws StartupException if the port is taken
     */
    HttpServer(HttpConfig config, List<Consumer<RoutesConfig>> routes) {
        this(config, routes, IDLE);
    }

    HttpServer(HttpConfig config, List<Consumer<RoutesConfig>> routes, Duration idle) {
        this.server = Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.startup.showOldJavalinVersionWarning = false;
            javalin.concurrency.useVirtualThreads = true;
            javalin.jsonMapper(new JavalinJackson(SearchRoutes.JSON, true));
            javalin.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
            javalin.jetty.addConnector((jetty, http) -> connector(jetty, http, config, idle));
            javalin.jetty.modifyServer(jetty -> {
                jetty.setErrorHandler(new JsonErrors());
                jetty.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, jetty));
            });
            new Access(config).addTo(javalin.routes);
            routes.forEach(each -> each.accept(javalin.routes));
            javalin.routes.error(404, "*", context -> {
                if (context.result() == null
                        || !String.valueOf(context.contentType()).contains("json")) {
                    SearchRoutes.error(
                            context,
                            404,
                            "there is nothing at " + context.path()
                                    + "; there are /v1/search, /v1/status, /v1/explain, /v1/dead-letters, /metrics, /livez and /readyz");
                }
            });
            javalin.routes.exception(Exception.class, (e, context) -> {
                LOG.error("request failed method={} path={}", context.method(), context.path(), e);
                SearchRoutes.error(context, 500, "something went wrong inside; the daemon's log says what");
            });
        });
        try {
            server.start();
        } catch (JavalinBindException e) {
            throw new StartupException(problem(config, e), e);
        }
    }

    private static ServerConnector connector(Server jetty, HttpConfiguration http, HttpConfig config, Duration idle) {
        var connector = new ServerConnector(jetty, new HttpConnectionFactory(http));
        connector.setHost(config.host());
        connector.setPort(config.port());
        connector.setIdleTimeout(idle.toMillis());
        return connector;
    }

    /** Why it cannot listen there. */
    static Problem problem(HttpConfig config, Exception failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String reason = String.valueOf(root.getMessage());
        if (reason.contains("in use")) {
            return Problem.of(
                    "port %d of %s is taken".formatted(config.port(), config.host()),
                    "Choose another with http.port (0 for any free one), or stop what listens there");
        }
        if (reason.contains("ermission")) {
            return Problem.of(
                    "this user may not listen at port %d".formatted(config.port()),
                    "Choose a port above 1023 with http.port");
        }
        return Problem.of(
                "there is no listening at %s: %s".formatted(config.host(), reason),
                "Name an address of this machine in http.host; 0.0.0.0 stands for all of them");
    }

    /** What would keep a server from listening there now. */
    static Optional<Problem> problem(HttpConfig config) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(config.host()), config.port()));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(problem(config, e));
        }
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.stop();
    }
}
