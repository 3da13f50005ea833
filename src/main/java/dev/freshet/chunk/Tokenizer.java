package dev.freshet.chunk;

/** Counts text in an embedding model's own tokens. Implementations are deterministic and thread-safe. */
public interface Tokenizer {

    /** How many tokens the text costs, without the special tokens and never truncated. */
    int count(String text);

    /** How many special tokens the model adds to every text. */
    int specialTokens();

    /** The most tokens the model sees in one text, special tokens included. */
    int maxTokens();

    /** Changes whenever counts may change, so that chunks cut by another tokenizer can be told apart. */
    String fingerprint();
}
