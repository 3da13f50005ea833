package dev.freshet.query;

import dev.freshet.index.Filter;
import org.jspecify.annotations.Nullable;

/**
 * A question to the index.
 *
 * @param query the text to search for
 * @param collection where to search; all collections when null
 * @param top how many hits at most, 1 to 1,000
 * @param filter what hits must satisfy
 */
public record SearchRequest(String query, @Nullable String collection, int top, Filter filter) {

    /** How many hits there are when nobody says. */
    public static final int DEFAULT_TOP = 5;

    private static final int MOST = 1_000;

    public SearchRequest {
        if (query.isBlank()) {
            throw new InvalidRequest("the query is empty");
        }
        if (top < 1 || top > MOST) {
            throw new InvalidRequest("top is " + top + "; it can be 1 to " + MOST);
        }
    }
}
