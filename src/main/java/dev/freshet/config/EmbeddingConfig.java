package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/**
 * The embedding model.
 *
 * @param model the name that its provider knows it by
 * @param threads texts embedded at the same time in this process; 0 for one per core
 * @param remote how a service is used; not looked at in this process
 */
public record EmbeddingConfig(
        @Key(byDefault = "in-process", value = """
                        Where texts become vectors: inside Freshet; at a service that speaks the protocol of OpenAI or \
                        of Ollama; or through another of LangChain4j's modules. See [embedding](embedding.md).""") EmbeddingProvider provider,

        @Key(byDefault = EmbeddingConfig.IN_PROCESS_MODEL, value = """
                        The embedding model: `all-minilm-l6-v2-q` runs inside Freshet and needs no download. With any \
                        other provider it must be given: the name that the service knows it by.""")
        String model,

        @Key(
                value = "Texts embedded at the same time inside Freshet; 0 means one per core.",
                byDefault = "0",
                min = "0",
                max = "1024")
        int threads,

        @Key("How a service is used; only for providers other than `in-process`.")
        RemoteEmbeddingConfig remote) {

    static final String IN_PROCESS_MODEL = "all-minilm-l6-v2-q";

    public EmbeddingConfig {
        requireNonNull(provider);
        requireNonNull(model);
        requireNonNull(remote);
        if (provider == EmbeddingProvider.IN_PROCESS && remote.namesService()) {
            throw new IllegalArgumentException("'embedding.remote' names a service, but 'embedding.provider' is "
                    + "in-process: set the provider (openai, ollama, langchain4j) or remove the section");
        }
        if (provider != EmbeddingProvider.IN_PROCESS && model.equals(IN_PROCESS_MODEL)) {
            throw new IllegalArgumentException("'embedding.model' is missing: the name that the " + provider
                    + " service knows the model by, such as "
                    + (provider == EmbeddingProvider.OLLAMA ? "nomic-embed-text" : "text-embedding-3-small"));
        }
        if ((provider == EmbeddingProvider.LANGCHAIN4J) != (remote.modelClass() != null)) {
            throw new IllegalArgumentException(
                    "'embedding.remote.modelClass' belongs to 'embedding.provider: langchain4j'"
                            + " and is required there: the class of LangChain4j's model, such as"
                            + " dev.langchain4j.model.voyageai.VoyageAiEmbeddingModel");
        }
    }
}
