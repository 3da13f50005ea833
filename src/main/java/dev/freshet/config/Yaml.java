package dev.freshet.config;

import dev.freshet.config.ConfigException.Problem;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * A piece of a YAML file that knows where it stands. SnakeYAML's own nodes and not Jackson's tree, because only they have
 * a line and column for every key and value, which every message needs.
 */
record Yaml(Path file, Node node) {

    /** A key and what is under it. */
    record Entry(SourceLocation key, Yaml value) {}

    /**
     * Parses one document; null if there is none in the text.
     *
     * @throws ConfigException if it is not YAML
     */
    static @Nullable Yaml parse(String text, Path file) {
        try {
            Node root = new org.yaml.snakeyaml.Yaml(new LoaderOptions()).compose(new StringReader(text));
            return root == null ? null : new Yaml(file, root);
        } catch (MarkedYAMLException e) {
            throw notYaml(locationOf(file, e.getProblemMark()), withoutContent(e.getProblem()));
        } catch (ReaderException e) {
            throw notYaml(
                    placeOf(file, text, e.getPosition()),
                    "it has a character that YAML does not allow (U+%04X)".formatted(e.getCodePoint()));
        } catch (YAMLException e) {
            throw notYaml(new SourceLocation(file, 0, 0), limit(String.valueOf(e.getMessage())));
        }
    }

    /** Where a character stands that the parser counted, by code points, from the beginning of the text. */
    private static SourceLocation placeOf(Path file, String text, int position) {
        int line = 1;
        int column = 1;
        for (int codePoint : text.codePoints().limit(position).toArray()) {
            column = codePoint == '\n' ? 1 : column + 1;
            line += codePoint == '\n' ? 1 : 0;
        }
        return new SourceLocation(file, line, column);
    }

    /** Which of the limits that keep a small file from becoming a large tree was passed. */
    private static String limit(String message) {
        if (message.contains("aliases")) {
            return "it has too many aliases of lists and sections";
        }
        return message.contains("depth") || message.contains("Depth") ? "it is nested too deeply" : "it is too large";
    }

    SourceLocation location() {
        return locationOf(file, node.getStartMark());
    }

    /** Whether nothing stands here: {@code key:} without a value, or {@code ~}. */
    boolean isEmpty() {
        return node.getTag().equals(Tag.NULL);
    }

    /** The text of a single value, quoted or not; null if this is a list, a section, or tagged by the user. */
    @Nullable String scalar() {
        return node instanceof ScalarNode scalar && scalar.getTag().startsWith(Tag.PREFIX) ? scalar.getValue() : null;
    }

    /** The items of a list; null if this is none. */
    @Nullable List<Yaml> items() {
        return node instanceof SequenceNode sequence
                ? sequence.getValue().stream().map(item -> new Yaml(file, item)).toList()
                : null;
    }

    /** What is under each key of a section, in order; null if this is none. Repeated keys are problems. */
    @Nullable SequencedMap<String, Entry> entries(Problems problems) {
        if (!(node instanceof MappingNode mapping)) {
            return null;
        }
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Yaml key = new Yaml(file, tuple.getKeyNode());
            String name = key.scalar();
            if (name == null) {
                problems.add(key.location(), "a key must be a single word");
                continue;
            }
            Entry entry = new Entry(key.location(), new Yaml(file, tuple.getValueNode()));
            Entry first = entries.putIfAbsent(name, entry);
            if (first != null) {
                problems.add(entry.key, "'" + name + "' is given twice: here and at " + first.key);
            }
        }
        return entries;
    }

    /** What this is, in words, without its content. */
    String kind() {
        if (isEmpty()) {
            return "nothing";
        }
        return switch (node.getNodeId()) {
            case scalar -> node.getTag().startsWith(Tag.PREFIX) ? "a single value" : "a value with a tag";
            case sequence -> "a list";
            case mapping -> "a section with keys of its own";
            case anchor -> "an anchor";
        };
    }

    private static SourceLocation locationOf(Path file, @Nullable Mark mark) {
        return mark == null
                ? new SourceLocation(file, 0, 0)
                : new SourceLocation(file, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private static ConfigException notYaml(SourceLocation location, String why) {
        return new ConfigException(List.of(new Problem(location, "this is not YAML: " + why)));
    }

    /** Some messages of the parser end with words from the file, which may be an unquoted password. */
    private static String withoutContent(String problem) {
        return problem.replaceFirst("(?s)\\b(alias|anchor|tag handle|directive)\\b.*", "$1");
    }
}
