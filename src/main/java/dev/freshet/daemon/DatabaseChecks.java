package dev.freshet.daemon;

import dev.freshet.change.TableId;
import dev.freshet.config.SourceConfig;
import dev.freshet.diagnosis.Check;
import dev.freshet.diagnosis.Check.Seen;
import dev.freshet.diagnosis.Problem;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.PublicationState;
import dev.freshet.source.Server;
import dev.freshet.source.Slot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What is looked at in the source database. */
final class DatabaseChecks implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration TOLERATED_SKEW = Duration.ofSeconds(2);
    private static final long LITTLE_LOG_MEGABYTES = 1024;

    private final Patient patient;
    private final ConcurrentLinkedQueue<PostgresDatabase> connected = new ConcurrentLinkedQueue<>();

    DatabaseChecks(Patient patient) {
        this.patient = patient;
    }

    List<Check> all() {
        return List.of(
                new Check("database", List.of(Doctor.CONFIGURATION), this::database),
                new Check(
                        "version",
                        List.of("database"),
                        () -> server(
                                patient.server().versionProblems(),
                                patient.server().release())),
                new Check(
                        "primary",
                        List.of("database"),
                        () -> server(patient.server().primaryProblems(), "not a read replica")),
                new Check(
                        "wal_level",
                        List.of("database"),
                        () -> server(patient.server().walLevelProblems(), "logical")),
                new Check(
                        "types",
                        List.of("database"),
                        () -> server(patient.server().typeProblems(), "all can be read")),
                new Check("slot", List.of("primary"), this::slot),
                new Check("log kept", List.of("primary"), this::retention),
                new Check("replication", List.of("database"), this::replication),
                new Check("clock", List.of("database"), this::clock),
                new Check("tables", List.of("database"), this::tables),
                new Check("publication", List.of("tables"), this::publication),
                new Check("rows", List.of("tables"), this::rows));
    }

    private Seen database() {
        SourceConfig source = patient.config().source();
        var database = new PostgresDatabase(
                source.url(), source.user(), source.password().value(), PATIENCE);
        connected.add(database);
        Server server = database.server();
        patient.database(database, server);
        return Seen.well("PostgreSQL %s, database %s as %s, %d ms away"
                .formatted(
                        server.release(),
                        server.database(),
                        server.user(),
                        server.roundTrip().toMillis()));
    }

    private static Seen server(List<Problem> problems, String otherwise) {
        return Seen.unless(problems, otherwise);
    }

    private Seen slot() {
        String name = patient.config().source().slot();
        Path state = patient.config().state();
        var continuity = new Continuity(
                patient.database(), name, StateFolder.offsets(state), new SourceLog(StateFolder.sourceLog(state)));
        List<Problem> problems =
                Preflight.slotProblems(patient.config(), patient.database(), patient.server(), continuity);
        if (!problems.isEmpty()) {
            return Seen.unless(problems, "");
        }
        Slot slot = patient.database().slot(name);
        if (!slot.exists()) {
            Server.Usage slots = patient.server().slots();
            return Seen.well("%s is not there yet; the start makes it (%d of %d slots are in use)"
                    .formatted(name, slots.used(), slots.most()));
        }
        String found = "%s is free, %s of log are kept for it".formatted(name, bytes(slot.retainedBytes()));
        return slot.endangered()
                ? Seen.warning(
                        found,
                        Problem.of(
                                "the server may remove log that the slot needs at any time (wal_status is unreserved)",
                                "Start Freshet soon, or have more log kept",
                                keep("50GB"),
                                "SELECT pg_reload_conf();"))
                : Seen.well(found);
    }

    private Seen retention() {
        long megabytes = patient.server().keepMegabytes();
        if (megabytes < 0) {
            return Seen.warning(
                    "max_slot_wal_keep_size is not set",
                    Problem.of(
                            "while Freshet is away the server keeps log for it until the disk is full",
                            "Set a limit that you can afford, past which the index would have to be built anew",
                            keep("10GB"),
                            "SELECT pg_reload_conf();"));
        }
        String found = "the server keeps up to %s of log while Freshet is away".formatted(bytes(megabytes << 20));
        return megabytes < LITTLE_LOG_MEGABYTES
                ? Seen.warning(
                        found,
                        Problem.of(
                                "when more than that is written while Freshet is away, its slot is lost and the index must be"
                                        + " built anew",
                                "Set a limit that lasts for an outage",
                                keep("10GB"),
                                "SELECT pg_reload_conf();"))
                : Seen.well(found);
    }

    private static String keep(String size) {
        return "ALTER SYSTEM SET max_slot_wal_keep_size = '" + size + "';";
    }

    private Seen replication() {
        Server server = patient.server();
        List<Problem> problems = server.privilegeProblems();
        if (problems.isEmpty() && server.senderProblems().isEmpty()) {
            patient.database().tryReplication();
        }
        return Seen.unless(
                problems,
                "user %s may replicate, and a replication connection was made (%d of %d were in use)"
                        .formatted(
                                server.user(),
                                server.senders().used(),
                                server.senders().most()));
    }

    private Seen clock() {
        Duration ahead = patient.server().ahead();
        String found = "the server's clock is %d ms %s ours"
                .formatted(ahead.abs().toMillis(), ahead.isNegative() ? "behind" : "ahead of");
        return ahead.abs().compareTo(TOLERATED_SKEW) > 0
                ? Seen.warning(
                        found,
                        Problem.of(
                                "lag and freshness compare the server's time of commit with our clock, and will be off by as"
                                        + " much",
                                "Have both follow a time server (NTP)"))
                : Seen.well(found);
    }

    private Seen tables() {
        Tables tables = Tables.inspect(patient.config(), patient.database());
        patient.tables(tables);
        return Seen.unless(
                tables.problems(),
                "%s: columns, primary keys, replica identity, privileges"
                        .formatted(String.join(
                                ", ",
                                tables.tables().keySet().stream()
                                        .map(TableId::toString)
                                        .sorted()
                                        .toList())));
    }

    private Seen publication() {
        PublicationState state = patient.database()
                .publication(
                        patient.config().source().publication(),
                        patient.tables().tables().keySet());
        if (state.problem() != null) {
            return Seen.failure(state.problem());
        }
        return state.warning() == null ? Seen.well(state.found()) : Seen.warning(state.found(), state.warning());
    }

    private Seen rows() {
        MappingTrial trial = MappingTrial.of(patient.tables(), patient.database());
        return new Seen(String.join("; ", trial.found()), trial.failures(), trial.warnings());
    }

    static String bytes(long bytes) {
        if (bytes < 10L << 10) {
            return bytes + " B";
        }
        if (bytes < 10L << 20) {
            return (bytes >> 10) + " KiB";
        }
        return bytes < 10L << 30 ? (bytes >> 20) + " MiB" : (bytes >> 30) + " GiB";
    }

    /** Does not wait for a question that has had no answer. */
    @Override
    public void close() {
        connected.forEach(
                database -> Thread.ofVirtual().name("freshet-check-close").start(database::close));
    }
}
