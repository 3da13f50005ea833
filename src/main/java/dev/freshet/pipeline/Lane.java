package dev.freshet.pipeline;

import dev.freshet.embed.Embedder.Priority;
import java.util.Locale;

/** The two ways through the loop: a backfill never stands before a live change. */
public enum Lane {
    LIVE(Priority.LIVE),
    BACKFILL(Priority.BACKFILL);

    private final Priority priority;

    Lane(Priority priority) {
        this.priority = priority;
    }

    Priority priority() {
        return priority;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
