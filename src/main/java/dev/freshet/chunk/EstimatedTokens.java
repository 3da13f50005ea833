package dev.freshet.chunk;

/**
 * An estimate for models whose tokenizer is not at hand. It rather counts too many: three letters or spaces of plain
 * ASCII to a token, every digit and sign one of its own, and every letter of other scripts one or more. Stateless.
 */
public final class EstimatedTokens implements Tokenizer {

    private static final int LETTERS_PER_TOKEN = 3;

    /** From here on the scripts that many models know less of: three tokens for two letters. */
    private static final int BEYOND_LATIN = 0x250;

    /** A model that falls back to bytes takes so many for a code point beyond the basic plane. */
    private static final int MOST_BYTES = 4;

    private final int maxTokens;

    /** @param maxTokens the most tokens the model sees in one text */
    public EstimatedTokens(int maxTokens) {
        this.maxTokens = maxTokens;
    }

    @Override
    public int count(String text) {
        int tokens = 0;
        int letters = 0;
        int foreign = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c < 128 && (Character.isLetter(c) || c == ' ')) {
                letters++;
                continue;
            }
            tokens += thirds(letters);
            letters = 0;
            if (c < BEYOND_LATIN) {
                tokens++;
            } else if (Character.isBmpCodePoint(c)) {
                foreign++;
            } else {
                tokens += MOST_BYTES;
            }
        }
        return tokens + thirds(letters) + (3 * foreign + 1) / 2;
    }

    private static int thirds(int letters) {
        return (letters + LETTERS_PER_TOKEN - 1) / LETTERS_PER_TOKEN;
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
