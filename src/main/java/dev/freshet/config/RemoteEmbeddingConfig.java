package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an embedding service is used.
 *
 * @param baseUrl null for the provider's own
 * @param dimensions asked for, and expected; 0 for what the model gives
 * @param tokenizer how tokens are counted; null for what suits the model
 * @param maxInputTokens the most tokens the model sees in a text; 0 for what is known of the model
 * @param requestsPerMinute 0 for no limit
 * @param tokensPerMinute 0 for no limit
 * @param timeout of a request, its whole answer included
 * @param queryTimeout how long a search waits for the vector of its query
 * @param modelClass the class of another of LangChain4j's models
 * @param properties of that class's builder
 */
public record RemoteEmbeddingConfig(
        @Key(
                value = "Where the service is, up to the version and without the method.",
                otherwise = "`https://api.openai.com/v1` or `http://localhost:11434`",
                pattern = "https?://[^/@\\s]+(/[^@\\s?#]*)?",
                form = "http(s)://host:port/path; keys have a key of their own",
                masked = true)
        @Nullable String baseUrl,

        @Key("The service's API key.") @Nullable Secret apiKey,

        @Key("OpenAI's organization, sent as a header.") @Nullable String organization,

        @Key("OpenAI's project, sent as a header.") @Nullable String project,

        @Key("Further headers of every request.") Map<String, Secret> headers,

        @Key(byDefault = "0", min = "0", max = "65536", value = """
                        The dimension of the vectors, for models that can give several: it is asked for and expected. \
                        0 takes what the model gives.""")
        int dimensions,

        @Key(otherwise = "that of the model where it is known, else `estimate`", value = """
                        How tokens are counted: `cl100k_base`, `o200k_base` and other encodings of OpenAI's models, the \
                        path of a Hugging Face `tokenizer.json`, or `estimate`, which rather counts too many.""") @Nullable String tokenizer,

        @Key(byDefault = "0", min = "0", max = "1000000", value = """
                        The most tokens that the model sees in one text; no chunk may be longer. 0 means 8191 for \
                        OpenAI's models and 512 for others.""")
        int maxInputTokens,

        @Key(byDefault = "split", value = """
                        What becomes of a text that is too long for the model after all: its parts are embedded and \
                        averaged, its end is cut off, or its document becomes a dead letter.""") TooLong tooLong,

        @Key(value = "Requests under way at the same time.", byDefault = "4", min = "1", max = "256")
        int concurrency,

        @Key(value = "The most texts of one request.", byDefault = "64", min = "1", max = "2048")
        int textsPerRequest,

        @Key(value = "The most tokens of one request.", byDefault = "100000", min = "1", max = "10000000")
        int tokensPerRequest,

        @Key(
                value = "The most requests a minute, evenly spread; 0 means no limit.",
                byDefault = "0",
                min = "0",
                max = "1000000")
        int requestsPerMinute,

        @Key(
                value = "The most tokens a minute, evenly spread; 0 means no limit.",
                byDefault = "0",
                min = "0",
                max = "1000000000")
        int tokensPerMinute,

        @Key(
                value = "How long a request may take until its answer has arrived completely.",
                byDefault = "30s",
                min = "100ms",
                max = "10m")
        Duration timeout,

        @Key(byDefault = "5s", min = "100ms", max = "1m", value = """
                        How long a search waits for the vector of its query; then it is answered with status 503.""")
        Duration queryTimeout,

        @Key(value = """
                        With `provider: langchain4j`: the class of the model, whose module must be on the class path.""") @Nullable String modelClass,

        @Key(
                "With `provider: langchain4j`: what the class's builder is given beside the keys above, by the names of its methods.")
        Map<String, Secret> properties) {

    public RemoteEmbeddingConfig {
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        if (apiKey != null && !apiKey.fitsHeader()) {
            throw new IllegalArgumentException(
                    "'embedding.remote.apiKey' has a line end or another sign that no header can carry");
        }
        headers.forEach((name, value) -> {
            if (!value.fitsHeader()) {
                throw new IllegalArgumentException("'embedding.remote.headers." + name
                        + "' has a line end or another sign that no header can carry");
            }
        });
        requireNonNull(tooLong);
        requireNonNull(timeout);
        requireNonNull(queryTimeout);
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    }

    /** Whether anything is given that only makes sense for a service. */
    boolean namesService() {
        return baseUrl != null || apiKey != null || organization != null || project != null || modelClass != null;
    }
}
