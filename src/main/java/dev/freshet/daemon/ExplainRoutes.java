package dev.freshet.daemon;

import dev.freshet.query.InvalidRequest;
import dev.freshet.query.http.SearchRoutes;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;

/** {@code GET /v1/explain}. */
final class ExplainRoutes {

    private static final List<String> PARAMETERS = List.of("key", "mapping");

    private final Explainer explainer;

    ExplainRoutes(Explainer explainer) {
        this.explainer = explainer;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/v1/explain", context -> {
            SearchRoutes.requireKnown(context, PARAMETERS);
            context.json(explainer.explain(required(context, "mapping"), required(context, "key")));
        });
    }

    private static String required(Context context, String name) {
        String value = context.queryParam(name);
        if (value == null || value.isEmpty()) {
            throw new InvalidRequest("the parameter " + name + " is missing: /v1/explain?mapping=articles&key=32");
        }
        return value;
    }
}
