package dev.freshet.chunk;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Shortens paths of headings to what a chunk can afford: outermost first, then the end of the innermost. */
final class HeadingPaths {

    /** A path and what it costs before a text. */
    record Fitted(List<String> path, int tokens) {}

    private final Tokenizer tokenizer;
    private final int most;
    private final Map<List<String>, Fitted> known = new HashMap<>();

    HeadingPaths(Tokenizer tokenizer, int most) {
        this.tokenizer = tokenizer;
        this.most = most;
    }

    Fitted fit(List<String> path) {
        Fitted fitted = known.get(path);
        if (fitted == null) {
            fitted = shorten(path);
            known.put(path, fitted);
        }
        return fitted;
    }

    private Fitted shorten(List<String> path) {
        for (int first = 0; first < path.size(); first++) {
            List<String> inner = List.copyOf(path.subList(first, path.size()));
            int tokens = cost(inner);
            if (tokens <= most) {
                return new Fitted(inner, tokens);
            }
        }
        return path.isEmpty() ? new Fitted(path, 0) : truncate(path.getLast());
    }

    private Fitted truncate(String heading) {
        Outline outline = new Outline(heading);
        outline.markInside(0, heading.length());
        for (Strength least : List.of(Strength.WORD, Strength.CLUSTER)) {
            for (int end = heading.length() - 1; end > 0; end--) {
                if (outline.strength(end).compareTo(least) >= 0) {
                    List<String> path = List.of(heading.substring(0, end).strip());
                    int tokens = cost(path);
                    if (tokens <= most) {
                        return new Fitted(path, tokens);
                    }
                }
            }
        }
        return new Fitted(List.of(), 0);
    }

    private int cost(List<String> path) {
        return tokenizer.count(Chunk.embeddingText(path, ""));
    }
}
