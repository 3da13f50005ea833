package dev.freshet.cli;

import picocli.CommandLine.Command;

/** {@code freshet config}. */
@Command(
        name = "config",
        description = "Checks and shows the configuration.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ConfigCheckCommand.class, ConfigShowCommand.class, ConfigSchemaCommand.class})
final class ConfigCommand {}
