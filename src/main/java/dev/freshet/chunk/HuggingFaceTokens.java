package dev.freshet.chunk;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/**
 * The tokens of a Hugging Face {@code tokenizer.json}, never truncated and never padded, whatever that file says: the one
 * packaged with all-MiniLM-L6-v2 would silently drop everything after 128 tokens.
 *
 * <p>Thread-safe: encoding only reads the native tokenizer, whose truncation and padding are set once, at construction.
 * It must not be used after {@link #close}.
 */
public final class HuggingFaceTokens implements Tokenizer, AutoCloseable {

    private static final String MINI_LM = "/all-minilm-l6-v2-q-tokenizer.json";

    private static final Pattern UNPAIRED = Pattern.compile("\\p{Cs}");

    private final HuggingFaceTokenizer tokenizer;
    private final ToIntFunction<String> counter;
    private final int specialTokens;
    private final int maxTokens;
    private final String fingerprint;

    private HuggingFaceTokens(HuggingFaceTokenizer tokenizer, boolean wordByWord, int maxTokens, String fingerprint) {
        this.tokenizer = tokenizer;
        this.counter = wordByWord ? new WordCounts(this::countWhole)::count : this::countWhole;
        this.specialTokens = tokenizer.encode("", true, false).getIds().length;
        this.maxTokens = maxTokens;
        this.fingerprint = fingerprint;
    }

    /**
     * The tokenizer of the packaged all-MiniLM-L6-v2, with all of the model's 512 positions.
     *
     * @throws UncheckedIOException if the tokenizer cannot be read or its native library not unpacked
     */
    public static HuggingFaceTokens allMiniLmL6V2() {
        try (InputStream json = HuggingFaceTokens.class.getResourceAsStream(MINI_LM)) {
            if (json == null) {
                throw new IllegalStateException("not on the class path: " + MINI_LM);
            }
            return read(json, 512);
        } catch (IOException e) {
            throw new UncheckedIOException("the tokenizer of all-MiniLM-L6-v2 cannot be loaded", e);
        }
    }

    /**
     * Reads a {@code tokenizer.json}. The stream stays open.
     *
     * @param maxTokens the most tokens the model sees, special tokens included
     */
    public static HuggingFaceTokens read(InputStream json, int maxTokens) throws IOException {
        stayOffline();
        byte[] bytes = json.readAllBytes();
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(bytes), Map.of("truncation", "false", "padding", "false"));
        return new HuggingFaceTokens(
                tokenizer,
                cutsAtWhitespace(bytes),
                maxTokens,
                Hashes.sha256(bytes).substring(0, 16) + "-" + maxTokens);
    }

    /** BERT's tokenizers cut at whitespace before anything else; those that work on bytes count the space with a word. */
    private static boolean cutsAtWhitespace(byte[] json) throws IOException {
        JsonNode tokenizer = new ObjectMapper().readTree(json);
        return tokenizer.at("/pre_tokenizer/type").asText().equals("BertPreTokenizer");
    }

    /**
     * Where the native library (14 MB) is unpacked, instead of {@code .djl.ai} in the user's home. Holds for the whole
     * JVM and must come before the first tokenizer; the environment's {@code DJL_CACHE_DIR} has precedence.
     */
    public static void unpackNativeLibraryTo(Path folder) {
        System.setProperty("DJL_CACHE_DIR", folder.toString());
    }

    @Override
    public int count(String text) {
        return counter.applyAsInt(wellFormed(text));
    }

    /**
     * With the replacement character for half pairs of surrogates: in a text with one the native tokenizer would read no
     * other character beyond the basic plane either, wherever that stands.
     */
    static String wellFormed(String text) {
        return UNPAIRED.matcher(text).replaceAll("\ufffd");
    }

    private int countWhole(String text) {
        return tokenizer.encode(text, false, false).getIds().length;
    }

    @Override
    public int specialTokens() {
        return specialTokens;
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    /** The tokenizer itself, for the model to share; closing it is left to this object. */
    public HuggingFaceTokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    /** Without this DJL calls home for usage statistics and downloads CUDA libraries where it sees a GPU. */
    private static void stayOffline() {
        System.setProperty("ai.djl.offline", "true");
    }
}
