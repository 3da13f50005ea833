package dev.freshet.index.qdrant;

import dev.freshet.change.Version;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.FieldCondition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.HasIdCondition;
import io.qdrant.client.grpc.Common.Match;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.Common.RepeatedStrings;
import io.qdrant.client.grpc.JsonWithInt.Value;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The version of a point in its payload, and conditions on it, so that the server itself keeps an older write from
 * replacing or deleting what a newer one wrote.
 *
 * <p>Numbers are compared as doubles there, which are exact up to 2<sup>53</sup>: 8 PiB of log.
 */
final class Fence {

    static final String EPOCH = "freshet_epoch";
    static final String COMMIT = "freshet_commit";
    static final String OFFSET = "freshet_offset";

    /** All that a version takes. */
    static final List<String> FIELDS = List.of(EPOCH, COMMIT, OFFSET);

    private final UnaryOperator<String> path;

    /** @param path where a field of this name stands in the payload */
    Fence(UnaryOperator<String> path) {
        this.path = path;
    }

    static Map<String, Value> fields(Version version) {
        return Map.of(
                EPOCH, Values.of(version.epoch()),
                COMMIT, Values.of(version.commit()),
                OFFSET, Values.of(version.offset()));
    }

    /** The version in such fields; {@link Version#NONE} where there are none. */
    static Version version(Map<String, Value> fields) {
        return new Version((int) number(fields, EPOCH), number(fields, COMMIT), number(fields, OFFSET));
    }

    private static long number(Map<String, Value> fields, String name) {
        return fields.getOrDefault(name, Value.getDefaultInstance()).getIntegerValue();
    }

    /** Points that are not newer than the version. */
    Filter notNewerThan(Version version) {
        return until(version, Range.newBuilder().setLte((double) version.offset()));
    }

    /** Points that are older than the version. */
    Filter olderThan(Version version) {
        return until(version, Range.newBuilder().setLt((double) version.offset()));
    }

    private Filter until(Version version, Range.Builder offset) {
        Condition sameEpoch = equal(EPOCH, version.epoch());
        return Filter.newBuilder()
                .addShould(below(EPOCH, version.epoch()))
                .addShould(all(sameEpoch, below(COMMIT, version.commit())))
                .addShould(all(sameEpoch, equal(COMMIT, version.commit()), range(OFFSET, offset)))
                .build();
    }

    /** Those of the points that are not newer than the version. */
    Filter notNewerThan(Version version, Collection<String> ids) {
        return notNewerThan(version).toBuilder().addMust(hasId(ids)).build();
    }

    private Condition below(String field, long bound) {
        return range(field, Range.newBuilder().setLt((double) bound));
    }

    private Condition range(String field, Range.Builder range) {
        return Condition.newBuilder()
                .setField(FieldCondition.newBuilder().setKey(path.apply(field)).setRange(range))
                .build();
    }

    private Condition equal(String field, long value) {
        return Condition.newBuilder()
                .setField(FieldCondition.newBuilder()
                        .setKey(path.apply(field))
                        .setMatch(Match.newBuilder().setInteger(value)))
                .build();
    }

    private static Condition all(Condition... conditions) {
        return Condition.newBuilder()
                .setFilter(Filter.newBuilder().addAllMust(List.of(conditions)))
                .build();
    }

    static Condition hasId(Collection<String> ids) {
        var condition = HasIdCondition.newBuilder();
        ids.forEach(id -> condition.addHasId(Ids.point(id)));
        return Condition.newBuilder().setHasId(condition).build();
    }

    static Condition keywords(String field, Collection<String> values) {
        return Condition.newBuilder()
                .setField(FieldCondition.newBuilder()
                        .setKey(field)
                        .setMatch(Match.newBuilder()
                                .setKeywords(RepeatedStrings.newBuilder().addAllStrings(values))))
                .build();
    }

    static Condition flag(String field) {
        return Condition.newBuilder()
                .setField(FieldCondition.newBuilder()
                        .setKey(field)
                        .setMatch(Match.newBuilder().setBoolean(true)))
                .build();
    }

    static Condition atMost(String field, long bound) {
        return Condition.newBuilder()
                .setField(FieldCondition.newBuilder()
                        .setKey(field)
                        .setRange(Range.newBuilder().setLte((double) bound)))
                .build();
    }
}
