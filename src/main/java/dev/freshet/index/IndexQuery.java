package dev.freshet.index;

/** What to search for in one collection. Each gives its limit of hits at most, best first. */
public sealed interface IndexQuery {

    /** How many hits at most. */
    int limit();

    /** What hits must satisfy. */
    Filter filter();

    /**
     * The chunks nearest to a vector; scores are cosine similarities, -1 to 1.
     *
     * @param vector of the collection's dimension and of length one
     */
    record Dense(float[] vector, int limit, Filter filter) implements IndexQuery {

        public Dense {
            requirePositive(limit);
        }
    }

    /**
     * The chunks that have the most telling of the words, in their text or headings; scores are BM25. A chunk with none
     * of them is no hit, so that words which are all too common to count, or no words at all, find nothing.
     *
     * @param words plain words; no character in them means anything
     */
    record Lexical(String words, int limit, Filter filter) implements IndexQuery {

        public Lexical {
            requirePositive(limit);
        }
    }

    /** Both, fused by {@link RankFusion}, from one state of the index. */
    record Hybrid(float[] vector, String words, int limit, Filter filter) implements IndexQuery {

        public Hybrid {
            requirePositive(limit);
        }

        /** Its first half, as deep as fusion wants it. */
        public Dense dense() {
            return new Dense(vector, RankFusion.depth(limit), filter);
        }

        /** Its second half, as deep as fusion wants it. */
        public Lexical lexical() {
            return new Lexical(words, RankFusion.depth(limit), filter);
        }
    }

    private static void requirePositive(int limit) {
        if (limit <= 0) {
            throw new IllegalArgumentException("limit " + limit);
        }
    }
}
