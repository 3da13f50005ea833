package dev.freshet.embed;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.chunk.HuggingFaceTokens;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * all-MiniLM-L6-v2, quantized, inside this process: 384 dimensions, 512 positions.
 *
 * <p>One session with one thread inside, called by as many threads as there are cores, one text per call. That is the
 * fastest layout, and the only one that gives a text one vector: dynamic quantization takes its scales from everything
 * that is in a call. The packaged tokenizer cuts at 128 tokens; here it does not.
 */
public final class MiniLm extends AbstractInProcessEmbeddingModel {

    /** The name in the configuration. */
    public static final String NAME = "all-minilm-l6-v2-q";

    private static final int DIMENSION = 384;

    private final OnnxBertBiEncoder encoder;

    private MiniLm(OnnxBertBiEncoder encoder, Executor executor) {
        super(executor);
        this.encoder = encoder;
    }

    /**
     * Loads the model from the class path.
     *
     * @param threads how many texts to embed at once; 0 for one per core
     */
    public static LoadedModel load(int threads) {
        HuggingFaceTokens tokens = HuggingFaceTokens.allMiniLmL6V2();
        try {
            var options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            OrtSession session = environment.createSession(resource("/" + NAME + ".onnx"), options);
            var encoder = new OnnxBertBiEncoder(environment, session, tokenizerWithoutTruncation(), PoolingMode.MEAN);
            int cores = Runtime.getRuntime().availableProcessors();
            return new LoadedModel(
                    new MiniLm(encoder, Runnable::run),
                    tokens,
                    DIMENSION,
                    NAME + "/" + tokens.fingerprint(),
                    threads == 0 ? cores : threads);
        } catch (OrtException e) {
            throw new IllegalStateException("the embedding model " + NAME + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    /** The same model as LangChain4j runs it by default, but without truncation; a baseline for the benchmark. */
    public static EmbeddingModel defaultSession() throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(resource("/" + NAME + ".onnx"));
        return new MiniLm(
                new OnnxBertBiEncoder(environment, session, tokenizerWithoutTruncation(), PoolingMode.MEAN),
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), runnable -> {
                    Thread thread = new Thread(runnable);
                    thread.setDaemon(true);
                    return thread;
                }));
    }

    private static InputStream tokenizerWithoutTruncation() {
        try {
            var json = new ObjectMapper();
            var tokenizer = (ObjectNode) json.readTree(resource("/" + NAME + "-tokenizer.json"));
            tokenizer.putNull("truncation");
            tokenizer.putNull("padding");
            return new ByteArrayInputStream(json.writeValueAsBytes(tokenizer));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream stream = MiniLm.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected OnnxBertBiEncoder model() {
        return encoder;
    }

    @Override
    protected Integer knownDimension() {
        return DIMENSION;
    }
}
