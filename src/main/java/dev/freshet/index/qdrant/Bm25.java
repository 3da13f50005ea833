package dev.freshet.index.qdrant;

import com.google.common.hash.Hashing;
import io.qdrant.client.grpc.Points.SparseVector;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import opennlp.tools.stemmer.snowball.SnowballStemmer;

/**
 * The sparse vectors of {@code qdrant/bm25} with its defaults, for servers that do not compute them: words are runs of
 * letters and digits in lower case without English stop words, stemmed by Snowball, and stand as Murmur3 of their UTF-8.
 * What is left of BM25, the inverse document frequency, is the server's part. Thread-safe.
 */
final class Bm25 {

    private static final double K1 = 1.2;
    private static final double B = 0.75;
    private static final double AVERAGE_LENGTH = 256;

    private static final Set<String> STOP_WORDS = stopWords();

    private Bm25() {}

    /** How much each word of a text counts for it. */
    static SparseVector document(String text) {
        List<String> words = words(text);
        Map<String, Integer> counts = new LinkedHashMap<>();
        words.forEach(word -> counts.merge(word, 1, Integer::sum));
        double length = 1 - B + B * words.size() / AVERAGE_LENGTH;
        var weights = new TreeMap<Integer, Float>(Integer::compareUnsigned);
        counts.forEach((word, count) -> weights.put(id(word), (float) (count * (K1 + 1) / (K1 * length + count))));
        return SparseVector.newBuilder()
                .addAllIndices(weights.keySet())
                .addAllValues(weights.values())
                .build();
    }

    /** Each word of a query, once. */
    static SparseVector query(String text) {
        var vector = SparseVector.newBuilder();
        words(text).stream()
                .map(Bm25::id)
                .distinct()
                .sorted(Integer::compareUnsigned)
                .forEach(id -> vector.addIndices(id).addValues(1));
        return vector.build();
    }

    static List<String> words(String text) {
        var stemmer = new SnowballStemmer(SnowballStemmer.ALGORITHM.ENGLISH);
        var words = new ArrayList<String>();
        int start = -1;
        for (int i = 0; i <= text.length(); ) {
            int point = i < text.length() ? text.codePointAt(i) : ' ';
            boolean inWord = isWordPart(point);
            if (inWord && start < 0) {
                start = i;
            } else if (!inWord && start >= 0) {
                add(words, stemmer, text.substring(start, i));
                start = -1;
            }
            i += Character.charCount(point);
        }
        return words;
    }

    /** What Rust calls alphanumeric: Unicode's Alphabetic, and numbers of every kind. */
    private static boolean isWordPart(int point) {
        int type = Character.getType(point);
        return Character.isAlphabetic(point)
                || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    private static void add(List<String> words, SnowballStemmer stemmer, String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        if (!STOP_WORDS.contains(lower)) {
            words.add(stemmer.stem(lower).toString());
        }
    }

    /** The hash as a signed number without its sign; as unsigned, the most negative one is its own. */
    private static int id(String word) {
        int hash = Hashing.murmur3_32_fixed()
                .hashString(word, StandardCharsets.UTF_8)
                .asInt();
        return hash < 0 ? -hash : hash;
    }

    private static Set<String> stopWords() {
        try (InputStream stream = Bm25.class.getResourceAsStream("english-stop-words.txt")) {
            if (stream == null) {
                throw new IllegalStateException("english-stop-words.txt is missing from the jar");
            }
            return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))
                    .lines()
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
