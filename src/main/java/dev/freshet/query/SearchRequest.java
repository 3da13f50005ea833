package dev.freshet.query;

import dev.freshet.index.Filter;
import dev.freshet.index.SearchMode;
import org.jspecify.annotations.Nullable;

/**
 * A question to the index.
 *
 * @param query the text to search for
 * @param collection where to search; all collections when null
 * @param mode how to search
 * @param top how many hits at most, 1 to 1,000
 * @param tenant whose documents alone are searched, whatever the filter says; everybody's when null
 * @param filter what hits must satisfy
 */
public record SearchRequest(
        String query,
        @Nullable String collection,
        SearchMode mode,
        int top,
        @Nullable String tenant,
        Filter filter) {

    /** How many hits there are when nobody says. */
    public static final int DEFAULT_TOP = 5;

    /** How it is searched when nobody says. */
    public static final SearchMode DEFAULT_MODE = SearchMode.DENSE;

    private static final int MOST = 1_000;

    /** About what the models with the longest inputs read; words beyond would only cost. */
    private static final int LONGEST = 32_000;

    public SearchRequest {
        if (query.isBlank()) {
            throw new InvalidRequest("the query is empty");
        }
        if (query.length() > LONGEST) {
            throw new InvalidRequest("the query has %d characters; it can have %d".formatted(query.length(), LONGEST));
        }
        if (tenant != null && tenant.isEmpty()) {
            throw new InvalidRequest("the tenant is empty; leave it out to search the documents of every tenant");
        }
        if (top < 1 || top > MOST) {
            throw new InvalidRequest("top is " + top + "; it can be 1 to " + MOST);
        }
    }

    /**
     * The mode of this name, the default when it is null.
     *
     * @throws InvalidRequest if there is none of this name
     */
    public static SearchMode mode(@Nullable String name) {
        if (name == null) {
            return DEFAULT_MODE;
        }
        return SearchMode.named(name)
                .orElseThrow(
                        () -> new InvalidRequest("there is no mode '" + name + "'; there are " + SearchMode.names()));
    }
}
