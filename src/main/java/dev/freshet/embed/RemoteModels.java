package dev.freshet.embed;

import dev.freshet.chunk.EstimatedTokens;
import dev.freshet.chunk.HuggingFaceTokens;
import dev.freshet.chunk.OpenAiTokens;
import dev.freshet.chunk.Tokenizer;
import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.EmbeddingProvider;
import dev.freshet.config.RemoteEmbeddingConfig;
import dev.freshet.config.Secret;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.ollama.OllamaEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Models at services, as the configuration names them. */
public final class RemoteModels {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteModels.class);

    /** How long the first answer may take. */
    private static final Duration START_PATIENCE = Duration.ofSeconds(8);

    private static final int UNKNOWN_MODELS_TOKENS = 512;

    /** A shorter secret is no secret, and its replacement would only make messages unreadable. */
    private static final int SHORTEST_SECRET = 5;

    private final EmbeddingConfig config;
    private final RemoteEmbeddingConfig remote;

    private RemoteModels(EmbeddingConfig config) {
        this.config = config;
        this.remote = config.remote();
    }

    /**
     * Makes the model that the configuration names, and asks the service for one vector to know that it works and how
     * many dimensions it gives.
     *
     * @throws EmbeddingException if it cannot be used; the message says why and what to do, within 10 s
     */
    public static LoadedModel load(EmbeddingConfig config) {
        return new RemoteModels(config).load();
    }

    private LoadedModel load() {
        EmbeddingModel model = model();
        Tokenizer tokenizer = tokenizer();
        int dimension = dimension(model);
        String fingerprint =
                String.join("/", name(), config.model(), Integer.toString(dimension), tokenizer.fingerprint());
        LOG.info(
                "embedding service provider={} model={} dimension={} tokenizer={} url={}",
                config.provider(),
                config.model(),
                dimension,
                tokenizer.fingerprint(),
                url());
        return new LoadedModel(model, tokenizer, dimension, fingerprint, calls(), limits());
    }

    /**
     * One call more than requests may be under way: while it reads an answer another takes its place at the service. Not
     * with a class that may use an HTTP client of its own, which knows of no places.
     */
    private int calls() {
        return remote.concurrency() + (config.provider() == EmbeddingProvider.LANGCHAIN4J ? 0 : 1);
    }

    private ServiceLimits limits() {
        return new ServiceLimits(
                config.provider().toString(),
                config.model(),
                remote.textsPerRequest(),
                remote.tokensPerRequest(),
                remote.requestsPerMinute(),
                remote.tokensPerMinute(),
                remote.timeout(),
                remote.queryTimeout(),
                remote.tooLong());
    }

    /** What is in front of the model's name in the fingerprint. */
    private String name() {
        String modelClass = remote.modelClass();
        return modelClass == null
                ? config.provider().toString()
                : modelClass + BuilderByName.fingerprint(remote.properties());
    }

    private String url() {
        if (remote.baseUrl() != null) {
            return remote.baseUrl();
        }
        return switch (config.provider()) {
            case OPENAI -> "https://api.openai.com/v1";
            case OLLAMA -> "http://localhost:11434";
            case LANGCHAIN4J, IN_PROCESS -> "the model's own address";
        };
    }

    private EmbeddingModel model() {
        return switch (config.provider()) {
            case OPENAI ->
                OpenAiEmbeddingModel.builder()
                        .httpClientBuilder(http(new OpenAiProtocol()))
                        .baseUrl(url())
                        .apiKey(value(remote.apiKey()))
                        .organizationId(remote.organization())
                        .projectId(remote.project())
                        .customHeaders(headers(false))
                        .modelName(config.model())
                        .dimensions(dimensions())
                        .maxSegmentsPerBatch(remote.textsPerRequest())
                        .timeout(remote.timeout())
                        .maxRetries(0)
                        .build();
            case OLLAMA ->
                OllamaEmbeddingModel.builder()
                        .httpClientBuilder(http(new OllamaProtocol()))
                        .baseUrl(url())
                        .customHeaders(headers(true))
                        .modelName(config.model())
                        .dimensions(dimensions())
                        .timeout(remote.timeout())
                        .maxRetries(0)
                        .build();
            case LANGCHAIN4J -> byName();
            case IN_PROCESS -> throw new IllegalArgumentException("the model in this process is no service");
        };
    }

    private EmbeddingModel byName() {
        String modelClass = String.valueOf(remote.modelClass());
        var builder = BuilderByName.of(modelClass);
        builder.offer("httpClientBuilder", http(ServiceHttp.Protocol.PLAIN));
        builder.offer("maxRetries", 0);
        builder.offer("timeout", remote.timeout());
        builder.offer("modelName", config.model());
        if (remote.baseUrl() != null) {
            builder.set("baseUrl", remote.baseUrl());
        }
        if (remote.apiKey() != null) {
            builder.set("apiKey", remote.apiKey().value());
        }
        if (remote.dimensions() > 0) {
            builder.set("dimensions", Integer.toString(remote.dimensions()));
        }
        remote.properties().forEach((name, value) -> builder.set(name, value.value()));
        return builder.build();
    }

    private ServiceHttpBuilder http(ServiceHttp.Protocol protocol) {
        var secrets = new ArrayList<Secret>(remote.headers().values());
        secrets.addAll(remote.properties().values());
        if (remote.apiKey() != null) {
            secrets.add(remote.apiKey());
        }
        List<String> texts = secrets.stream()
                .map(Secret::value)
                .filter(secret -> secret.length() >= SHORTEST_SECRET)
                .toList();
        return new ServiceHttpBuilder(remote.timeout(), protocol, texts, new Semaphore(remote.concurrency(), true));
    }

    private Map<String, String> headers(boolean withKey) {
        var headers = new LinkedHashMap<String, String>();
        if (withKey && remote.apiKey() != null) {
            headers.put("Authorization", "Bearer " + remote.apiKey().value());
        }
        remote.headers().forEach((name, value) -> headers.put(name, value.value()));
        return headers;
    }

    private static @Nullable String value(@Nullable Secret secret) {
        return secret == null ? null : secret.value();
    }

    private @Nullable Integer dimensions() {
        return remote.dimensions() == 0 ? null : remote.dimensions();
    }

    private Tokenizer tokenizer() {
        String name = remote.tokenizer();
        int most = remote.maxInputTokens();
        int some = most == 0 ? UNKNOWN_MODELS_TOKENS : most;
        if (name == null) {
            return OpenAiTokens.ofModel(config.model(), most)
                    .<Tokenizer>map(tokens -> tokens)
                    .orElseGet(() -> new EstimatedTokens(some));
        }
        if (name.equals("estimate")) {
            return new EstimatedTokens(some);
        }
        if (OpenAiTokens.isEncoding(name)) {
            return OpenAiTokens.ofEncoding(name, some);
        }
        try (InputStream json = Files.newInputStream(Path.of(name))) {
            return HuggingFaceTokens.read(json, some);
        } catch (IOException | RuntimeException e) {
            throw new EmbeddingException("""
                    the tokenizer '%s' (key embedding.remote.tokenizer) cannot be used: %s. It must be the path of a \
                    Hugging Face tokenizer.json, an encoding such as cl100k_base, or 'estimate'""".formatted(name, e), e);
        }
    }

    private int dimension(EmbeddingModel model) {
        int dimension = firstVector(model).length;
        if (remote.dimensions() != 0 && remote.dimensions() != dimension) {
            throw new EmbeddingException("""
                    model %s at %s gives %d dimensions, and embedding.remote.dimensions says %d: remove that key, or name \
                    a model that can give as many""".formatted(config.model(), url(), dimension, remote.dimensions()), null);
        }
        return dimension;
    }

    private float[] firstVector(EmbeddingModel model) {
        var vector = new CompletableFuture<float[]>();
        Thread.ofVirtual().name("freshet-embed-start").start(() -> {
            try {
                vector.complete(model.embed(ServiceCalls.GOOD_TEXT).content().vector());
            } catch (RuntimeException | Error e) {
                vector.completeExceptionally(e);
            }
        });
        try {
            return vector.get(START_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw unusable(
                    "gave no answer within " + START_PATIENCE.toSeconds() + " s",
                    "Check embedding.remote.baseUrl; if it is loading the model, start Freshet again");
        } catch (ExecutionException e) {
            ServiceFailure failure = ServiceFailure.of(e);
            throw unusable(
                    failure.reason(),
                    switch (failure.kind()) {
                        case UNREACHABLE ->
                            "Check embedding.remote.baseUrl, and that the service runs and can be reached from here";
                        case BROKEN, BAD_VECTOR ->
                            "Check that embedding.remote.baseUrl is the address of a service that speaks the protocol of "
                                    + config.provider();
                        case THROTTLED -> "Check the account's limits, and start Freshet again";
                        case MISCONFIGURED, REFUSED, TOO_LONG ->
                            "Check embedding.model, embedding.remote.apiKey, embedding.remote.baseUrl"
                                    + (remote.dimensions() == 0 ? "" : " and embedding.remote.dimensions");
                    });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unusable("the start was interrupted", "Start Freshet again");
        }
    }

    private EmbeddingException unusable(String reason, String remedy) {
        return new EmbeddingException(
                "the embedding service at %s (provider %s, model %s) cannot be used: %s. %s"
                        .formatted(url(), config.provider(), config.model(), reason, remedy),
                null);
    }
}
