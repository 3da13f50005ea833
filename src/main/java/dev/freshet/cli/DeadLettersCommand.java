package dev.freshet.cli;

import picocli.CommandLine.Command;

/** {@code freshet deadletters}. */
@Command(
        name = "deadletters",
        description = "Shows documents that could not be processed, has them processed again, or forgets them.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DeadLettersListCommand.class,
            DeadLettersShowCommand.class,
            DeadLettersReplayCommand.class,
            DeadLettersDiscardCommand.class
        })
final class DeadLettersCommand {}
