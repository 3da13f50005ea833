package dev.freshet.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.diagnosis.Problem;
import dev.freshet.source.Server.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a real server in the tests is not: old, a replica, somebody's managed service, full. */
final class ServerTest {

    private static Server server(
            int version, boolean replica, boolean mayReplicate, @Nullable String replicationRole, Usage slots) {
        return new Server(
                version,
                Integer.toString(version / 10_000),
                "ada",
                "app",
                "logical",
                replica,
                mayReplicate,
                replicationRole,
                slots,
                slots,
                -1,
                List.of(),
                Instant.EPOCH,
                Duration.ZERO,
                Duration.ZERO);
    }

    private static List<String> messages(List<Problem> problems) {
        return problems.stream().map(Problem::message).toList();
    }

    @Test
    void aServerThatIsFitHasNoProblems() {
        Server fit = server(170_011, false, true, null, new Usage(10, 9));

        assertThat(fit.problems()).isEmpty();
        assertThat(fit.slotProblems()).isEmpty();
        assertThat(fit.senderProblems()).isEmpty();
    }

    @Test
    void anOldServerAndAReplicaAreNamed() {
        assertThat(messages(server(130_004, true, true, null, new Usage(10, 0)).problems()))
                .hasSize(2)
                .anySatisfy(message -> assertThat(message).contains("PostgreSQL 13; Freshet needs 14 or later"))
                .anySatisfy(message -> assertThat(message).contains("read replica", "Name the primary in source.url"));
    }

    @Test
    void onAManagedServiceAnotherRoleIsGranted() {
        assertThat(messages(server(160_000, false, false, "rds_replication", new Usage(10, 0))
                        .problems()))
                .singleElement()
                .asString()
                .endsWith("GRANT \"rds_replication\" TO \"ada\";");
        assertThat(messages(
                        server(160_000, false, false, null, new Usage(10, 0)).problems()))
                .singleElement()
                .asString()
                .endsWith("ALTER ROLE \"ada\" REPLICATION;");
    }

    @Test
    void aFullServerSaysBySettingWhatHelps() {
        Server full = server(160_000, false, true, null, new Usage(10, 10));

        assertThat(messages(full.slotProblems()).getFirst())
                .contains("all 10 replication slots are in use", "SET max_replication_slots = 15;");
        assertThat(messages(full.senderProblems()).getFirst()).contains("SET max_wal_senders = 15;");
    }
}
