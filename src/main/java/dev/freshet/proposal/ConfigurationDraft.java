package dev.freshet.proposal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The text of a configuration, with comments for whoever reads it next.
 *
 * @param url the database, without user and password
 * @param passwordVariable the environment variable that holds the password, which itself is never written
 * @param slot the replication slot and the publication
 */
public record ConfigurationDraft(
        String url,
        String user,
        String passwordVariable,
        String slot,
        String collection,
        String state,
        int port,
        List<SurveyedTable> tables) {

    private static final Set<String> WORDS_OF_YAML =
            Set.of("y", "n", "yes", "no", "true", "false", "on", "off", "null", "~");

    public ConfigurationDraft {
        tables = List.copyOf(tables);
    }

    /** The YAML. */
    public String render() {
        List<MappingProposal> proposals = tables.stream()
                .map(table -> requireNonNull(table.proposal(), "only tables with a proposal are drafted"))
                .toList();
        boolean markdown = proposals.stream().anyMatch(MappingProposal::markdown);
        return """
                # Freshet's configuration, proposed by `freshet init` from the tables' columns and first rows. Read it through:
                # what is text, what is metadata and which rows are indexed is yours to decide. See one row of the result with
                # `freshet preview <table> --config <this file>`. All keys: docs/configuration.md

                # What Freshet keeps between runs; the path starts at the working directory.
                state: %s

                source:
                  type: postgresql
                  url: %s
                  user: %s
                  # Never in this file: export %s='...', or name a file with file:/run/secrets/...
                  password: ${%s}
                  # Every Freshet needs a slot of its own. Drop it when this one goes for good:
                  #   SELECT pg_drop_replication_slot('%s');
                  slot: %s
                  publication: %s

                collections:
                  %s:
                    chunking:
                      # %s
                      strategy: %s
                      size: 256       # tokens of the embedding model

                mappings:
                %s
                http:
                  host: 127.0.0.1     # where others can reach it, it needs a token: docs/security.md
                  port: %d
                """.formatted(
                scalar(state),
                scalar(url),
                scalar(user),
                passwordVariable,
                passwordVariable,
                slot,
                slot,
                slot,
                scalar(collection),
                markdown
                        ? "The texts have Markdown in them: cut at headings and blocks, each chunk keeping its headings."
                        : "The texts looked at are plain: cut at paragraphs, lines and sentences.",
                markdown ? "markdown" : "recursive",
                proposals.stream().map(proposal -> mapping(proposal, markdown)).collect(Collectors.joining("\n")),
                port);
    }

    private String mapping(MappingProposal proposal, boolean markdown) {
        var text = new StringBuilder();
        text.append("  # Key: ")
                .append(String.join(", ", proposal.table().key()))
                .append(".\n");
        text.append("  - table: ")
                .append(scalar(proposal.table().id().toString()))
                .append('\n');
        String name = proposal.table().id().name();
        if (!name.matches("[A-Za-z0-9_.-]+") || isAmbiguous(name)) {
            text.append("    name: ")
                    .append(scalar((proposal.table().id().schema() + "." + name).replaceAll("[^A-Za-z0-9_.-]", "-")))
                    .append('\n');
        }
        text.append("    collection: ").append(scalar(collection)).append('\n');
        text.append("    # What is split, embedded and found.\n    text: |\n");
        text.append(template(proposal, markdown).replaceAll("(?m)^(?=.)", "      "));
        if (!proposal.metadata().isEmpty()) {
            text.append("    # What a search can filter by and gets back; a change of these costs no embedding.\n");
            text.append("    metadata: [")
                    .append(proposal.metadata().stream()
                            .map(ConfigurationDraft::scalar)
                            .collect(Collectors.joining(", ")))
                    .append("]\n");
        }
        if (proposal.tenant() != null) {
            text.append("    # Whose row it is: a search can be limited to one tenant.\n    tenant: ")
                    .append(scalar(proposal.tenant()))
                    .append('\n');
        }
        if (proposal.when() != null) {
            text.append("    # A row that stops matching leaves the index.\n    when: ")
                    .append(scalar(proposal.when()))
                    .append('\n');
        } else {
            text.append("    # when: row.status == 'published'     # which rows; all of them without it\n");
        }
        return text.toString();
    }

    private boolean isAmbiguous(String name) {
        return tables.stream().filter(table -> table.id().name().equals(name)).count() > 1;
    }

    private static String template(MappingProposal proposal, boolean markdown) {
        return proposal.texts().stream()
                .map(column -> (markdown && column.equals(proposal.title()) ? "# " : "") + "{{" + column + "}}")
                .collect(Collectors.joining("\n\n", "", "\n"));
    }

    /** Plain where YAML and the loader take it as it is, otherwise in quotes. */
    private static String scalar(String text) {
        if (text.matches("[A-Za-z_./][A-Za-z0-9_./:?=&-]*[A-Za-z0-9_/]|[A-Za-z_]")
                && !WORDS_OF_YAML.contains(text.toLowerCase(Locale.ROOT))) {
            return text;
        }
        String escaped = text.replaceAll("\\$\\{(?!\\{)", "\\$\\$\\{");
        return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(escaped)) + '"';
    }
}
