package dev.freshet.query;

import dev.freshet.change.Traceparent;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.EmbeddingException;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.RankFusion;
import dev.freshet.index.SearchHit;
import dev.freshet.index.SearchMode;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.Freshness;
import dev.freshet.query.SearchAnswer.CurrentTo;
import dev.freshet.query.SearchAnswer.Hit;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Searches the collections and says how current the answer is. Thread-safe. */
public final class Search {

    private static final Duration EMBEDDING_PATIENCE = Duration.ofSeconds(30);

    private final VectorIndex index;
    private final Embedder embedder;
    private final Set<String> collections;
    private final Supplier<Freshness> freshness;
    private final BooleanSupplier backfilling;
    private final Function<String, List<String>> paused;
    private final Meters meters;

    /**
     * A search over collections.
     *
     * @param freshness how current the index is
     * @param backfilling whether rows that were there before may still be missing
     * @param paused the mappings of a collection that are paused
     */
    public Search(
            VectorIndex index,
            Embedder embedder,
            Set<String> collections,
            Supplier<Freshness> freshness,
            BooleanSupplier backfilling,
            Function<String, List<String>> paused,
            Meters meters) {
        this.index = index;
        this.embedder = embedder;
        this.collections = new TreeSet<>(collections);
        this.freshness = freshness;
        this.backfilling = backfilling;
        this.paused = paused;
        this.meters = meters;
    }

    /**
     * Finds the chunks that answer the query best. By words alone the embedding model is not needed.
     *
     * @throws InvalidRequest if there is no such collection
     */
    public SearchAnswer search(SearchRequest request) {
        long start = System.nanoTime();
        List<String> wanted = request.collection() == null ? List.copyOf(collections) : List.of(request.collection());
        if (!collections.containsAll(wanted)) {
            throw new InvalidRequest("there is no collection '%s'; there %s %s"
                    .formatted(
                            request.collection(),
                            collections.size() == 1 ? "is" : "are",
                            String.join(", ", collections)));
        }
        IndexQuery query = query(request);
        // Asked for before the search: the answer is at least as current as it says.
        CurrentTo current = currentTo(wanted);
        // BM25 counts how rare a word is in its collection: of several collections only the ranks are comparable.
        boolean byRank = request.mode() == SearchMode.LEXICAL && wanted.size() > 1;
        var hits = new ArrayList<Hit>();
        for (String collection : wanted) {
            int rank = 1;
            for (SearchHit found : index.search(collection, query)) {
                hits.add(hit(
                        collection,
                        ofTenant(request.tenant(), found),
                        byRank ? (float) RankFusion.share(rank) : found.score()));
                rank++;
            }
        }
        hits.sort(Comparator.comparingDouble(Hit::score).reversed());
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        meters.stage("search-" + request.mode(), took);
        return new SearchAnswer(
                request.query(),
                request.mode().toString(),
                took.toMillis(),
                current,
                List.copyOf(hits.subList(0, Math.min(hits.size(), request.top()))));
    }

    private IndexQuery query(SearchRequest request) {
        String words = request.query();
        Filter filter =
                request.tenant() == null ? request.filter() : request.filter().ofTenant(request.tenant());
        return switch (request.mode()) {
            case DENSE -> new IndexQuery.Dense(embed(words), request.top(), filter);
            case LEXICAL -> new IndexQuery.Lexical(words, request.top(), filter);
            case HYBRID -> new IndexQuery.Hybrid(embed(words), words, request.top(), filter);
        };
    }

    /** An index that gives what it was asked not to give has a fault, and an error is better than another's document. */
    private static SearchHit ofTenant(@Nullable String tenant, SearchHit hit) {
        if (tenant != null && !tenant.equals(hit.document().tenant())) {
            throw new IllegalStateException(
                    "the index gave document " + hit.document().key() + ", which is not of the tenant asked for");
        }
        return hit;
    }

    private float[] embed(String query) {
        try {
            return embedder.submit(List.of(query), Embedder.Priority.QUERY)
                    .getFirst()
                    .get(EMBEDDING_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            String what = "the query could not be embedded";
            throw e.getCause() instanceof EmbeddingException known
                    ? known.of(what)
                    : new EmbeddingException(what + ": " + e.getMessage(), e);
        } catch (TimeoutException e) {
            throw EmbeddingException.unavailable(
                    "the query could not be embedded within " + EMBEDDING_PATIENCE.toSeconds() + " s", null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddingException("interrupted", e);
        }
    }

    /** Up to where in the source's log an answer of these collections is current that is asked for now. */
    public CurrentTo currentTo(List<String> wanted) {
        Freshness now = freshness.get();
        var position = now.position();
        return new CurrentTo(
                position == null ? null : position.version().lsn(),
                position == null ? null : position.version().toString(),
                position == null ? null : position.committedAt(),
                now.pending(),
                now.lag(Instant.now()).toMillis(),
                backfilling.getAsBoolean(),
                wanted.stream()
                        .flatMap(collection -> paused.apply(collection).stream())
                        .toList());
    }

    private static Hit hit(String collection, SearchHit hit, float score) {
        var document = hit.document();
        Traceparent trace = document.trace();
        return new Hit(
                score,
                collection,
                document.id(),
                document.table().toString(),
                document.rowKey(),
                hit.text(),
                hit.headings(),
                hit.ordinal(),
                document.chunkIds().size(),
                document.metadata(),
                document.tenant(),
                document.version().toString(),
                document.committedAt(),
                document.indexedAt(),
                trace == null ? null : trace.toString());
    }
}
