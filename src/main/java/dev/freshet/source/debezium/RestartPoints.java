package dev.freshet.source.debezium;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Where capture may go on from. Debezium goes on behind a position, and several events can share one: the delete and the
 * create that a change of a key comes as, and the rows of one COPY. A checkpoint between them would lose the rest.
 */
final class RestartPoints {

    /** On the delete of a change of a key; the create with the new one follows. */
    private static final String NEW_KEY = "__debezium.newkey";

    private static final String POSITION = "lsn";
    private static final String SNAPSHOT = "snapshot";

    private RestartPoints() {}

    /**
     * For each record the offset to go on from when it and all before it are durable: its own, or that of the last
     * record of an earlier position. Empty where the batch has none yet.
     */
    static List<Optional<Map<String, ?>>> of(List<SourceRecord> records) {
        var points = new ArrayList<Optional<Map<String, ?>>>(records.size());
        Optional<Map<String, ?>> point = Optional.empty();
        for (int i = 0; i < records.size(); i++) {
            if (isLastOfItsPosition(records, i)) {
                point = Optional.of(records.get(i).sourceOffset());
            }
            points.add(point);
        }
        return points;
    }

    private static boolean isLastOfItsPosition(List<SourceRecord> records, int place) {
        SourceRecord record = records.get(place);
        if (record.headers().lastWithName(NEW_KEY) != null) {
            return false;
        }
        return place == records.size() - 1 || !Objects.equals(position(record), position(records.get(place + 1)));
    }

    /** While it reads a snapshot, all rows stand at one place in the log, and it goes on by other marks. */
    private static Object position(SourceRecord record) {
        Map<String, ?> offset = record.sourceOffset();
        Object position = offset.containsKey(SNAPSHOT) ? null : offset.get(POSITION);
        return position == null ? offset : position;
    }
}
