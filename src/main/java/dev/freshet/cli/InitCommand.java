package dev.freshet.cli;

import dev.freshet.daemon.Doctor;
import dev.freshet.proposal.ConfigurationDraft;
import dev.freshet.proposal.SurveyedTable;
import dev.freshet.source.PostgresDatabase;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet init}. */
@Command(
        name = "init",
        description = {
            "Writes a configuration for a database: looks at its tables, proposes which columns are text, metadata and tenant,"
                    + " and checks the result with the doctor.",
            "Asks for what is not given. Changes nothing in the database."
        },
        mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FIRST_PORT = 7070;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--url",
            paramLabel = "<url>",
            description = "the database: jdbc:postgresql://host:port/database, or postgres://user@host:port/database")
    private String url = "";

    @Option(names = "--user", paramLabel = "<user>", description = "the database role that Freshet is to use")
    private String user = "";

    @Option(
            names = "--password-env",
            paramLabel = "<variable>",
            description = {
                "the environment variable with the role's password, which is named in the configuration; the password itself is"
                        + " never written (default: ${DEFAULT-VALUE})"
            },
            defaultValue = "FRESHET_DB_PASSWORD")
    private String passwordVariable = "FRESHET_DB_PASSWORD";

    @Option(
            names = "--table",
            paramLabel = "<table>",
            description = "a table to map, with its schema or without; may be given again")
    private List<String> tables = new ArrayList<>();

    @Option(
            names = "--collection",
            paramLabel = "<name>",
            description = "the collection of the documents (default: named like the database)")
    private String collection = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "<file>",
            description = "what to write (default: ${DEFAULT-VALUE})",
            defaultValue = "freshet.yaml")
    private Path output = Path.of("freshet.yaml");

    @Option(names = "--yes", description = "do not ask, take what is proposed")
    private boolean yes;

    @Option(names = "--force", description = "overwrite the file if it is there")
    private boolean force;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        var questions = new Questions(out, yes);
        checkOutput(questions);
        DatabaseAddress address = address(questions);
        Map<String, String> environment = environment(address, questions);
        ConfigurationDraft draft;
        try (var database = new PostgresDatabase(
                address.url(), address.user(), environment.getOrDefault(passwordVariable, ""), PATIENCE)) {
            out.printf("Looking at the tables of %s …%n%n", database.server().database());
            out.flush();
            List<SurveyedTable> chosen = choose(SurveyedTable.all(database), out, questions);
            draft = draft(database, address, chosen, questions);
        }
        write(draft.render());
        out.printf("%nWrote %s. Checking it:%n%n", output);
        out.flush();
        return check(environment, draft.tables().getFirst().name(), out);
    }

    private void checkOutput(Questions questions) {
        if (Files.exists(output) && !force && !questions.confirm(output + " is there already. Overwrite it?")) {
            throw new CommandFailure(
                    output + " is there already and was left as it is. Name another with --output, or give --force");
        }
    }

    private DatabaseAddress address(Questions questions) {
        String given = url.isEmpty()
                ? questions.text("Database URL", "jdbc:postgresql://localhost:5432/postgres", "--url")
                : url;
        DatabaseAddress address = DatabaseAddress.parse(given);
        String role = user.isEmpty() ? address.user() : user;
        return address.as(role.isEmpty() ? questions.text("Role", "freshet", "--user") : role);
    }

    /** The environment with the password in it, from wherever it comes, for what this process does itself. */
    private Map<String, String> environment(DatabaseAddress address, Questions questions) {
        var environment = new HashMap<>(System.getenv());
        if (!environment.getOrDefault(passwordVariable, "").isEmpty()) {
            return environment;
        }
        @Nullable String password = address.password();
        if (password == null) {
            password = questions.password("Password of " + address.user() + " (used now, not written)");
        }
        if (password == null) {
            throw new CommandFailure(
                    "the environment has no " + passwordVariable + " with the password of " + address.user()
                            + ": export " + passwordVariable + "='...', or name another variable with --password-env");
        }
        // A server that asks for no password does not mind one.
        environment.put(passwordVariable, password.isEmpty() ? "none" : password);
        return environment;
    }

    private List<SurveyedTable> choose(List<SurveyedTable> all, PrintWriter out, Questions questions) {
        if (all.isEmpty()) {
            throw new CommandFailure("there are no tables that this role may see. Is it the right database?");
        }
        for (int i = 0; i < all.size(); i++) {
            SurveyedTable table = all.get(i);
            out.printf(
                    "  %s %2d  %-34s %,9d rows  %s%n",
                    table.isWorthwhile() ? "*" : " ", i + 1, table.name(), table.rows(), table.summary());
        }
        out.println();
        List<SurveyedTable> proposed =
                all.stream().filter(SurveyedTable::isWorthwhile).toList();
        List<String> names = tables;
        if (names.isEmpty()) {
            String numbers = String.join(
                    ", ",
                    IntStream.range(0, all.size())
                            .filter(i -> all.get(i).isWorthwhile())
                            .mapToObj(i -> Integer.toString(i + 1))
                            .toList());
            if (yes && proposed.isEmpty()) {
                throw new CommandFailure("no table has text that stands out. Name those you want with --table");
            }
            String answer = questions.text("Tables to map, by number or name, with commas between", numbers, "--table");
            names = Stream.of(answer.split(",")).map(String::strip).toList();
        }
        return names.stream().map(name -> find(name, all)).distinct().toList();
    }

    private static SurveyedTable find(String name, List<SurveyedTable> all) {
        if (name.matches("\\d{1,5}") && Integer.parseInt(name) >= 1 && Integer.parseInt(name) <= all.size()) {
            return usable(all.get(Integer.parseInt(name) - 1));
        }
        List<SurveyedTable> matching =
                all.stream().filter(table -> table.isCalled(name)).toList();
        if (matching.size() != 1) {
            throw new CommandFailure("there %s table '%s'; there are %s"
                    .formatted(
                            matching.isEmpty() ? "is no" : "is more than one",
                            name,
                            String.join(
                                    ", ",
                                    (matching.isEmpty() ? all : matching)
                                            .stream().map(SurveyedTable::name).toList())));
        }
        return usable(matching.getFirst());
    }

    private static SurveyedTable usable(SurveyedTable table) {
        if (table.canBeMapped()) {
            return table;
        }
        throw new CommandFailure(
                table.problem() == null
                        ? "table " + table.name() + " has no text to be read"
                        : table.problem().message());
    }

    private ConfigurationDraft draft(
            PostgresDatabase database, DatabaseAddress address, List<SurveyedTable> chosen, Questions questions) {
        String name = plain(database.server().database());
        String into = collection.isEmpty() ? questions.text("Collection", name, "--collection") : collection;
        if (!into.matches("[a-z0-9_-]+")) {
            throw new CommandFailure(
                    "a collection's name is made of lower-case letters, digits, _ and -, not '" + into + "'");
        }
        return new ConfigurationDraft(
                address.url(),
                address.user(),
                passwordVariable,
                // Slots are named server-wide.
                database.slot("freshet").exists() ? "freshet_" + name.replace('-', '_') : "freshet",
                into,
                Files.exists(Path.of("state")) ? "./state-" + name : "./state",
                freePort(),
                chosen);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "_");
    }

    private static int freePort() {
        return IntStream.range(FIRST_PORT, FIRST_PORT + 20)
                .filter(InitCommand::isFree)
                .findFirst()
                .orElse(FIRST_PORT);
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    private void write(String draft) {
        try {
            Path folder = output.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(output, draft, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CommandFailure("cannot write " + output + ": " + e);
        }
    }

    private int check(Map<String, String> environment, String example, PrintWriter out) {
        long start = System.nanoTime();
        var report = new DoctorReport(Doctor.examine(output, environment), (System.nanoTime() - start) / 1_000_000);
        report.print(out);
        boolean exported = System.getenv(passwordVariable) != null;
        out.printf(
                "%nNext:%n%s%s  freshet preview %s --config %s   shows what becomes of a row%n"
                        + "  freshet run --config %s   runs it%n",
                exported ? "" : "  export " + passwordVariable + "='<the password>'%n".formatted(),
                report.isWell()
                        ? ""
                        : "  freshet doctor --config " + output + "   after what failed is mended%n".formatted(),
                example,
                output,
                output);
        out.flush();
        return report.isWell() ? 0 : 1;
    }
}
