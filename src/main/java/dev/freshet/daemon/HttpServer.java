package dev.freshet.daemon;

import dev.freshet.config.HttpConfig;
import dev.freshet.query.http.SearchRoutes;
import io.javalin.Javalin;
import io.javalin.json.JavalinJackson;
import io.javalin.util.JavalinBindException;

/** All HTTP routes on one port. */
final class HttpServer implements AutoCloseable {

    private final Javalin server;

    /**
     * Starts serving.
     *
     * @throws StartupException if the port is taken
     */
    HttpServer(HttpConfig config, SearchRoutes search, AdminRoutes admin) {
        this.server = Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.startup.showOldJavalinVersionWarning = false;
            javalin.concurrency.useVirtualThreads = true;
            javalin.jsonMapper(new JavalinJackson(SearchRoutes.JSON, true));
            search.addTo(javalin.routes);
            admin.addTo(javalin.routes);
            javalin.routes.error(404, "*", context -> {
                if (context.result() == null
                        || !String.valueOf(context.contentType()).contains("json")) {
                    SearchRoutes.error(
                            context,
                            404,
                            "there is nothing at " + context.path()
                                    + "; there are /v1/search, /v1/status, /metrics, /livez and /readyz");
                }
            });
        });
        try {
            server.start(config.host(), config.port());
        } catch (JavalinBindException e) {
            throw new StartupException(
                    "port %d of %s is taken. Choose another with http.port (0 for any free one)"
                            .formatted(config.port(), config.host()),
                    e);
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
