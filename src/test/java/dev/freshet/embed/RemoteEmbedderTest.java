package dev.freshet.embed;

import static dev.freshet.embed.ServiceDouble.error;
import static dev.freshet.embed.ServiceDouble.vectors;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.EmbeddingProvider;
import dev.freshet.config.RemoteEmbeddingConfig;
import dev.freshet.config.Secret;
import dev.freshet.config.TooLong;
import dev.freshet.embed.Embedder.Priority;
import dev.freshet.embed.ServiceDouble.Answer;
import dev.freshet.embed.ServiceDouble.Ask;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A service over HTTP, with everything that services do. */
@Timeout(60)
final class RemoteEmbedderTest {

    static final String KEY = "sk-very-secret-key-0123456789";

    private final Meters meters = new Meters();
    private final ServiceDouble service = new ServiceDouble();
    private @Nullable Embedder embedder;

    @AfterEach
    void close() {
        if (embedder != null) {
            embedder.close();
        }
        service.close();
        meters.close();
    }

    /** Settings of a test. */
    private static final class Settings {
        private EmbeddingProvider provider = EmbeddingProvider.OPENAI;
        private @Nullable String modelClass;
        private Map<String, Secret> properties = Map.of();
        private int dimensions;
        private int maxInputTokens;
        private TooLong tooLong = TooLong.SPLIT;
        private int concurrency = 2;
        private int texts = 8;
        private int tokens = 100_000;
        private int requestsPerMinute;
        private int tokensPerMinute;
        private Duration timeout = Duration.ofSeconds(2);
        private Duration queryTimeout = Duration.ofSeconds(1);
    }

    private EmbeddingConfig config(Settings settings) {
        return new EmbeddingConfig(
                settings.provider,
                "some-model",
                0,
                new RemoteEmbeddingConfig(
                        settings.provider == EmbeddingProvider.OLLAMA ? service.ollamaUrl() : service.openAiUrl(),
                        new Secret(KEY),
                        settings.provider == EmbeddingProvider.OPENAI ? "org-1" : null,
                        settings.provider == EmbeddingProvider.OPENAI ? "project-1" : null,
                        settings.provider == EmbeddingProvider.LANGCHAIN4J
                                ? Map.of()
                                : Map.of("X-Route", new Secret("west-side")),
                        settings.dimensions,
                        null,
                        settings.maxInputTokens,
                        settings.tooLong,
                        settings.concurrency,
                        settings.texts,
                        settings.tokens,
                        settings.requestsPerMinute,
                        settings.tokensPerMinute,
                        settings.timeout,
                        settings.queryTimeout,
                        settings.modelClass,
                        settings.properties));
    }

    private Embedder start(Settings settings) {
        LoadedModel model = RemoteModels.load(config(settings));
        service.forget();
        embedder = Embedder.of(model, meters);
        return embedder;
    }

    private Embedder start() {
        return start(new Settings());
    }

    private static float[] get(CompletableFuture<float[]> vector) throws Exception {
        return vector.get(30, TimeUnit.SECONDS);
    }

    private static void assertVector(String text, CompletableFuture<float[]> vector) throws Exception {
        assertThat(cosine(get(vector), HashModel.vector(text))).isCloseTo(1, within(1e-6));
    }

    private static double cosine(float[] a, float[] b) {
        return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    }

    private static double dot(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> (double) a[i] * b[i])
                .sum();
    }

    private static void assertAll(List<String> texts, List<CompletableFuture<float[]>> vectors) throws Exception {
        for (int i = 0; i < texts.size(); i++) {
            assertVector(texts.get(i), vectors.get(i));
            assertThat(dot(get(vectors.get(i)), get(vectors.get(i)))).isCloseTo(1, within(1e-5));
        }
    }

    private static EmbeddingException failure(CompletableFuture<float[]> vector) {
        ExecutionException e = catchThrowableOfType(ExecutionException.class, () -> get(vector));
        assertThat(e).isNotNull().hasCauseInstanceOf(EmbeddingException.class);
        assertThat(e.getCause()).message().doesNotContain(KEY);
        return (EmbeddingException) Objects.requireNonNull(e.getCause());
    }

    private static List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "text number " + i).toList();
    }

    @Test
    void openAiIsAskedAsItWantsToBe() throws Exception {
        var settings = new Settings();
        settings.dimensions = HashModel.DIMENSION;
        start(settings);

        assertAll(List.of("a", "b"), start(settings).submit(List.of("a", "b"), Priority.LIVE));

        Ask ask = service.asked().getLast();
        assertThat(ask.path()).isEqualTo("/v1/embeddings");
        assertThat(ask.body().path("model").textValue()).isEqualTo("some-model");
        assertThat(ask.body().path("dimensions").intValue()).isEqualTo(HashModel.DIMENSION);
        assertThat(ask.headers().getFirst("Authorization")).isEqualTo("Bearer " + KEY);
        assertThat(ask.headers().getFirst("OpenAI-Organization")).isEqualTo("org-1");
        assertThat(ask.headers().getFirst("OpenAI-Project")).isEqualTo("project-1");
        assertThat(ask.headers().getFirst("X-Route")).isEqualTo("west-side");
        assertThat(ask.headers().get("Upgrade")).isNull();
    }

    @Test
    void ollamaIsToldNotToCutTexts() throws Exception {
        var settings = new Settings();
        settings.provider = EmbeddingProvider.OLLAMA;

        assertAll(List.of("a", "b"), start(settings).submit(List.of("a", "b"), Priority.LIVE));

        Ask ask = service.asked().getLast();
        assertThat(ask.path()).isEqualTo("/api/embed");
        assertThat(ask.body().path("truncate").isBoolean()).isTrue();
        assertThat(ask.body().path("truncate").booleanValue()).isFalse();
        assertThat(ask.body().path("dimensions").isMissingNode()).isTrue();
        assertThat(ask.headers().getFirst("Authorization")).isEqualTo("Bearer " + KEY);
    }

    @Test
    void anyModelOfLangChain4jsIsMadeByItsName() throws Exception {
        var settings = new Settings();
        settings.provider = EmbeddingProvider.LANGCHAIN4J;
        settings.modelClass = "dev.langchain4j.model.openai.OpenAiEmbeddingModel";
        settings.properties = Map.of("user", new Secret("somebody"));

        assertAll(List.of("a"), start(settings).submit(List.of("a"), Priority.LIVE));
        assertThat(service.asked().getLast().body().path("user").textValue()).isEqualTo("somebody");
        assertThat(service.asked().getLast().headers().getFirst("Authorization"))
                .isEqualTo("Bearer " + KEY);

        // Its Retry-After is seen as well, because it got Freshet's HTTP client.
        service.doesNext(ask -> error(429, "slow down").with("Retry-After", "1"));
        long start = System.nanoTime();
        assertVector("b", embedder().submit(List.of("b"), Priority.LIVE).getFirst());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(990));
    }

    private Embedder embedder() {
        return Objects.requireNonNull(embedder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no.such.Model", "java.lang.String", "dev.freshet.embed.HashModel"})
    void aClassThatIsNoModelIsExplained(String name) {
        var settings = new Settings();
        settings.provider = EmbeddingProvider.LANGCHAIN4J;
        settings.modelClass = name;

        assertThatThrownBy(() -> start(settings))
                .isInstanceOf(EmbeddingException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("embedding.remote.modelClass");
    }

    @Test
    void aPropertyThatThereIsNotIsExplained() {
        var settings = new Settings();
        settings.provider = EmbeddingProvider.LANGCHAIN4J;
        settings.modelClass = "dev.langchain4j.model.openai.OpenAiEmbeddingModel";
        settings.properties = Map.of("inputType", new Secret("document"));

        assertThatThrownBy(() -> start(settings))
                .hasMessageContaining("takes no 'inputType'")
                .hasMessageContaining("user");
    }

    @Test
    void requestsAreFilledWithWhatWaitsAndGoOutAtOnce() throws Exception {
        service.does(ask -> vectors(ask).after(Duration.ofMillis(200)));
        var settings = new Settings();
        settings.concurrency = 3;
        List<String> texts = texts(40);

        assertAll(texts, start(settings).submit(texts, Priority.BACKFILL));

        assertThat(service.asked())
                .hasSize(5)
                .allSatisfy(ask -> assertThat(ask.texts()).hasSize(8));
        assertThat(service.mostUnderWay()).isEqualTo(3);
        assertThat(meters.chunksEmbedded()).isEqualTo(40);
    }

    @Test
    void requestsAreCutByTokensToo() throws Exception {
        var settings = new Settings();
        settings.tokens = 50;
        settings.maxInputTokens = 512;
        List<String> texts =
                IntStream.range(0, 10).mapToObj(i -> i + " word".repeat(10)).toList();

        assertAll(texts, start(settings).submit(texts, Priority.BACKFILL));

        // An estimate of 20 tokens each.
        assertThat(service.asked()).allSatisfy(ask -> assertThat(ask.texts()).hasSize(2));
    }

    @Test
    void aTextUnderWayIsAskedForOnce() throws Exception {
        service.does(ask -> vectors(ask).after(Duration.ofMillis(300)));
        start();
        var first = embedder().submit(List.of("same"), Priority.BACKFILL);
        await().until(() -> !service.asked().isEmpty());
        var second = embedder().submit(List.of("same"), Priority.QUERY);

        assertThat(get(second.getFirst())).isEqualTo(get(first.getFirst()));
        assertThat(service.asked()).hasSize(1);
    }

    static final Map<String, Function<Ask, Answer>> PASSING = Map.ofEntries(
            Map.entry("500", ask -> error(500, "internal")),
            Map.entry("502 as HTML", ask -> Answer.of(502, "<html>Bad Gateway</html>")),
            Map.entry("503 with Retry-After", ask -> error(503, "loading").with("Retry-After", "1")),
            Map.entry("429", ask -> error(429, "slow down")),
            Map.entry("408", ask -> error(408, "timeout")),
            Map.entry("409", ask -> error(409, "conflict")),
            Map.entry("425", ask -> error(425, "too early")),
            Map.entry("too slow", ask -> vectors(ask).after(Duration.ofSeconds(5))),
            Map.entry("half an answer", ask -> vectors(ask).breakingOff()),
            Map.entry("garbage", ask -> Answer.of(200, "this is not JSON")),
            Map.entry("nothing", ask -> Answer.of(200, "")),
            Map.entry("other JSON", ask -> Answer.of(200, "{\"hello\": [1, 2]}")),
            Map.entry("too few vectors", ask -> vectors(ask, List.of(HashModel.vector("x")))),
            Map.entry(
                    "numbered wrongly",
                    ask -> ServiceDouble.data(List.of(
                            Map.of("index", 7, "embedding", HashModel.vector("x")),
                            Map.of("index", 7, "embedding", HashModel.vector("y"))))),
            Map.entry("401 for a while", ask -> error(401, "Incorrect API key provided: " + KEY)));

    static List<String> passing() {
        return PASSING.keySet().stream().sorted().toList();
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("passing")
    void whatPassesIsTriedAgain(String what) throws Exception {
        var settings = new Settings();
        settings.timeout = Duration.ofMillis(700);
        start(settings);
        service.doesNext(Objects.requireNonNull(PASSING.get(what)));

        assertAll(List.of("one", "two"), embedder().submit(List.of("one", "two"), Priority.LIVE));

        assertThat(service.asked()).hasSize(2);
        assertThat(embedder().status().retries()).isEqualTo(1);
        assertThat(embedder().status().lastError()).isNull();
    }

    @Test
    void vectorsAreGivenToTheirTextsByTheirNumbers() throws Exception {
        start();
        service.does(ask -> {
            var data = new ArrayList<Map<String, Object>>();
            for (int i = 0; i < ask.texts().size(); i++) {
                data.add(Map.of(
                        "index", i, "embedding", HashModel.vector(ask.texts().get(i))));
            }
            Collections.reverse(data);
            return ServiceDouble.data(data);
        });
        List<String> texts = texts(8);

        assertAll(texts, embedder().submit(texts, Priority.LIVE));
        assertThat(service.asked()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"seconds", "date", "milliseconds"})
    void itIsAskedAgainWhenItWantsToBe(String form) throws Exception {
        start();
        service.doesNext(ask -> {
            Answer limit = error(429, "Rate limit reached");
            return switch (form) {
                case "seconds" -> limit.with("Retry-After", "2");
                case "date" ->
                    limit.with(
                            "Retry-After",
                            DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                    ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(3)));
                default -> limit.with("retry-after-ms", "1900");
            };
        });
        long start = System.nanoTime();

        assertVector("text", embedder().submit(List.of("text"), Priority.LIVE).getFirst());

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(1_850), Duration.ofSeconds(5));
        assertThat(service.asked()).hasSize(2);
    }

    @Test
    void aWholeServiceThatLimitsIsLeftAloneNotOneRequest() throws Exception {
        start();
        service.doesNext(ask -> error(429, "Rate limit reached").with("Retry-After", "2"));
        var first = embedder().submit(List.of("first"), Priority.LIVE);
        await().until(() -> !service.asked().isEmpty() && embedder().status().lastError() != null);
        long start = System.nanoTime();

        assertVector(
                "second",
                embedder().submit(List.of("second"), Priority.BACKFILL).getFirst());

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1_500));
        assertVector("first", first.getFirst());
    }

    @Test
    void anOutageLosesNothing() throws Exception {
        start();
        service.stop();
        List<String> texts = texts(50);
        var vectors = embedder().submit(texts, Priority.BACKFILL);
        await().until(() -> "open".equals(embedder().status().breaker()));
        assertThat(embedder().status().lastError())
                .contains("cannot be reached", "some-model")
                .doesNotContain(KEY);
        assertThat(meters.scrape()).contains("freshet_embedding_breaker_open 1.0");
        assertThat(vectors).noneMatch(CompletableFuture::isDone);
        service.start();

        assertAll(texts, vectors);
        assertThat(embedder().status().breaker()).isEqualTo("closed");
        assertThat(embedder().status().lastError()).isNull();
    }

    @Test
    void aServiceThatFailsHalfOfTheTimeMakesNoDeadLetters() throws Exception {
        start();
        var random = new java.util.Random(7);
        service.does(ask -> {
            synchronized (random) {
                return random.nextBoolean() ? error(500, "flaky") : vectors(ask);
            }
        });
        List<String> texts = texts(60);

        assertAll(texts, embedder().submit(texts, Priority.BACKFILL));
    }

    @Test
    void queriesAreAnsweredWithAnErrorWhileItIsAway() throws Exception {
        start();
        service.stop();
        embedder().submit(texts(30), Priority.BACKFILL);
        long start = System.nanoTime();

        EmbeddingException failure =
                failure(embedder().submit(List.of("query"), Priority.QUERY).getFirst());

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        assertThat(failure.isTransient()).isTrue();
        assertThat(failure.retryAfter()).isNotNull();
        assertThat(failure).hasMessageContaining("cannot be reached");
        // Even one whose text is under way for a document that waits.
        assertThat(failure(embedder()
                                .submit(List.of("text number 3"), Priority.QUERY)
                                .getFirst())
                        .isTransient())
                .isTrue();
        service.start();
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() ->
                        get(embedder().submit(List.of("query"), Priority.QUERY).getFirst()) != null);
    }

    @Test
    void queriesDoNotWaitForALimitThatIsTooLong() throws Exception {
        start();
        service.doesNext(ask -> error(429, "Rate limit reached").with("Retry-After", "30"));
        embedder().submit(List.of("document"), Priority.LIVE);
        await().until(() -> embedder().status().lastError() != null);

        EmbeddingException failure =
                failure(embedder().submit(List.of("query"), Priority.QUERY).getFirst());

        assertThat(failure.isTransient()).isTrue();
        assertThat(failure.retryAfter()).isGreaterThan(Duration.ofSeconds(20));
    }

    @Test
    void queriesGoOnWhileDocumentsAreTriedAgain() throws Exception {
        var settings = new Settings();
        settings.concurrency = 1;
        start(settings);
        service.does(
                ask -> ask.texts().contains("document") ? error(503, "busy").with("Retry-After", "0") : vectors(ask));
        var document = embedder().submit(List.of("document"), Priority.LIVE);
        await().until(() -> !service.asked().isEmpty());

        assertVector(
                "query", embedder().submit(List.of("query"), Priority.QUERY).getFirst());
        assertThat(document.getFirst()).isNotDone();
    }

    @Test
    void aWrongKeyIsSaidAndWaitsForPeople() throws Exception {
        start();
        service.does(ask -> error(401, "Incorrect API key provided: " + KEY + "."));
        var document = embedder().submit(List.of("document"), Priority.LIVE).getFirst();
        await().until(() -> embedder().status().lastError() != null);

        assertThat(embedder().status().lastError())
                .contains("HTTP 401", "***", "embedding.remote.apiKey")
                .doesNotContain(KEY);
        EmbeddingException query =
                failure(embedder().submit(List.of("query"), Priority.QUERY).getFirst());
        assertThat(query.isTransient()).isTrue();
        assertThat(query).hasMessageContaining("401");
        assertThat(document).isNotDone();
        service.does(ServiceDouble::vectors);
        assertVector("document", document);
    }

    /** What is wrong with one text, in many ways. */
    private static Answer refusing(Ask ask, Function<Ask, Answer> how) {
        return ask.texts().stream().anyMatch(text -> text.contains("bad")) ? how.apply(ask) : vectors(ask);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 422, 500, 503})
    void theOneBadTextOfARequestIsFound(int status) throws Exception {
        start();
        service.does(ask -> refusing(ask, all -> error(status, "cannot embed this: " + KEY)));
        var texts = new ArrayList<>(texts(8));
        texts.set(5, "a bad text");
        var vectors = embedder().submit(texts, Priority.LIVE);

        EmbeddingException failure = failure(vectors.get(5));
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure).hasMessageContaining("HTTP " + status).hasMessageContaining("***");
        texts.remove(5);
        var others = new ArrayList<>(vectors);
        others.remove(5);
        assertAll(texts, others);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dimension", "NaN", "infinite", "null", "zero"})
    void aBadVectorIsTheFaultOfItsTextAlone(String what) throws Exception {
        start();
        service.does(ask -> vectors(
                ask,
                ask.texts().stream()
                        .map(text -> text.contains("bad") ? bad(what) : HashModel.vector(text))
                        .toList()));
        var vectors = embedder().submit(List.of("one", "a bad text", "three"), Priority.LIVE);

        assertThat(failure(vectors.get(1)).isTransient()).isFalse();
        assertVector("one", vectors.get(0));
        assertVector("three", vectors.get(2));
    }

    private static Object bad(String what) {
        Object[] vector = new Object[HashModel.DIMENSION];
        Arrays.fill(vector, 0.5);
        switch (what) {
            case "dimension" -> {
                return new float[] {1, 2, 3};
            }
            case "NaN" -> vector[3] = "NaN";
            case "infinite" -> vector[3] = "Infinity";
            case "null" -> vector[3] = null;
            default -> Arrays.fill(vector, 0);
        }
        return vector;
    }

    @Test
    void ifEvenAGoodTextIsRefusedNoTextIsBlamed() throws Exception {
        start();
        service.does(ask -> error(400, "unknown parameter"));
        var document = embedder().submit(List.of("document"), Priority.LIVE).getFirst();
        await().until(() -> service.asked().size() >= 2);
        assertThat(document).isNotDone();
        service.does(ServiceDouble::vectors);

        assertVector("document", document);
    }

    @Test
    void ifTheServiceChangesItsDimensionNoTextIsBlamed() throws Exception {
        start();
        service.does(ask -> vectors(
                ask, ask.texts().stream().map(text -> new float[] {1, 2}).toList()));
        var document = embedder().submit(List.of("document"), Priority.LIVE).getFirst();
        await().until(() -> service.asked().size() >= 4);
        assertThat(document).isNotDone();
        assertThat(embedder().status().lastError()).contains("2 dimensions instead of 16");
        service.does(ServiceDouble::vectors);

        assertVector("document", document);
    }

    /** A service whose model sees this many characters. */
    private static Answer seeing(int characters, Ask ask) {
        return ask.texts().stream().anyMatch(text -> text.length() > characters)
                ? error(400, "This model's maximum context length is 8192 tokens, however you requested 9000 tokens")
                : vectors(ask);
    }

    @ParameterizedTest
    @EnumSource(TooLong.class)
    void aTextThatIsTooLongIsTreatedByThePolicy(TooLong policy) throws Exception {
        var settings = new Settings();
        settings.tooLong = policy;
        settings.maxInputTokens = 1_000;
        start(settings);
        service.does(ask -> seeing(60, ask));
        String text = "one half of a text that is long " + "and the other half of it, longer";
        var vectors = embedder().submit(List.of("short", text), Priority.LIVE);

        assertVector("short", vectors.getFirst());
        switch (policy) {
            case SPLIT -> {
                float[] a = HashModel.vector(text.substring(0, 32));
                float[] b = HashModel.vector(text.substring(32));
                var tokens = new dev.freshet.chunk.EstimatedTokens(1_000);
                double weightA = tokens.count(text.substring(0, 32)) / Math.sqrt(dot(a, a));
                double weightB = tokens.count(text.substring(32)) / Math.sqrt(dot(b, b));
                float[] mean = new float[a.length];
                for (int i = 0; i < a.length; i++) {
                    mean[i] = (float) (a[i] * weightA + b[i] * weightB);
                }
                assertThat(cosine(get(vectors.getLast()), mean)).isCloseTo(1, within(1e-6));
            }
            case TRUNCATE -> {
                String sent = service.asked().stream()
                        .map(ask -> ask.texts().getFirst())
                        .filter(text::startsWith)
                        .toList()
                        .getLast();
                assertThat(sent.length()).isBetween(30, 60);
                assertThat(cosine(get(vectors.getLast()), HashModel.vector(sent)))
                        .isCloseTo(1, within(1e-6));
            }
            case DEAD_LETTER ->
                assertThat(failure(vectors.getLast()))
                        .hasMessageContaining("too long")
                        .hasMessageContaining("maximum context length")
                        .satisfies(e -> assertThat(e.isTransient()).isFalse());
        }
        assertThat(meters.scrape()).contains("freshet_embedding_too_long_total{policy=\"" + policy + "\"}");
    }

    @Test
    void ollamaSaysThatATextIsTooLong() throws Exception {
        var settings = new Settings();
        settings.provider = EmbeddingProvider.OLLAMA;
        settings.tooLong = TooLong.DEAD_LETTER;
        start(settings);
        service.does(ask ->
                refusing(ask, all -> Answer.of(400, "{\"error\":\"the input length exceeds the context length\"}")));
        var vectors = embedder().submit(List.of("good", "bad"), Priority.LIVE);

        assertThat(failure(vectors.getLast())).hasMessageContaining("too long", "exceeds the context length");
        assertVector("good", vectors.getFirst());
    }

    @Test
    void whatIsKnownToBeTooLongIsNotEvenSent() throws Exception {
        var settings = new Settings();
        settings.maxInputTokens = 16;
        start(settings);
        String text = "some words ".repeat(40);

        get(embedder().submit(List.of(text), Priority.QUERY).getFirst());

        var tokens = new dev.freshet.chunk.EstimatedTokens(16);
        assertThat(service.asked())
                .flatExtracting(Ask::texts)
                .hasSizeGreaterThan(8)
                .allSatisfy(part -> assertThat(tokens.count(part)).isLessThanOrEqualTo(16));
        assertThat(String.join(
                        "",
                        service.asked().stream()
                                .flatMap(ask -> ask.texts().stream())
                                .toList()))
                .isEqualTo(text);
    }

    @Test
    void requestsArePacedByTheirLimit() throws Exception {
        var settings = new Settings();
        settings.texts = 1;
        settings.requestsPerMinute = 240;
        start(settings);
        long start = System.nanoTime();

        assertAll(texts(9), embedder().submit(texts(9), Priority.LIVE));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(1_700), Duration.ofSeconds(6));
    }

    @Test
    void tokensArePacedByTheirLimit() throws Exception {
        var settings = new Settings();
        settings.texts = 1;
        settings.tokensPerMinute = 600;
        start(settings);
        List<String> texts = IntStream.range(0, 4)
                .mapToObj(i -> (char) ('a' + i) + " word".repeat(4))
                .toList();
        long start = System.nanoTime();

        // An estimate of 9 tokens each, 10 a second.
        assertAll(texts, embedder().submit(texts, Priority.LIVE));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(8));
    }

    @Test
    void aStopDoesNotWaitForAServiceThatIsAway() throws Exception {
        start();
        service.stop();
        var vectors = embedder().submit(texts(40), Priority.LIVE);
        await().until(() -> embedder().status().lastError() != null);
        long start = System.nanoTime();
        embedder().stopRetrying();

        assertThat(failure(vectors.getFirst()).isTransient()).isTrue();
        embedder().close();
        assertThat(vectors).allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void aStopDoesNotWaitForAServiceThatHangs() throws Exception {
        var settings = new Settings();
        settings.timeout = Duration.ofSeconds(30);
        start(settings);
        service.does(ask -> vectors(ask).after(Duration.ofSeconds(30)));
        var vectors = embedder().submit(texts(40), Priority.LIVE);
        await().until(() -> !service.asked().isEmpty());
        long start = System.nanoTime();
        embedder().stopRetrying();

        assertThat(failure(vectors.getLast()).isTransient()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void aStopLetsWhatIsUnderWayFinish() throws Exception {
        start();
        service.does(ask -> vectors(ask).after(Duration.ofMillis(500)));
        var vectors = embedder().submit(texts(2), Priority.LIVE);
        await().until(() -> !service.asked().isEmpty());
        embedder().stopRetrying();

        assertAll(texts(2), vectors);
    }

    @Test
    void theFingerprintTellsModelsApartAndNothingElse() {
        String fingerprint = RemoteModels.load(config(new Settings())).fingerprint();
        assertThat(fingerprint).isEqualTo("openai/some-model/16/estimate-1-512");

        var other = new Settings();
        other.concurrency = 7;
        other.requestsPerMinute = 1_000;
        other.timeout = Duration.ofSeconds(9);
        assertThat(RemoteModels.load(config(other)).fingerprint()).isEqualTo(fingerprint);
        other.maxInputTokens = 2_000;
        assertThat(RemoteModels.load(config(other)).fingerprint()).isNotEqualTo(fingerprint);
        var byName = new Settings();
        byName.provider = EmbeddingProvider.LANGCHAIN4J;
        byName.modelClass = "dev.langchain4j.model.openai.OpenAiEmbeddingModel";
        byName.properties = Map.of("organizationId", new Secret("a"), "logRequests", new Secret("false"));
        String named = RemoteModels.load(config(byName)).fingerprint();
        byName.properties = Map.of("organizationId", new Secret("a"), "logRequests", new Secret("true"));
        assertThat(RemoteModels.load(config(byName)).fingerprint())
                .isEqualTo(named)
                .contains("/some-model/16/");
        byName.properties = Map.of("organizationId", new Secret("b"));
        assertThat(RemoteModels.load(config(byName)).fingerprint()).isNotEqualTo(named);
    }

    @Test
    void aModelWithAnotherDimensionThanExpectedDoesNotStart() {
        var settings = new Settings();
        settings.dimensions = 1_024;

        assertThatThrownBy(() -> start(settings))
                .isInstanceOf(EmbeddingException.class)
                .hasMessageContaining("gives 16 dimensions")
                .hasMessageContaining("says 1024");
    }

    static final Map<String, Function<Ask, Answer>> UNUSABLE = Map.of(
            "HTTP 401", ask -> error(401, "Incorrect API key provided: " + KEY),
            "HTTP 403", ask -> error(403, "no access to the model"),
            "HTTP 404", ask -> Answer.of(404, "{\"error\": \"model 'some-model' not found, try pulling it first\"}"),
            "HTTP 400", ask -> error(400, "this model does not support dimensions"),
            "HTTP 500", ask -> error(500, "internal"),
            "the answer is not what the protocol says", ask -> Answer.of(200, "<html>It works!</html>"),
            "no answer within 8 s", ask -> vectors(ask).after(Duration.ofSeconds(20)));

    static List<String> unusable() {
        return UNUSABLE.keySet().stream().sorted().toList();
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("unusable")
    void aServiceThatCannotBeUsedIsExplainedAtTheStart(String what) {
        service.does(Objects.requireNonNull(UNUSABLE.get(what)));
        var settings = new Settings();
        settings.timeout = Duration.ofSeconds(30);
        long start = System.nanoTime();

        assertThatThrownBy(() -> start(settings))
                .isInstanceOf(EmbeddingException.class)
                .hasMessageContaining(what)
                .hasMessageContaining(service.openAiUrl())
                .hasMessageContaining("some-model")
                .hasMessageContaining("heck ")
                .message()
                .doesNotContain(KEY);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void aServiceThatIsNotThereIsExplainedAtTheStart() {
        service.stop();

        assertThatThrownBy(this::start)
                .hasMessageContaining("no connection")
                .hasMessageContaining(service.openAiUrl())
                .hasMessageContaining("embedding.remote.baseUrl");
    }
}
