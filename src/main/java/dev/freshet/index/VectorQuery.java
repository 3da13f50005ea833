package dev.freshet.index;

/**
 * A search for the chunks nearest to a vector.
 *
 * @param vector of the collection's dimension and of length one
 * @param limit how many hits at most
 * @param filter what hits must satisfy
 */
public record VectorQuery(float[] vector, int limit, Filter filter) {

    public VectorQuery {
        if (limit <= 0) {
            throw new IllegalArgumentException("limit " + limit);
        }
    }
}
