package dev.freshet.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.daemon.LetterDesk.LetterId;
import dev.freshet.deadletter.LetterFilter;
import dev.freshet.query.InvalidRequest;
import dev.freshet.query.http.RequestBody;
import dev.freshet.query.http.SearchRoutes;
import dev.freshet.source.SourceException;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code /v1/dead-letters}: listing them, {@code /replay} and {@code /discard}. */
final class LetterRoutes {

    private static final int DEFAULT_LIMIT = 1_000;

    /** So that an answer does not take longer than whoever asks waits. */
    private static final int MOST_AT_ONCE = 100;

    private static final Set<String> PARAMETERS =
            new TreeSet<>(Set.of("mapping", "stage", "table", "key", "error", "olderThanSeconds", "limit"));

    private final LetterDesk desk;

    LetterRoutes(LetterDesk desk) {
        this.desk = desk;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/v1/dead-letters", this::list);
        routes.post("/v1/dead-letters/replay", context -> {
            try {
                context.json(Map.of("results", desk.replay(ids(context))));
            } catch (SourceException e) {
                SearchRoutes.error(context, 503, "the rows cannot be read now: " + e.getMessage());
            }
        });
        routes.post(
                "/v1/dead-letters/discard", context -> context.json(Map.of("discarded", desk.discard(ids(context)))));
    }

    private void list(Context context) {
        SearchRoutes.requireKnown(context, PARAMETERS);
        String limit = context.queryParam("limit");
        context.json(desk.list(filter(context::queryParam), limit == null ? DEFAULT_LIMIT : number("limit", limit)));
    }

    /** The letters that parameters mean. */
    static LetterFilter filter(Function<String, @Nullable String> parameter) {
        String age = parameter.apply("olderThanSeconds");
        return new LetterFilter(
                parameter.apply("mapping"),
                parameter.apply("stage"),
                parameter.apply("table"),
                parameter.apply("key"),
                parameter.apply("error"),
                age == null ? null : Duration.ofSeconds(number("olderThanSeconds", age)));
    }

    private static int number(String name, String text) {
        if (!text.matches("\\d{1,10}")) {
            throw new InvalidRequest(name + " is '" + text + "'; it must be a whole number");
        }
        return Math.toIntExact(Math.min(Long.parseLong(text), Integer.MAX_VALUE));
    }

    private static List<LetterId> ids(Context context) {
        String form = "{\"letters\": [{\"mapping\": \"articles\", \"key\": \"32\"}]}";
        JsonNode letters = RequestBody.read(context).path("letters");
        if (!letters.isArray() || letters.size() > MOST_AT_ONCE) {
            throw new InvalidRequest("the body must name up to " + MOST_AT_ONCE + " letters: " + form);
        }
        var ids = new ArrayList<LetterId>();
        for (JsonNode letter : letters) {
            if (!letter.path("mapping").isTextual() || !letter.path("key").isTextual()) {
                throw new InvalidRequest("a letter is named by its mapping and its row's key, both texts: " + form);
            }
            ids.add(new LetterId(
                    letter.path("mapping").textValue(), letter.path("key").textValue()));
        }
        return ids;
    }
}
