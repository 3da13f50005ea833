package dev.freshet.chunk;

/** Finds how far a chunk reaches back into the text before its body, inside its section. */
final class Overlap {

    /** Tokens are rarely longer; where they are, the overlap is shorter than it might be. */
    private static final int CHARACTERS_PER_TOKEN = 8;

    private final Tokenizer tokenizer;
    private final int most;

    Overlap(Tokenizer tokenizer, int most) {
        this.tokenizer = tokenizer;
        this.most = most;
    }

    /** The earliest word (or character, where there are no words) from which the text to the body costs no more. */
    int start(Outline outline, int body) {
        int earliest = (int) Math.max(outline.sectionStart(body), body - (long) most * CHARACTERS_PER_TOKEN);
        if (most == 0 || earliest >= body) {
            return body;
        }
        int[] beginnings = outline.beginningsInside(earliest, body);
        int low = 0;
        int high = beginnings.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (fits(outline, beginnings[middle], body)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if (low == beginnings.length) {
            return body;
        }
        int best = beginnings[low];
        for (int i = low; i < beginnings.length; i++) {
            boolean better = outline.strength(beginnings[i]).compareTo(outline.strength(best)) > 0;
            boolean wholeWord = outline.strength(best).compareTo(Strength.WORD) >= 0;
            if (better && !wholeWord && body - beginnings[i] >= (body - best) / 2) {
                best = beginnings[i];
            }
        }
        return fits(outline, best, body) ? best : beginnings[low];
    }

    private boolean fits(Outline outline, int start, int body) {
        return tokenizer.count(outline.text().substring(start, body)) <= most;
    }
}
