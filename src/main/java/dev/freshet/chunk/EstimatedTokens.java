package dev.freshet.chunk;

/**
 * An estimate for models whose tokenizer is not at hand. It rather counts too many: three letters or spaces of plain
 * ASCII to a token, and every digit, sign and other code point one or more of its own. Stateless.
 */
public final class EstimatedTokens implements Tokenizer {

    private static final int LETTERS_PER_TOKEN = 3;

    private final int maxTokens;

    /** @param maxTokens the most tokens the model sees in one text */
    public EstimatedTokens(int maxTokens) {
        this.maxTokens = maxTokens;
    }

    @Override
    public int count(String text) {
        int tokens = 0;
        int letters = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c < 128 && (Character.isLetter(c) || c == ' ')) {
                letters++;
                continue;
            }
            tokens += (letters + LETTERS_PER_TOKEN - 1) / LETTERS_PER_TOKEN;
            letters = 0;
            // Beyond the basic plane a model that falls back to bytes takes up to four.
            tokens += c < 0x1_0000 ? 1 : 3;
        }
        return tokens + (letters + LETTERS_PER_TOKEN - 1) / LETTERS_PER_TOKEN;
    }

    @Override
    public int specialTokens() {
        return 2;
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public String fingerprint() {
        return "estimate-1-" + maxTokens;
    }
}
