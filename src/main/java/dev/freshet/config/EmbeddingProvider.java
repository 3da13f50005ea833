package dev.freshet.config;

/** Where texts become vectors. */
public enum EmbeddingProvider {
    /** In this process, without any network. */
    IN_PROCESS("in-process"),

    /** A service that speaks OpenAI's protocol: OpenAI itself and many others. */
    OPENAI("openai"),

    /** An Ollama. */
    OLLAMA("ollama"),

    /** Any other of LangChain4j's models whose module is on the class path. */
    LANGCHAIN4J("langchain4j");

    private final String name;

    EmbeddingProvider(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        return name;
    }
}
