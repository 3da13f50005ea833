package dev.freshet.source.debezium;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Where capture may go on from. Debezium goes on behind a position, and several events can share one: the delete and the
 * create that a change of a key comes as, and the rows of one page that a COPY wrote. A checkpoint between them would lose
 * the rest. Not thread-safe: it remembers the end of the batch before, of which nobody knows whether it goes on.
 */
final class RestartPoints {

    /** On the delete of a change of a key; the create with the new one follows. */
    private static final String NEW_KEY = "__debezium.newkey";

    private static final String POSITION = "lsn";
    private static final String SNAPSHOT = "snapshot";

    /** The last record so far, if the next batch may bring another of its position. */
    private @Nullable SourceRecord open;

    /** The last point so far. */
    private Optional<Map<String, ?>> point = Optional.empty();

    /**
     * For each record the offset to go on from when it and all before it are durable: its own, or that of the last
     * record of an earlier position. Empty where there is none yet.
     *
     * @param records a batch, in the order of the log, right behind the one before
     */
    List<Optional<Map<String, ?>>> of(List<SourceRecord> records) {
        var points = new ArrayList<Optional<Map<String, ?>>>(records.size());
        if (open != null && !Objects.equals(position(open), position(records.getFirst()))) {
            point = Optional.of(open.sourceOffset());
        }
        for (int i = 0; i < records.size(); i++) {
            if (isLastOfItsPosition(records, i)) {
                point = Optional.of(records.get(i).sourceOffset());
            }
            points.add(point);
        }
        SourceRecord last = records.getLast();
        open = mayGoOn(last) ? last : null;
        return points;
    }

    private static boolean isLastOfItsPosition(List<SourceRecord> records, int place) {
        SourceRecord record = records.get(place);
        if (record.headers().lastWithName(NEW_KEY) != null) {
            return false;
        }
        return place == records.size() - 1
                ? !mayGoOn(record)
                : !Objects.equals(position(record), position(records.get(place + 1)));
    }

    /** Only inserts come several to a position, and a change of a key ends with one. */
    private static boolean mayGoOn(SourceRecord record) {
        return record.value() instanceof Struct value
                && value.schema().field("op") != null
                && "c".equals(value.getString("op"))
                && !record.sourceOffset().containsKey(SNAPSHOT);
    }

    /** While it reads a snapshot, all rows stand at one place in the log, and it goes on by other marks. */
    private static Object position(SourceRecord record) {
        Map<String, ?> offset = record.sourceOffset();
        Object position = offset.containsKey(SNAPSHOT) ? null : offset.get(POSITION);
        return position == null ? offset : position;
    }
}
