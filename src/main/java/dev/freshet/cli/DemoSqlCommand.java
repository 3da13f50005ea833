package dev.freshet.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet demo sql}: a statement to the demo's database, so that no client is needed. */
@Command(name = "sql", description = "Runs an SQL statement in the demo's database.", mixinStandardHelpOptions = true)
final class DemoSqlCommand implements Callable<Integer> {

    private static final int WIDEST = 60;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "<statement>", description = "such as: \"select id, title from articles limit 5\"")
    private String statement = "";

    @Option(
            names = "--state",
            paramLabel = "<folder>",
            description = "the demo's folder (default: ${DEFAULT-VALUE})",
            defaultValue = "${sys:user.home}/.freshet/demo")
    private Path state = Path.of(".");

    @Override
    public Integer call() {
        String url = DemoCommand.jdbcUrl(state);
        PrintWriter out = spec.commandLine().getOut();
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                var sql = connection.createStatement()) {
            if (sql.execute(statement)) {
                print(sql.getResultSet(), out);
            } else {
                out.printf("%d rows changed%n", sql.getUpdateCount());
            }
        } catch (SQLException e) {
            throw new CommandFailure(String.valueOf(e.getMessage())
                    + ("08001".equals(e.getSQLState()) ? " Start the demo with: freshet demo" : ""));
        }
        out.flush();
        return 0;
    }

    private static void print(ResultSet rows, PrintWriter out) throws SQLException {
        int columns = rows.getMetaData().getColumnCount();
        var names = new ArrayList<String>();
        for (int i = 1; i <= columns; i++) {
            names.add(rows.getMetaData().getColumnLabel(i));
        }
        out.println(String.join(" | ", names));
        int count = 0;
        while (rows.next()) {
            List<String> values = new ArrayList<>();
            for (int i = 1; i <= columns; i++) {
                values.add(excerpt(rows.getString(i)));
            }
            out.println(String.join(" | ", values));
            count++;
        }
        out.printf("(%d rows)%n", count);
    }

    private static String excerpt(@Nullable String value) {
        if (value == null) {
            return "";
        }
        String line = value.replaceAll("\\s+", " ");
        return line.length() <= WIDEST ? line : line.substring(0, WIDEST) + "…";
    }
}
