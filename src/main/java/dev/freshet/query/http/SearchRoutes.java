package dev.freshet.query.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.freshet.embed.EmbeddingException;
import dev.freshet.index.IndexException;
import dev.freshet.query.FilterReader;
import dev.freshet.query.InvalidRequest;
import dev.freshet.query.Search;
import dev.freshet.query.SearchRequest;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.HttpResponseException;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** {@code GET} and {@code POST /v1/search}. Errors come as {@code {"error": "what is wrong and what to do"}}. */
public final class SearchRoutes {

    /** Writes and reads the JSON of all of Freshet's HTTP answers: times as ISO 8601. */
    public static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    private static final Set<String> FIELDS =
            new TreeSet<>(Set.of("query", "collection", "mode", "top", "tenant", "filter"));
    private static final Set<String> PARAMETERS =
            new TreeSet<>(Set.of("q", "collection", "mode", "top", "tenant", "filter"));
    private static final String REPEATABLE = "filter";

    private final Search search;

    public SearchRoutes(Search search) {
        this.search = search;
    }

    /** Adds the routes and the answers to errors. */
    public void addTo(RoutesConfig routes) {
        routes.get("/v1/search", this::get);
        routes.post("/v1/search", this::post);
        routes.exception(InvalidRequest.class, (e, context) -> error(context, 400, e.getMessage()));
        routes.exception(HttpResponseException.class, (e, context) -> error(context, e.getStatus(), e.getMessage()));
        routes.exception(EmbeddingException.class, (e, context) -> {
            Duration again = e.retryAfter();
            if (again != null) {
                context.header("Retry-After", Long.toString(Math.max(1, again.toSeconds())));
            }
            error(context, 503, e.getMessage());
        });
        routes.exception(
                IndexException.class,
                (e, context) -> error(context, e.kind() == IndexException.Kind.PERMANENT ? 500 : 503, e.getMessage()));
    }

    /** Answers with an error in the form all routes use. */
    public static void error(Context context, int status, @Nullable String message) {
        context.status(status);
        context.json(Map.of("error", String.valueOf(message)));
    }

    /** Refuses a request with a parameter that is none of these, or that is there twice. */
    public static void requireKnown(Context context, Collection<String> parameters) {
        context.queryParamMap().forEach((parameter, values) -> {
            if (!parameters.contains(parameter)) {
                throw new InvalidRequest(
                        "there is no parameter '" + parameter + "'; there are " + String.join(", ", parameters));
            }
            if (values.size() > 1 && !parameter.equals(REPEATABLE)) {
                throw new InvalidRequest("the parameter " + parameter + " is given twice");
            }
        });
    }

    private void get(Context context) {
        requireKnown(context, PARAMETERS);
        String query = context.queryParam("q");
        if (query == null) {
            throw new InvalidRequest("the parameter q is missing: /v1/search?q=how+do+refunds+work");
        }
        String top = context.queryParam("top");
        context.json(search.search(new SearchRequest(
                query,
                context.queryParam("collection"),
                SearchRequest.mode(context.queryParam("mode")),
                top == null ? SearchRequest.DEFAULT_TOP : number(top),
                tenant(context, context.queryParam("tenant")),
                FilterReader.ofTexts(context.queryParams("filter")))));
    }

    private static int number(String top) {
        try {
            return Integer.parseInt(top);
        } catch (NumberFormatException e) {
            throw new InvalidRequest("top is '" + top + "'; it must be a whole number");
        }
    }

    private void post(Context context) {
        JsonNode body = RequestBody.read(context);
        if (!body.isObject()) {
            throw new InvalidRequest("the body must be a JSON object: {\"query\": \"how do refunds work\"}");
        }
        for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!FIELDS.contains(name)) {
                throw new InvalidRequest("there is no field '" + name + "'; there are " + String.join(", ", FIELDS));
            }
        }
        JsonNode query = body.path("query");
        if (!query.isTextual()) {
            throw new InvalidRequest("the field query is missing: {\"query\": \"how do refunds work\"}");
        }
        JsonNode top = body.path("top");
        if (!top.isMissingNode() && !(top.isIntegralNumber() && top.canConvertToInt())) {
            throw new InvalidRequest("top must be a whole number");
        }
        context.json(search.search(new SearchRequest(
                query.textValue(),
                name(body, "collection"),
                SearchRequest.mode(name(body, "mode")),
                top.asInt(SearchRequest.DEFAULT_TOP),
                tenant(context, tenant(body)),
                FilterReader.ofJson(body.get("filter")))));
    }

    private static @Nullable String name(JsonNode body, String field) {
        JsonNode name = body.path(field);
        if (!name.isMissingNode() && !name.isNull() && !name.isTextual()) {
            throw new InvalidRequest(field + " must be a name");
        }
        return name.textValue();
    }

    /** A null may be a tenant that somebody forgot to set, and must not mean every tenant. */
    private static @Nullable String tenant(JsonNode body) {
        if (body.has("tenant") && body.path("tenant").isNull()) {
            throw new InvalidRequest("tenant is null; leave it out to search the documents of every tenant");
        }
        return name(body, "tenant");
    }

    /** Whose documents alone are searched: what the request says, and never another tenant than its token's. */
    private static @Nullable String tenant(Context context, @Nullable String asked) {
        String own = Access.tenant(context);
        if (own != null && asked != null && !own.equals(asked)) {
            throw new ForbiddenResponse("this token may only search as one of its own tenant");
        }
        return own == null ? asked : own;
    }
}
