package dev.freshet.pipeline;

import dev.freshet.document.DocumentKey;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What became of the last change of some thousand documents, those that changed last. Thread-safe. */
final class RecentChanges {

    private static final Logger LOG = LoggerFactory.getLogger(RecentChanges.class);

    /** Some hundred bytes each. */
    private static final int MOST = 4_096;

    private final Map<DocumentKey, Processed> last = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<DocumentKey, Processed> eldest) {
            return size() > MOST;
        }
    };

    void note(Work work, String outcome) {
        var position = work.event().position();
        var processed = new Processed(
                outcome, position.version(), work.trace(), position.committedAt(), work.capturedAt(), Instant.now());
        LOG.debug(
                "document {} mapping={} key={} version={} trace_id={}",
                outcome,
                work.key().mapping(),
                work.key().row(),
                processed.version(),
                processed.trace().traceId());
        synchronized (last) {
            // A batch of a backfill may come to its end after a later change of the same document has.
            last.merge(work.key(), processed, (a, b) -> b.version().compareTo(a.version()) >= 0 ? b : a);
        }
    }

    Optional<Processed> of(DocumentKey key) {
        synchronized (last) {
            return Optional.ofNullable(last.get(key));
        }
    }
}
