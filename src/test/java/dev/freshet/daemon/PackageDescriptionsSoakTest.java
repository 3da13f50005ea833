package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import dev.freshet.reconcile.Oracle.Findings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * C1 on 60,000 real documents: Debian's package descriptions, changed 10,000 times at random while they are being
 * backfilled and after a restart. Run with {@code mvn verify -Psoak}; needs {@code apt-cache} with package lists.
 */
@Tag("soak")
class PackageDescriptionsSoakTest {

    private static final int DOCUMENTS = 60_000;
    private static final int CHANGES = 10_000;

    @TempDir
    Path folder;

    @Test
    void sixtyThousandDocumentsConvergeAfterTenThousandChanges() throws Exception {
        String url = SharedDatabase.newDatabase();
        try (Connection connection = DriverManager.getConnection(url, "postgres", "")) {
            try (var statement = connection.createStatement()) {
                statement.execute(
                        "CREATE TABLE packages (name text PRIMARY KEY, section text, size bigint, body text)");
            }
            int filled = fill(connection);
            Assumptions.assumeTrue(
                    filled >= DOCUMENTS, "NOT RUN: apt-cache dumpavail gave only " + filled + " packages");
            Daemon daemon = start(url);
            try {
                change(connection, CHANGES / 2, 1);
                daemon.close();
                change(connection, CHANGES / 4, 2);
                daemon = start(url);
                change(connection, CHANGES / 4, 3);
                assertThat(daemon.awaitDrained()).isTrue();
                Findings findings = daemon.oracle().compare(10);
                System.out.printf(
                        "oracle: %d documents, %d chunks, %d differences%n",
                        findings.documents(), findings.chunks(), findings.differences());
                assertThat(findings.examples()).isEmpty();
                assertThat(findings.documents()).isGreaterThan(DOCUMENTS * 9L / 10);
                assertThat(daemon.status().deadLetters()).isZero();
            } finally {
                daemon.close();
            }
        }
    }

    private Daemon start(String url) {
        String name = url.replaceAll(".*/", "");
        return Daemon.start(
                ConfigLoader.parse(
                        """
                        state: %s
                        source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s}
                        mappings:
                          - table: packages
                            collection: packages
                            text: "# {{name}}\\n\\n{{body}}"
                            metadata: [section, size]
                            when: row.section != 'hidden'
                        http: {port: 0}
                        """.formatted(folder.resolve("state"), url, name, name), "soak.yaml", folder, Map.of()),
                config -> new StandInModel().load());
    }

    private static int fill(Connection connection) throws IOException, SQLException {
        int count = 0;
        connection.setAutoCommit(false);
        Process process = new ProcessBuilder("apt-cache", "dumpavail").start();
        try (BufferedReader lines = process.inputReader();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO packages VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            String name = "";
            String section = "";
            long size = 0;
            var body = new StringBuilder();
            for (String line = lines.readLine(); line != null && count < DOCUMENTS; line = lines.readLine()) {
                if (line.startsWith("Package: ")) {
                    name = line.substring(9);
                } else if (line.startsWith("Section: ")) {
                    section = line.substring(9);
                } else if (line.startsWith("Installed-Size: ")) {
                    size = Long.parseLong(line.substring(16));
                } else if (line.startsWith("Description")) {
                    body.append(line.substring(line.indexOf(' ') + 1)).append("\n\n");
                } else if (line.startsWith(" ") || line.startsWith("Depends: ")) {
                    body.append(line.equals(" .") ? "" : line.strip()).append('\n');
                } else if (line.isEmpty() && !name.isEmpty()) {
                    insert.setString(1, name);
                    insert.setString(2, section);
                    insert.setLong(3, size);
                    insert.setString(4, body.toString());
                    count += insert.executeUpdate();
                    body.setLength(0);
                    name = "";
                }
            }
        } finally {
            process.destroy();
        }
        connection.commit();
        connection.setAutoCommit(true);
        return count;
    }

    private static void change(Connection connection, int changes, long seed) throws SQLException {
        var random = new SplittableRandom(seed);
        String some = " WHERE name = (SELECT name FROM packages WHERE name >= ? ORDER BY name LIMIT 1)";
        for (int i = 0; i < changes; i++) {
            String at =
                    "" + (char) ('a' + random.nextInt(26)) + (char) ('a' + random.nextInt(26)) + random.nextInt(100);
            String sql = switch (random.nextInt(8)) {
                case 0 -> "UPDATE packages SET size = size + 1" + some;
                case 1, 2 -> "UPDATE packages SET body = body || E'\\n\\nChanged: ' || md5(random()::text)" + some;
                case 3 -> "UPDATE packages SET body = 'Rewritten ' || md5(random()::text)" + some;
                case 4 -> "UPDATE packages SET name = name || '-' || md5(random()::text)" + some;
                case 5 -> "DELETE FROM packages" + some;
                case 6 -> "UPDATE packages SET section = 'hidden'" + some;
                default -> "INSERT INTO packages VALUES (?, 'new', 1, md5(random()::text)) ON CONFLICT DO NOTHING";
            };
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, at);
                statement.executeUpdate();
            }
        }
    }
}
