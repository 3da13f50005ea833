package dev.freshet.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes {@code docs/configuration.md} from the records, so that it cannot say anything else than they do. */
final class ConfigurationReference {

    private static final String INTRODUCTION = """
            # Configuration

            <!-- Made from the records in dev.freshet.config by ConfigurationReferenceTest; do not edit. -->

            Freshet reads one YAML file. The least it needs is a database and a mapping:

            ```yaml
            # freshet.yaml
            source:
              url: jdbc:postgresql://localhost:5432/app
              user: freshet
              password: ${FRESHET_DB_PASSWORD}
            mappings:
              - table: public.articles
                collection: help
                text: "{{title}} {{body}}"
            ```

            A longer example with comments is [config/freshet.yaml](../config/freshet.yaml); what the database needs is in
            [connectors/postgresql.yaml](../connectors/postgresql.yaml).

            - **Strict.** A key that is not listed here, a key given twice, a wrong or a missing value is an error. All
              errors are reported at once, each with file, line and column.
            - **Variables.** `${NAME}` in a value is the environment variable `NAME`, which must be set;
              `${NAME:-default}` is the default where it is unset or empty. `$${` stands for `${` itself, and `${{` is left
              alone. Variables are put in after the YAML is parsed, so their values need no quotes; inside `{ }` and
              `[ ]` the reference itself does: `{port: "${PORT}"}`.
            - **Secrets.** A value of the type *secret* that begins with `file:` is read from that file, without its last
              newline: `file:/run/secrets/database`. Secrets are never printed.
            - **Include.** `include: [../connectors/postgresql.yaml]` at the top level takes whole sections from other files.
              No section may be given twice, and an included file includes nothing itself.
            - **Paths.** Those of `include` start at the file they stand in; all others at the working directory.
            - **Values.** A duration is a whole number with `ms`, `s`, `m` or `h`; a size is a number of bytes, or a number
              with `kB`, `MB`, `GB` (powers of 1000) or `KiB`, `MiB`, `GiB` (powers of 1024). Upper and lower case are the
              same in sizes and in values of which only some are allowed.
            """;

    private static final String INCLUDE =
            "| `include` | list of texts |  | Files that whole sections are taken from; their paths start at this file. |\n";

    private final StringBuilder text = new StringBuilder(INTRODUCTION);

    private ConfigurationReference() {}

    static String render() {
        ConfigurationReference reference = new ConfigurationReference();
        reference.section("Top level", FreshetConfig.class, "");
        return reference.text.toString();
    }

    private void section(String title, Class<?> type, String prefix) {
        text.append("\n## ").append(title).append("\n\n| key | type | default | meaning |\n|---|---|---|---|\n");
        if (prefix.isEmpty()) {
            text.append(INCLUDE);
        }
        List<Runnable> sections = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Key key = component.getAnnotation(Key.class);
            if (key == null) {
                continue;
            }
            row(component, key);
            Class<?> inner = inner(component);
            if (inner.isRecord() && inner != ByteSize.class) {
                String path = prefix + component.getName() + suffix(component.getType());
                sections.add(() -> section("`" + path + "`", inner, path + "."));
            }
        }
        sections.forEach(Runnable::run);
    }

    private void row(RecordComponent component, Key key) {
        String meaning = key.value() + limits(component, key);
        text.append("| `%s` | %s | %s | %s |\n"
                .formatted(
                        component.getName(), type(component), byDefault(component, key), meaning.replace("|", "\\|")));
    }

    private static String limits(RecordComponent component, Key key) {
        if (component.getType() == List.class) {
            return "";
        }
        List<String> limits = new ArrayList<>();
        if (!key.form().isEmpty()) {
            limits.add((component.getType() == Map.class ? "Each name must be " : "Must be ") + key.form() + ".");
        }
        if (!key.min().isEmpty()) {
            limits.add("At least " + key.min() + (key.max().isEmpty() ? "." : ", at most " + key.max() + "."));
        }
        return limits.isEmpty() ? "" : " " + String.join(" ", limits);
    }

    private static String byDefault(RecordComponent component, Key key) {
        if (Binder.isRequired(component)) {
            return "**required**";
        }
        if (!key.otherwise().isEmpty()) {
            return key.otherwise();
        }
        return key.byDefault().equals(Key.NONE) ? "" : "`" + key.byDefault() + "`";
    }

    private static String type(RecordComponent component) {
        Class<?> type = component.getType();
        Class<?> inner = inner(component);
        if (type == List.class) {
            return inner.isRecord() ? "list of sections" : "list of texts";
        }
        if (type == Map.class) {
            return inner.isRecord() ? "sections by name" : "texts by name";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant -> "`" + constant.toString().toLowerCase(Locale.ROOT) + "`")
                    .collect(Collectors.joining(", "));
        }
        Map<Class<?>, String> names = Map.of(
                String.class, "text",
                Secret.class, "secret",
                int.class, "number",
                boolean.class, "`true` or `false`",
                Duration.class, "duration",
                ByteSize.class, "size",
                Path.class, "path");
        return names.getOrDefault(type, "section");
    }

    private static Class<?> inner(RecordComponent component) {
        if (component.getGenericType() instanceof ParameterizedType container) {
            Type[] arguments = container.getActualTypeArguments();
            return (Class<?>) arguments[arguments.length - 1];
        }
        return component.getType();
    }

    private static String suffix(Class<?> type) {
        return type == List.class ? "[]" : type == Map.class ? ".<name>" : "";
    }
}
