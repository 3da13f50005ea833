package dev.freshet.daemon;

import dev.freshet.query.InvalidRequest;
import dev.freshet.query.http.SearchRoutes;
import dev.freshet.telemetry.Meters;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /v1/status}, {@code /v1/collections/{name}/reindex}, {@code /metrics}, {@code /livez} and {@code /readyz}. */
final class AdminRoutes {

    private final Daemon daemon;

    AdminRoutes(Daemon daemon) {
        this.daemon = daemon;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/v1/status", context -> context.json(daemon.status()));
        routes.post("/v1/collections/{collection}/reindex", this::reindex);
        routes.get("/metrics", context -> {
            Meters.Page page = daemon.metricsPage(context.header("Accept"));
            context.contentType(page.contentType()).result(page.text());
        });
        routes.get(
                "/livez",
                context -> health(context, daemon.isAlive() ? List.of() : List.of("the loop has stopped"), List.of()));
        routes.get("/readyz", context -> health(context, daemon.unready(), daemon.degraded()));
    }

    private void reindex(Context context) {
        // A misspelt table must not mean all of them.
        SearchRoutes.requireKnown(context, List.of("table"));
        @Nullable String table = context.queryParam("table");
        try {
            List<String> tables = daemon.reindex(context.pathParam("collection"), table);
            context.status(202).json(Map.of("collection", context.pathParam("collection"), "tables", tables));
        } catch (IllegalArgumentException e) {
            throw new InvalidRequest(String.valueOf(e.getMessage()));
        }
    }

    /** What is degraded serves all the same: a balancer that took it away would take the rest away with it. */
    private static void health(Context context, List<String> reasons, List<String> degraded) {
        if (!reasons.isEmpty()) {
            SearchRoutes.error(context, 503, String.join("; ", reasons));
        } else if (degraded.isEmpty()) {
            context.json(Map.of("status", "ok"));
        } else {
            context.json(Map.of("status", "degraded", "reasons", degraded));
        }
    }
}
