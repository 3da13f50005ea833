package dev.freshet.config;

import dev.freshet.config.Yaml.Entry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of YAML: the {@link Key}s of a record's components say which keys there are and what they take. It goes
 * on after a problem, so that all of them are found, and remembers what was good, so that values can be compared even
 * where the whole could not be made.
 */
final class Binder {

    /** Stands for a value whose problem has been added. */
    private static final Object WRONG = new Object();

    private final Variables variables;
    private final Problems problems;
    private final Map<String, SourceLocation> locations = new LinkedHashMap<>();
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, SequencedMap<String, SourceLocation>> names = new LinkedHashMap<>();

    /** The full names of keys that a misspelt one was meant to be. */
    private final Set<String> misspelt = new HashSet<>();

    Binder(Variables variables, Problems problems) {
        this.variables = variables;
        this.problems = problems;
    }

    /** Where a value or an item such as {@code mappings[0]} stands; null if it is not given. */
    @Nullable SourceLocation location(String path) {
        return locations.get(path);
    }

    /** The good text under a key that is given; null otherwise. */
    @Nullable String text(String path) {
        return values.get(path) instanceof String text ? text : null;
    }

    /** The good section of this type at a path such as {@code mappings[0]}; null if it could not be made. */
    <R extends Record> @Nullable R section(String path, Class<R> type) {
        return type.isInstance(values.get(path)) ? type.cast(values.get(path)) : null;
    }

    /** The names in a section where people choose them, and where each stands. */
    SequencedMap<String, SourceLocation> names(String path) {
        return names.getOrDefault(path, new LinkedHashMap<>());
    }

    /**
     * Makes a record.
     *
     * @param path the section's full name, empty for the whole
     * @param at where the section stands
     * @return null if it could not be made; the problems say why
     */
    <R extends Record> @Nullable R bind(Class<R> type, String path, Map<String, Entry> entries, SourceLocation at) {
        Object made = record(type, path, entries, at);
        return made == WRONG ? null : type.cast(made);
    }

    private Object record(Class<?> type, String path, Map<String, Entry> entries, SourceLocation at) {
        List<String> names = new ArrayList<>(keys(type));
        if (path.isEmpty()) {
            names.add(ConfigLoader.INCLUDE);
        }
        entries.forEach((name, entry) -> {
            if (!names.contains(name)) {
                problems.add(entry.key(), unknown(name, path, names));
                // One mistake, one message: what was meant by it is not missing.
                Suggestion.nearest(name, names)
                        .filter(meant -> !entries.containsKey(meant))
                        .ifPresent(meant -> misspelt.add(fullName(path, meant)));
            }
        });
        List<@Nullable Object> arguments = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Key key = component.getAnnotation(Key.class);
            arguments.add(key == null ? at : component(component, key, path, entries.get(component.getName()), at));
        }
        return arguments.contains(WRONG) ? WRONG : construct(type, arguments, at);
    }

    private static String fullName(String section, String name) {
        return section.isEmpty() ? name : section + "." + name;
    }

    private @Nullable Object component(
            RecordComponent component, Key key, String section, @Nullable Entry entry, SourceLocation at) {
        String path = fullName(section, component.getName());
        Type type = component.getGenericType();
        boolean scalar = type instanceof Class<?> plain && isScalar(plain);
        if (entry == null || (entry.value().isEmpty() && !scalar)) {
            return absent(component, key, path, entry == null ? at : entry.key());
        }
        if (scalar) {
            locations.put(path, entry.value().location());
            return scalar(component.getType(), key, path, entry.value());
        }
        if (type instanceof ParameterizedType container) {
            Type[] arguments = container.getActualTypeArguments();
            return arguments.length == 1
                    ? list((Class<?>) arguments[0], key, path, entry.value())
                    : map((Class<?>) arguments[1], key, path, entry.value());
        }
        return section(component.getType(), path, entry.value(), entry.key());
    }

    private @Nullable Object absent(RecordComponent component, Key key, String path, SourceLocation at) {
        Class<?> type = component.getType();
        if (misspelt.contains(path)) {
            return WRONG;
        }
        if (isRequired(component)) {
            problems.add(at, "'" + path + "' is missing: " + key.value());
            return WRONG;
        }
        if (!key.byDefault().equals(Key.NONE)) {
            return key.byDefault().isEmpty() ? "" : Scalars.parse(type, key.byDefault());
        }
        if (type == List.class) {
            return List.of();
        }
        if (type == Map.class) {
            return Map.of();
        }
        return isScalar(type) ? null : record(type, path, Map.of(), at);
    }

    private Object section(Class<?> type, String path, Yaml yaml, SourceLocation at) {
        SequencedMap<String, Entry> entries = yaml.isEmpty() ? new LinkedHashMap<>() : yaml.entries(problems);
        if (entries == null) {
            problems.add(
                    yaml.location(),
                    "'" + path + "' must have keys of its own (" + String.join(", ", keys(type)) + "), but is "
                            + yaml.kind());
            return WRONG;
        }
        Object made = record(type, path, entries, at);
        if (made != WRONG) {
            values.put(path, made);
        }
        return made;
    }

    private Object list(Class<?> type, Key key, String path, Yaml yaml) {
        List<Yaml> items = yaml.items();
        if (items == null) {
            problems.add(yaml.location(), "'" + path + "' must be a list, but is " + yaml.kind());
            return WRONG;
        }
        if (items.isEmpty() && !key.min().isEmpty()) {
            problems.add(yaml.location(), "'" + path + "' must not be empty");
            return WRONG;
        }
        List<Object> bound = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Yaml item = items.get(i);
            String itemPath = path + "[" + i + "]";
            locations.put(itemPath, item.location());
            bound.add(
                    type.isRecord()
                            ? section(type, itemPath, item, item.location())
                            : scalar(type, key, itemPath, item));
        }
        return bound.contains(WRONG) ? WRONG : bound;
    }

    private Object map(Class<?> type, Key key, String path, Yaml yaml) {
        SequencedMap<String, Entry> entries = yaml.entries(problems);
        if (entries == null) {
            problems.add(yaml.location(), "'" + path + "' must have keys of its own, but is " + yaml.kind());
            return WRONG;
        }
        Map<String, Object> bound = new LinkedHashMap<>();
        entries.forEach((name, entry) -> {
            String entryPath = path + "." + name;
            names.computeIfAbsent(path, none -> new LinkedHashMap<>()).put(name, entry.key());
            if (!key.pattern().isEmpty() && !name.matches(key.pattern())) {
                problems.add(entry.key(), "the name '" + name + "' in '" + path + "' must be " + key.form());
            }
            bound.put(
                    name,
                    type.isRecord()
                            ? section(type, entryPath, entry.value(), entry.key())
                            : scalar(type, key, entryPath, entry.value()));
        });
        return bound.containsValue(WRONG) ? WRONG : bound;
    }

    private Object scalar(Class<?> type, Key key, String path, Yaml yaml) {
        String written = yaml.isEmpty() ? null : yaml.scalar();
        if (written == null) {
            problems.add(
                    yaml.location(), "'" + path + "' must be " + Scalars.describe(type) + ", but is " + yaml.kind());
            return WRONG;
        }
        String text;
        try {
            text = variables.expand(written);
        } catch (IllegalArgumentException e) {
            problems.add(yaml.location(), "'" + path + "': " + e.getMessage());
            return WRONG;
        }
        try {
            Object value = Scalars.parse(type, text);
            checkLimits(key, type, value);
            values.put(path, value);
            return value;
        } catch (IllegalArgumentException e) {
            problems.add(yaml.location(), "'" + path + "' " + e.getMessage() + found(type, key, written));
            return WRONG;
        }
    }

    /**
     * What stands in the file. Never what a variable stands for, and nothing of a text where people put secrets.
     */
    private static String found(Class<?> type, Key key, String written) {
        boolean secret = type == Secret.class && !written.startsWith("file:");
        if (secret || key.masked() || written.isBlank()) {
            return "";
        }
        String line = written.strip().lines().findFirst().orElse("");
        return ", but is '" + (line.length() > 60 ? line.substring(0, 60) + "..." : line) + "'";
    }

    private static void checkLimits(Key key, Class<?> type, Object value) {
        if (value instanceof String text
                && type == String.class
                && !key.pattern().isEmpty()) {
            if (!text.matches(key.pattern())) {
                throw new IllegalArgumentException("must be " + key.form());
            }
        }
        if (value instanceof Comparable<?> number && type != String.class) {
            if (!key.min().isEmpty() && compare(number, Scalars.parse(type, key.min())) < 0) {
                throw new IllegalArgumentException("must be at least " + key.min());
            }
            if (!key.max().isEmpty() && compare(number, Scalars.parse(type, key.max())) > 0) {
                throw new IllegalArgumentException("must be at most " + key.max());
            }
        }
    }

    @SuppressWarnings("unchecked") // both come from Scalars.parse for the same type
    private static int compare(Comparable<?> value, Object limit) {
        return ((Comparable<Object>) value).compareTo(limit);
    }

    private Object construct(Class<?> type, List<@Nullable Object> arguments, SourceLocation at) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return type.getConstructor(types).newInstance(arguments.toArray());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                problems.add(at, String.valueOf(wrong.getMessage()));
                return WRONG;
            }
            throw new IllegalStateException("cannot make " + type, e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make " + type, e);
        }
    }

    private static String unknown(String name, String path, List<String> names) {
        return "unknown key '" + name + "'" + (path.isEmpty() ? "" : " in '" + path + "'") + Suggestion.of(name, names)
                + " (keys here: " + String.join(", ", names) + ")";
    }

    /** The keys of a section, in the order of its record. */
    static List<String> keys(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .filter(component -> component.isAnnotationPresent(Key.class))
                .map(RecordComponent::getName)
                .toList();
    }

    /** Whether there is no way to do without this key. */
    static boolean isRequired(RecordComponent component) {
        Key key = component.getAnnotation(Key.class);
        Class<?> type = component.getType();
        if (type == List.class) {
            return !key.min().isEmpty();
        }
        boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        return isScalar(type) && key.byDefault().equals(Key.NONE) && !nullable;
    }

    /** Whether a type is written as a single value; the others are lists and sections. */
    static boolean isScalar(Class<?> type) {
        return type == ByteSize.class || !(type.isRecord() || type == List.class || type == Map.class);
    }
}
