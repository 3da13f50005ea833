package dev.freshet.index.qdrant;

import static java.util.Objects.requireNonNull;

import dev.freshet.config.QdrantCollectionConfig.Distance;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.RankFusion;
import dev.freshet.index.SearchHit;
import dev.freshet.index.UnitVector;
import io.qdrant.client.grpc.Points.BatchResult;
import io.qdrant.client.grpc.Points.DenseVector;
import io.qdrant.client.grpc.Points.Document;
import io.qdrant.client.grpc.Points.Query;
import io.qdrant.client.grpc.Points.QueryBatchPoints;
import io.qdrant.client.grpc.Points.QueryPoints;
import io.qdrant.client.grpc.Points.ScoredPoint;
import io.qdrant.client.grpc.Points.VectorInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Searches a collection, and makes one state of it of what the server found.
 *
 * <p>The heads are read after the query; a chunk that its document's head does not list is no hit. Where such a chunk was
 * found, the document has changed meanwhile, and its new chunks may have come too late for the query: so the query is
 * made again, until the head of each such document is the same before and after it. All chunks which that head lists
 * were there in between.
 */
final class Retrieval {

    /** A document that changes for ever faster than it is looked at must not keep a search for ever. */
    private static final int MOST_ATTEMPTS = 100;

    /** More than asked for, because some may fall away, and to see whether the last has equals. */
    private static final int MARGIN = 32;

    private static final int MOST_MORE = 8_192;

    /** Whoever changed within this time may have had new chunks that the query came too early for. */
    private static final Duration RECENT = Duration.ofSeconds(5);

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparing(
                    Candidate::score, Comparator.reverseOrder())
            .thenComparing(candidate -> candidate.found().id());

    private record Candidate(ChunkPoints.Found found, float score) {

        String id() {
            return found.id();
        }
    }

    private final QdrantConnection connection;
    private final String collection;
    private final Distance distance;
    private final int dimension;
    private final WordVectors words;
    private final ChunkPoints chunkPoints;
    private final Filters filters;
    private final Heads heads;

    Retrieval(
            QdrantConnection connection,
            String collection,
            Distance distance,
            Description description,
            ChunkPoints chunkPoints,
            Heads heads) {
        this.connection = connection;
        this.collection = collection;
        this.distance = distance;
        this.dimension = description.spec().dimension();
        this.words = description.words();
        this.chunkPoints = chunkPoints;
        this.filters = new Filters(Layout.of(description.layout()));
        this.heads = heads;
    }

    List<SearchHit> search(IndexQuery query) {
        List<QueryPoints> rankings = switch (query) {
            case IndexQuery.Dense dense -> List.of(dense(dense));
            case IndexQuery.Lexical lexical -> lexical(lexical);
            case IndexQuery.Hybrid hybrid -> {
                var both = new ArrayList<QueryPoints>();
                both.add(dense(hybrid.dense()));
                both.addAll(lexical(hybrid.lexical()));
                yield both;
            }
        };
        if (rankings.isEmpty()) {
            return List.of();
        }
        int depth = query instanceof IndexQuery.Hybrid ? RankFusion.depth(query.limit()) : query.limit();
        Settled settled = settle(rankings, depth);
        List<List<Candidate>> valid = settled.rankings().stream()
                .map(ranking -> valid(ranking, settled.heads(), query.filter()))
                .map(ranking -> ranking.subList(0, Math.min(depth, ranking.size())))
                .toList();
        if (!(query instanceof IndexQuery.Hybrid)) {
            return valid.getFirst().stream()
                    .map(candidate -> hit(candidate, candidate.score(), settled.heads()))
                    .toList();
        }
        return RankFusion.fuse(valid, Candidate::id, query.limit()).stream()
                .map(fused -> hit(fused.item(), fused.score(), settled.heads()))
                .toList();
    }

    private record Settled(List<List<Candidate>> rankings, Map<String, DocumentHead> heads) {}

    private Settled settle(List<QueryPoints> queries, int depth) {
        int fetch = depth + MARGIN;
        int most = depth + MOST_MORE;
        Map<String, DocumentHead> before = Map.of();
        for (int attempt = 1; ; attempt++) {
            List<List<Candidate>> rankings;
            try {
                rankings = ask(queries, fetch);
            } catch (CallFailed e) {
                if (!e.asksForLess() || fetch <= depth) {
                    throw e;
                }
                // A limit of strict mode.
                fetch = depth;
                most = depth;
                continue;
            }
            Map<String, DocumentHead> now = heads.read(documents(rankings));
            int asked = fetch;
            boolean more = asked < most
                    && rankings.stream()
                            .anyMatch(ranking -> ranking.size() == asked && !isDeepEnough(ranking, now, depth));
            if ((!more && isSettled(rankings, before, now)) || attempt == MOST_ATTEMPTS) {
                return new Settled(rankings, now);
            }
            fetch = more ? Math.min(most, fetch * 4) : fetch;
            before = now;
        }
    }

    private static Set<String> documents(List<List<Candidate>> rankings) {
        var documents = new HashSet<String>();
        rankings.forEach(ranking ->
                ranking.forEach(candidate -> documents.add(candidate.found().headId())));
        documents.remove("");
        return documents;
    }

    /** Whether there are enough hits, and none beyond what was fetched can be equal to the last that is needed. */
    private static boolean isDeepEnough(List<Candidate> ranking, Map<String, DocumentHead> heads, int depth) {
        List<Candidate> valid =
                ranking.stream().filter(each -> isListed(each, heads)).toList();
        return valid.size() >= depth
                && ranking.getLast().score() < valid.get(depth - 1).score();
    }

    private static boolean isSettled(
            List<List<Candidate>> rankings, Map<String, DocumentHead> before, Map<String, DocumentHead> now) {
        Instant recent = Instant.now().minus(RECENT);
        return rankings.stream().flatMap(List::stream).allMatch(candidate -> {
            String id = candidate.found().headId();
            DocumentHead head = now.get(id);
            return head == null
                    || head.equals(before.get(id))
                    || (isListed(candidate, now)
                            && candidate.found().payloadHash().equals(head.payloadHash())
                            && head.indexedAt().isBefore(recent));
        });
    }

    private static boolean isListed(Candidate candidate, Map<String, DocumentHead> heads) {
        DocumentHead head = heads.get(candidate.found().headId());
        return head != null && head.chunkIds().contains(candidate.id());
    }

    private List<List<Candidate>> ask(List<QueryPoints> queries, int limit) {
        var request = QueryBatchPoints.newBuilder().setCollectionName(collection);
        queries.forEach(query ->
                request.addQueryPoints(query.toBuilder().setLimit(limit).build()));
        List<BatchResult> results = connection
                .points("search collection " + collection, points -> points.queryBatch(request.build()))
                .getResultList();
        var rankings = new ArrayList<List<Candidate>>();
        for (int i = 0; i < results.size(); i++) {
            boolean dense = !queries.get(i).hasUsing();
            rankings.add(results.get(i).getResultList().stream()
                    .map(point -> candidate(point, dense))
                    .sorted(BEST_FIRST)
                    .toList());
        }
        return rankings;
    }

    private Candidate candidate(ScoredPoint point, boolean dense) {
        float score = point.getScore();
        // Of vectors of length one, the distance gives the cosine.
        float similarity = dense && distance == Distance.EUCLID ? 1 - score * score / 2 : score;
        return new Candidate(chunkPoints.read(point.getId().getUuid(), point.getPayloadMap()), similarity);
    }

    private QueryPoints dense(IndexQuery.Dense query) {
        var vector = DenseVector.newBuilder();
        for (float value : UnitVector.of(query.vector(), dimension, "the query")) {
            vector.addData(value);
        }
        return question(VectorInput.newBuilder().setDense(vector), query.filter())
                .build();
    }

    private List<QueryPoints> lexical(IndexQuery.Lexical query) {
        var vector = VectorInput.newBuilder();
        switch (words) {
            case NONE ->
                throw new IndexException(
                        IndexException.Kind.PERMANENT,
                        "Collection '%s' cannot be searched by words: its payload.layout does not allow a second vector"
                                .formatted(collection),
                        null);
            case OWN -> vector.setSparse(Bm25.query(query.words()));
            case SERVER ->
                vector.setDocument(Document.newBuilder().setText(query.words()).setModel(WordVectors.MODEL));
        }
        // Without a word that counts there is nothing to ask.
        return Bm25.words(query.words()).isEmpty()
                ? List.of()
                : List.of(question(vector, query.filter())
                        .setUsing(WordVectors.NAME)
                        .build());
    }

    private QueryPoints.Builder question(VectorInput.Builder vector, Filter filter) {
        return QueryPoints.newBuilder()
                .setCollectionName(collection)
                .setQuery(Query.newBuilder().setNearest(vector))
                .setFilter(filters.of(filter))
                .setWithPayload(chunkPoints.selector());
    }

    /** What may be returned, best first: listed by the heads, and never another tenant's than was asked for. */
    private List<Candidate> valid(List<Candidate> ranking, Map<String, DocumentHead> heads, Filter filter) {
        var seen = new HashSet<String>();
        return ranking.stream()
                .filter(candidate -> isListed(candidate, heads)
                        && isOfTenant(head(candidate, heads), filter)
                        && seen.add(candidate.id()))
                .sorted(BEST_FIRST)
                .toList();
    }

    private static boolean isOfTenant(DocumentHead head, Filter filter) {
        return filter.conditions().stream()
                .allMatch(condition -> !(condition instanceof Filter.AnyOf anyOf)
                        || !anyOf.field().equals("tenant")
                        || (head.tenant() != null && anyOf.values().contains(head.tenant())));
    }

    private static DocumentHead head(Candidate candidate, Map<String, DocumentHead> heads) {
        return requireNonNull(heads.get(candidate.found().headId()));
    }

    private static SearchHit hit(Candidate candidate, float score, Map<String, DocumentHead> heads) {
        DocumentHead head = head(candidate, heads);
        ChunkPoints.Found found = candidate.found();
        return new SearchHit(
                score, head, found.id(), head.chunkIds().indexOf(found.id()), found.text(), found.headings());
    }
}
