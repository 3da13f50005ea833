package dev.freshet.daemon;

import dev.freshet.config.HttpConfig;
import dev.freshet.diagnosis.Problem;
import dev.freshet.query.http.SearchRoutes;
import io.javalin.Javalin;
import io.javalin.json.JavalinJackson;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;

/** All HTTP routes on one port. */
final class HttpServer implements AutoCloseable {

    private final Javalin server;

    /**
     * Starts serving.
     *
     * @throws StartupException if the port is taken
     */
    HttpServer(HttpConfig config, SearchRoutes search, AdminRoutes admin, LetterRoutes letters) {
        this.server = Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.startup.showOldJavalinVersionWarning = false;
            javalin.concurrency.useVirtualThreads = true;
            javalin.jsonMapper(new JavalinJackson(SearchRoutes.JSON, true));
            search.addTo(javalin.routes);
            admin.addTo(javalin.routes);
            letters.addTo(javalin.routes);
            javalin.routes.error(404, "*", context -> {
                if (context.result() == null
                        || !String.valueOf(context.contentType()).contains("json")) {
                    SearchRoutes.error(
                            context,
                            404,
                            "there is nothing at " + context.path()
                                    + "; there are /v1/search, /v1/status, /v1/dead-letters, /metrics, /livez and /readyz");
                }
            });
        });
        try {
            server.start(config.host(), config.port());
        } catch (JavalinBindException e) {
            throw new StartupException(problem(config, e), e);
        }
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
