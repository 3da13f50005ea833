package dev.freshet.chunk;

import java.nio.charset.StandardCharsets;

/** The tokenizers that the chunkers are tested with. */
final class TestTokenizers {

    /** The real one: words and parts of words, whitespace for nothing, at most 512 tokens. */
    static final Tokenizer MINI_LM = HuggingFaceTokens.allMiniLmL6V2();

    /** As nasty as it gets: one token per byte of UTF-8, whitespace included. */
    static final Tokenizer BYTES = new Tokenizer() {
        @Override
        public int count(String text) {
            return text.getBytes(StandardCharsets.UTF_8).length;
        }

        @Override
        public int specialTokens() {
            return 2;
        }

        @Override
        public int maxTokens() {
            return 2000;
        }

        @Override
        public String fingerprint() {
            return "bytes";
        }
    };

    private TestTokenizers() {}
}
