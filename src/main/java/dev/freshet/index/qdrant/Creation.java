package dev.freshet.index.qdrant;

import dev.freshet.config.QdrantCollectionConfig;
import dev.freshet.config.QdrantConfig;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.IndexException;
import io.qdrant.client.grpc.Collections.AliasDescription;
import io.qdrant.client.grpc.Collections.AliasOperations;
import io.qdrant.client.grpc.Collections.BinaryQuantization;
import io.qdrant.client.grpc.Collections.ChangeAliases;
import io.qdrant.client.grpc.Collections.CollectionDescription;
import io.qdrant.client.grpc.Collections.CollectionInfo;
import io.qdrant.client.grpc.Collections.CreateAlias;
import io.qdrant.client.grpc.Collections.CreateCollection;
import io.qdrant.client.grpc.Collections.DeleteAlias;
import io.qdrant.client.grpc.Collections.DeleteCollection;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.GetCollectionInfoRequest;
import io.qdrant.client.grpc.Collections.HnswConfigDiff;
import io.qdrant.client.grpc.Collections.ListAliasesRequest;
import io.qdrant.client.grpc.Collections.ListCollectionsRequest;
import io.qdrant.client.grpc.Collections.Modifier;
import io.qdrant.client.grpc.Collections.QuantizationConfig;
import io.qdrant.client.grpc.Collections.QuantizationType;
import io.qdrant.client.grpc.Collections.ScalarQuantization;
import io.qdrant.client.grpc.Collections.SparseVectorConfig;
import io.qdrant.client.grpc.Collections.SparseVectorParams;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.Collections.VectorsConfig;
import io.qdrant.client.grpc.Points.CreateFieldIndexCollection;
import io.qdrant.client.grpc.Points.Document;
import io.qdrant.client.grpc.Points.FieldType;
import io.qdrant.client.grpc.Points.Query;
import io.qdrant.client.grpc.Points.QueryPoints;
import io.qdrant.client.grpc.Points.VectorInput;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds, creates and removes collections.
 *
 * <p>What a user calls {@code docs} is an alias in Qdrant, of the collection {@code docs@1}, so that another one can take
 * its place in one step. Its heads are in {@code docs@1.heads}, which is created first and removed last, and describes the
 * collection from when it is complete until its removal begins: without a description, the rest was left behind.
 */
final class Creation {

    private static final Logger LOG = LoggerFactory.getLogger(Creation.class);
    private static final String FIRST = "@1";
    private static final String HEADS = ".heads";

    private final QdrantConnection connection;
    private final QdrantConfig config;
    private final Updates updates;
    private final Duration tombstones;

    Creation(QdrantConnection connection, QdrantConfig config, Duration tombstones) {
        this.tombstones = tombstones;
        this.connection = connection;
        this.config = config;
        this.updates = new Updates(connection, config.writeOrdering());
    }

    /** Makes sure that the key lets us in: the greeting is answered to anybody. */
    void check() {
        collections();
    }

    /**
     * The collection of this name, if there is one and it is complete.
     *
     * @throws IndexException if somebody else made it, or it is other than the configuration says
     */
    Optional<QdrantCollection> find(String name) {
        String physical = physical(name);
        if (!collections().contains(physical + HEADS)) {
            return Optional.empty();
        }
        var heads = new Heads(connection, physical + HEADS);
        return heads.description().map(description -> {
            CollectionInfo info = info(physical);
            check(name, physical, description, info);
            return new QdrantCollection(connection, config, physical, heads, description, info, tombstones);
        });
    }

    /** Creates a collection where {@link #find} found none. */
    QdrantCollection create(String name, CollectionSpec spec) {
        String physical = physical(name);
        Set<String> collections = collections();
        refuseForeign(name, physical, collections);
        if (collections.contains(physical + HEADS)) {
            LOG.info("removing what was left of a collection collection={}", name);
            remove(name);
        }
        var heads = new Heads(connection, physical + HEADS);
        createHeads(heads.collection());
        Layout layout = Layout.of(config.payload().layout());
        createChunks(physical, spec.dimension(), layout.words());
        var description =
                new Description(spec, layout.name(), layout.words() ? words(physical) : WordVectors.NONE, null);
        var created =
                new QdrantCollection(connection, config, physical, heads, description, info(physical), tombstones);
        created.createIndexes();
        created.describeAs(description);
        alias(name, physical);
        return created;
    }

    /** Removes a collection that Freshet made; nothing happens where there is none. */
    void remove(String name) {
        String physical = physical(name);
        Set<String> collections = collections();
        if (!collections.contains(physical + HEADS)) {
            return;
        }
        updates.send(physical + HEADS, updates.deletes(List.of(Ids.DESCRIPTION)));
        if (aliasTarget(name).isPresent()) {
            change(AliasOperations.newBuilder()
                    .setDeleteAlias(DeleteAlias.newBuilder().setAliasName(name))
                    .build());
        }
        delete(physical);
        delete(physical + HEADS);
    }

    /** Makes the alias if it is missing. */
    void ensureAlias(String name, QdrantCollection collection) {
        if (aliasTarget(name).isEmpty()) {
            refuseForeign(name, collection.name(), collections());
            alias(name, collection.name());
        }
    }

    private String physical(String name) {
        return aliasTarget(name).orElse(name + FIRST);
    }

    private Optional<String> aliasTarget(String name) {
        return connection
                .collections("list aliases", stub -> stub.listAliases(ListAliasesRequest.getDefaultInstance()))
                .getAliasesList()
                .stream()
                .filter(alias -> alias.getAliasName().equals(name))
                .map(AliasDescription::getCollectionName)
                .findFirst();
    }

    private Set<String> collections() {
        return connection
                .collections("list collections", stub -> stub.list(ListCollectionsRequest.getDefaultInstance()))
                .getCollectionsList()
                .stream()
                .map(CollectionDescription::getName)
                .collect(Collectors.toSet());
    }

    private CollectionInfo info(String physical) {
        return connection
                .collections(
                        "describe collection " + physical,
                        stub -> stub.get(GetCollectionInfoRequest.newBuilder()
                                .setCollectionName(physical)
                                .build()))
                .getResult();
    }

    private void refuseForeign(String name, String physical, Set<String> collections) {
        String theirs = collections.contains(name)
                ? name
                : collections.contains(physical) && !collections.contains(physical + HEADS) ? physical : null;
        if (theirs != null) {
            throw IndexException.refused("""
                    Qdrant at %s has a collection '%s' that Freshet did not make, and leaves alone. Give the collection \
                    another name in the configuration, or remove or rename the one that is there""".formatted(connection.server(), theirs));
        }
    }

    private void createHeads(String name) {
        var request = CreateCollection.newBuilder().setCollectionName(name).setOnDiskPayload(true);
        spread(request);
        create(request.build());
        indexHeads(name, Heads.MAPPING, FieldType.FieldTypeKeyword);
        indexHeads(name, Heads.STAMP, FieldType.FieldTypeKeyword);
        indexHeads(name, Heads.REMOVED, FieldType.FieldTypeBool);
        for (String field : List.of(Heads.REMOVED_AT, Fence.EPOCH, Fence.COMMIT, Fence.OFFSET)) {
            indexHeads(name, field, FieldType.FieldTypeInteger);
        }
    }

    private void indexHeads(String name, String field, FieldType type) {
        var index = CreateFieldIndexCollection.newBuilder()
                .setCollectionName(name)
                .setFieldName(field)
                .setFieldType(type)
                .setWait(true)
                .build();
        connection.points("index the heads in " + name, points -> points.createFieldIndex(index));
    }

    private void createChunks(String name, int dimension, boolean words) {
        QdrantCollectionConfig wanted = config.collection();
        var vectors = VectorParams.newBuilder()
                .setSize(dimension)
                .setDistance(distance())
                .setOnDisk(wanted.onDisk());
        var request = CreateCollection.newBuilder()
                .setCollectionName(name)
                .setOnDiskPayload(true)
                .setVectorsConfig(VectorsConfig.newBuilder().setParams(vectors));
        if (words) {
            request.setSparseVectorsConfig(SparseVectorConfig.newBuilder()
                    .putMap(
                            WordVectors.NAME,
                            SparseVectorParams.newBuilder()
                                    .setModifier(Modifier.Idf)
                                    .build()));
        }
        if (wanted.hnswM() > 0 || wanted.hnswEfConstruct() > 0) {
            var hnsw = HnswConfigDiff.newBuilder();
            if (wanted.hnswM() > 0) {
                hnsw.setM(wanted.hnswM());
            }
            if (wanted.hnswEfConstruct() > 0) {
                hnsw.setEfConstruct(wanted.hnswEfConstruct());
            }
            request.setHnswConfig(hnsw);
        }
        switch (wanted.quantization()) {
            case NONE -> {}
            case SCALAR ->
                request.setQuantizationConfig(QuantizationConfig.newBuilder()
                        .setScalar(ScalarQuantization.newBuilder().setType(QuantizationType.Int8)));
            case BINARY ->
                request.setQuantizationConfig(
                        QuantizationConfig.newBuilder().setBinary(BinaryQuantization.getDefaultInstance()));
        }
        spread(request);
        create(request.build());
    }

    private void spread(CreateCollection.Builder request) {
        if (config.collection().shards() > 0) {
            request.setShardNumber(config.collection().shards());
        }
        if (config.collection().replication() > 0) {
            request.setReplicationFactor(config.collection().replication());
        }
    }

    private void create(CreateCollection request) {
        connection.collections("create collection " + request.getCollectionName(), stub -> stub.create(request));
    }

    private void delete(String physical) {
        connection.collections(
                "remove collection " + physical,
                stub -> stub.delete(DeleteCollection.newBuilder()
                        .setCollectionName(physical)
                        .build()));
    }

    private void alias(String name, String physical) {
        change(AliasOperations.newBuilder()
                .setCreateAlias(CreateAlias.newBuilder().setAliasName(name).setCollectionName(physical))
                .build());
    }

    private void change(AliasOperations operation) {
        connection.collections(
                "change aliases",
                stub -> stub.updateAliases(
                        ChangeAliases.newBuilder().addActions(operation).build()));
    }

    /** Asks the server for words of a text: whether it knows how is not only a matter of its version. */
    private WordVectors words(String physical) {
        if (!connection.hasTypedVectors()) {
            return WordVectors.OWN;
        }
        var question = QueryPoints.newBuilder()
                .setCollectionName(physical)
                .setUsing(WordVectors.NAME)
                .setLimit(1)
                .setQuery(Query.newBuilder()
                        .setNearest(VectorInput.newBuilder()
                                .setDocument(
                                        Document.newBuilder().setText("words").setModel(WordVectors.MODEL))))
                .build();
        try {
            connection.points("rank by words", points -> points.query(question));
            return WordVectors.SERVER;
        } catch (CallFailed e) {
            return switch (e.code()) {
                case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAUTHENTICATED, PERMISSION_DENIED -> throw e;
                default -> WordVectors.OWN;
            };
        }
    }

    private Distance distance() {
        return switch (config.collection().distance()) {
            case COSINE -> Distance.Cosine;
            case DOT -> Distance.Dot;
            case EUCLID -> Distance.Euclid;
        };
    }

    private void check(String name, String physical, Description description, CollectionInfo info) {
        VectorParams vectors = info.getConfig().getParams().getVectorsConfig().getParams();
        if (vectors.getSize() != description.spec().dimension()) {
            throw other(
                    name,
                    physical,
                    vectors.getSize() == 0
                            ? "has no unnamed vector"
                            : "has vectors of %d dimensions instead of %d"
                                    .formatted(
                                            vectors.getSize(),
                                            description.spec().dimension()),
                    null);
        }
        if (vectors.getDistance() != distance()) {
            throw other(
                    name, physical, "compares vectors by " + vectors.getDistance(), "index.qdrant.collection.distance");
        }
        if (description.layout() != config.payload().layout()) {
            throw other(
                    name, physical, "has the payload layout " + description.layout(), "index.qdrant.payload.layout");
        }
        SparseVectorParams words = info.getConfig()
                .getParams()
                .getSparseVectorsConfig()
                .getMapOrDefault(WordVectors.NAME, SparseVectorParams.getDefaultInstance());
        if (description.words() != WordVectors.NONE && words.getModifier() != Modifier.Idf) {
            throw other(name, physical, "has no sparse vector bm25 with the modifier idf", null);
        }
    }

    private IndexException other(String name, String physical, String what, @Nullable String key) {
        return IndexException.refused("""
                Collection '%s' in Qdrant at %s (%s) %s, and is not altered. %sTo build it anew: freshet reset %s \
                --config <file>""".formatted(
                        name,
                        connection.server(),
                        physical,
                        what,
                        key == null ? "" : "Set " + key + " to that, or give the collection another name. ",
                        name));
    }
}
