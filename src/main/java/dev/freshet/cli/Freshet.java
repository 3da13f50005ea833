package dev.freshet.cli;

import dev.freshet.config.ConfigException;
import dev.freshet.diagnosis.ProblemException;
import dev.freshet.index.IndexException;
import java.io.UncheckedIOException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The program. */
@Command(
        name = "freshet",
        description = "Keeps a vector index true to a database, in real time.",
        mixinStandardHelpOptions = true,
        versionProvider = Freshet.Version.class,
        sortOptions = false,
        subcommands = {
            DemoCommand.class,
            InitCommand.class,
            DoctorCommand.class,
            ConfigCommand.class,
            PreviewCommand.class,
            RunCommand.class,
            SearchCommand.class,
            StatusCommand.class,
            ExplainCommand.class,
            ReindexCommand.class,
            DeadLettersCommand.class,
            ResetCommand.class,
            ResyncCommand.class,
            BenchCommand.class,
        })
public final class Freshet {

    /** Lucene logs with the JDK's logger, which is held here so that its level is not collected with it. */
    private static final Logger LUCENE = Logger.getLogger("org.apache.lucene");

    private Freshet() {}

    /** Runs a command; the exit status is 0 on success, 1 on failure, 2 when the command line is wrong. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** Runs a command and returns its exit status. */
    static int run(String... arguments) {
        LUCENE.setLevel(Level.SEVERE);
        // Logging is started by one thread: when several do it at once, SLF4J complains on the terminal.
        LoggerFactory.getILoggerFactory();
        return new CommandLine(new Freshet())
                .setExecutionExceptionHandler(Freshet::explain)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
    }

    private static int explain(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
        if (failure instanceof ConfigException
                || failure instanceof ProblemException
                || failure instanceof IndexException
                || failure instanceof UncheckedIOException
                || failure instanceof CommandFailure) {
            command.getErr().println("freshet: " + failure.getMessage());
            return 1;
        }
        throw failure;
    }

    /** The version the jar was built as. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Freshet.class.getPackage().getImplementationVersion();
            return new String[] {"freshet " + (version == null ? "(not packaged)" : version)};
        }
    }
}
