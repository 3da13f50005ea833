package dev.freshet.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import dev.freshet.deadletter.DeadLetter;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.deadletter.LetterFilter;
import dev.freshet.pipeline.Schema;
import dev.freshet.pipeline.Target;
import dev.freshet.query.http.SearchRoutes;
import dev.freshet.reindex.Replay;
import dev.freshet.source.Table;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks through the dead letters, has their rows processed again, and throws letters away. */
public final class LetterDesk {

    /** So many rows are read again together, whatever their size. */
    private static final int PAGE = 16;

    /** Whoever asks over HTTP does not wait longer. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final DeadLetters letters;
    private final Tables tables;
    private final Schema schema;
    private final Replay replay;

    LetterDesk(DeadLetters letters, Tables tables, Schema schema, Replay replay) {
        this.letters = letters;
        this.tables = tables;
        this.schema = schema;
        this.replay = replay;
    }

    /** Names a letter: the document that is parked. */
    record LetterId(String mapping, String key) {}

    /**
     * Letters, as callers get them in JSON; keys stay, new ones may come.
     *
     * @param schema version of this form
     * @param total how many there are in all
     * @param matching how many are meant; {@code letters} may be fewer
     * @param byMapping how many of those are of each mapping
     * @param byStage how many of those failed in each stage
     * @param letters themselves, oldest first
     */
    record Listing(
            int schema,
            int total,
            int matching,
            Map<String, Long> byMapping,
            Map<String, Long> byStage,
            List<DeadLetter> letters) {

        static Listing of(List<DeadLetter> all, LetterFilter filter, int limit) {
            Instant now = Instant.now();
            List<DeadLetter> meant =
                    all.stream().filter(letter -> filter.matches(letter, now)).toList();
            return new Listing(
                    1,
                    all.size(),
                    meant.size(),
                    counts(meant, DeadLetter::mapping),
                    counts(meant, DeadLetter::stage),
                    meant.stream().limit(limit).toList());
        }

        private static Map<String, Long> counts(List<DeadLetter> letters, Function<DeadLetter, String> by) {
            return letters.stream().collect(Collectors.groupingBy(by, TreeMap::new, Collectors.counting()));
        }
    }

    /**
     * What became of a letter that was replayed.
     *
     * @param outcome {@code replayed}, {@code removed} (the row is gone, and its document with it), {@code failing},
     *     {@code overtaken} (a change of the row came meanwhile and decides), {@code waiting}, {@code not-read} (the log did
     *     not move), {@code impossible} or {@code unknown}
     * @param error why it is not replayed
     */
    record Result(
            String mapping,
            String key,
            String outcome,
            @Nullable String error) {}

    Listing list(LetterFilter filter, int limit) {
        return Listing.of(letters.all(), filter, limit);
    }

    /**
     * What the state folder of a daemon that does not run holds, as that would answer.
     *
     * @param filters as parameters of {@code GET /v1/dead-letters}
     * @throws StartupException if there is no such folder, or a daemon has it
     */
    public static JsonNode listOffline(Path folder, Map<String, String> filters, int limit) {
        if (!Files.isDirectory(folder)) {
            throw new StartupException(
                    "there is no state folder " + folder.toAbsolutePath().normalize()
                            + ": give --state as the key state of the configuration says");
        }
        try (StateFolder state = StateFolder.lock(folder)) {
            return SearchRoutes.JSON.valueToTree(
                    Listing.of(DeadLetters.read(state.deadLetters()), LetterRoutes.filter(filters::get), limit));
        }
    }

    /** Throws letters away; returns how many there were. */
    int discard(List<LetterId> ids) {
        return (int) ids.stream()
                .filter(id -> letters.discard(id.mapping(), id.key()))
                .count();
    }

    /** Reads the rows of letters again and processes them as they are now. */
    List<Result> replay(List<LetterId> ids) throws InterruptedException {
        var results = new ArrayList<Result>();
        var byTable = new LinkedHashMap<Table, List<DeadLetter>>();
        for (LetterId id : ids) {
            DeadLetter letter = letters.of(id.mapping(), id.key()).orElse(null);
            Table table = letter == null ? null : table(letter);
            if (letter == null) {
                results.add(new Result(id.mapping(), id.key(), "unknown", "there is no such dead letter"));
            } else if (table == null) {
                results.add(new Result(
                        id.mapping(),
                        id.key(),
                        "impossible",
                        "the configuration has no mapping '%s' of table %s any more: discard the letter"
                                .formatted(id.mapping(), letter.event().table())));
            } else if (schema.isPaused(id.mapping())) {
                results.add(new Result(
                        id.mapping(),
                        id.key(),
                        "impossible",
                        "mapping '%s' is paused (freshet status says why); its rows are read again when that is over"
                                .formatted(id.mapping())));
            } else {
                byTable.computeIfAbsent(table, its -> new ArrayList<>()).add(letter);
            }
        }
        for (Map.Entry<Table, List<DeadLetter>> entry : byTable.entrySet()) {
            List<DeadLetter> its = entry.getValue();
            for (int from = 0; from < its.size(); from += PAGE) {
                results.addAll(replay(entry.getKey(), its.subList(from, Math.min(its.size(), from + PAGE))));
            }
        }
        return results;
    }

    private @Nullable Table table(DeadLetter letter) {
        TableId id = TableId.parse(letter.event().table());
        List<Target> targets = tables.targets().getOrDefault(id, List.of());
        return targets.stream().anyMatch(target -> target.mapping().name().equals(letter.mapping()))
                ? tables.captured().of(id)
                : null;
    }

    private List<Result> replay(Table table, List<DeadLetter> page) throws InterruptedException {
        var keys = new LinkedHashMap<DeadLetter, RowKey>();
        page.forEach(letter -> keys.put(letter, table.key(letter.row())));
        Map<RowKey, Replay.Outcome> outcomes = replay.replay(table, keys.values(), PATIENCE);
        return keys.entrySet().stream()
                .map(entry -> result(entry.getKey(), outcomes.getOrDefault(entry.getValue(), Replay.Outcome.NOT_READ)))
                .toList();
    }

    private Result result(DeadLetter before, Replay.Outcome outcome) {
        DeadLetter after = letters.of(before.mapping(), before.row()).orElse(null);
        if (after != null && after.attempts() > before.attempts()) {
            return result(before, "failing", after.stage() + ": " + after.error());
        }
        return switch (outcome) {
            case PROCESSED -> result(before, "replayed", null);
            case GONE -> result(before, "removed", null);
            case OVERTAKEN -> result(before, after == null ? "replayed" : "overtaken", null);
            case WAITING ->
                result(before, "waiting", "not done after %d s; it goes on by itself".formatted(PATIENCE.toSeconds()));
            case NOT_READ ->
                result(before, "not-read", "the daemon is not connected to the log, or is too busy: try again");
        };
    }

    private static Result result(DeadLetter letter, String outcome, @Nullable String error) {
        return new Result(letter.mapping(), letter.row(), outcome, error);
    }
}
