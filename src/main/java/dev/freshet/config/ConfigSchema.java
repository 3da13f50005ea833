package dev.freshet.config;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * The configuration's form as a JSON Schema (2020-12), for editors. It accepts what {@link ConfigLoader} accepts and
 * refuses most of what it refuses: what several keys say together, and what a variable stands for, only the loader knows.
 */
public final class ConfigSchema {

    /** A value may hold a variable anywhere, whatever its type. */
    private static final String VARIABLE = "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}";

    private static final String DURATION = "^\\s*[0-9]{1,9}\\s*(ms|s|m|h)\\s*$";
    private static final String SIZE = "^\\s*[0-9]{1,18}\\s*([kKmMgG]?[bB]|[kKmMgG][iI][bB])?\\s*$";

    private static final JsonMapper JSON = new JsonMapper();

    private ConfigSchema() {}

    /** The schema, indented. */
    public static String render() {
        ObjectNode schema = JSON.createObjectNode();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Freshet configuration");
        section(FreshetConfig.class, schema);
        // A file may include others or be included, so that none needs to have all sections.
        schema.remove("required");
        ObjectNode include = schema.withObject("/properties").putObject(ConfigLoader.INCLUDE);
        include.put("description", "Files that whole sections are taken from; their paths start at this file.");
        include.putArray("type").add("array").add("null");
        include.putObject("items").put("type", "string");
        return schema.toPrettyString();
    }

    private static void section(Class<?> type, ObjectNode schema) {
        ArrayNode required = JSON.createArrayNode();
        ObjectNode properties = JSON.createObjectNode();
        for (RecordComponent component : type.getRecordComponents()) {
            Key key = component.getAnnotation(Key.class);
            if (key == null) {
                continue;
            }
            component(component, key, properties.putObject(component.getName()));
            if (Binder.isRequired(component)) {
                required.add(component.getName());
            }
        }
        type(schema, required.isEmpty(), "object");
        schema.put("additionalProperties", false);
        schema.set("properties", properties);
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
    }

    /** An optional key may be there with nothing under it, which is as good as not being there. */
    private static void type(ObjectNode schema, boolean optional, String... types) {
        if (!optional && types.length == 1) {
            schema.put("type", types[0]);
            return;
        }
        ArrayNode all = schema.putArray("type");
        Arrays.stream(types).forEach(all::add);
        if (optional) {
            all.add("null");
        }
    }

    private static void component(RecordComponent component, Key key, ObjectNode schema) {
        schema.put("description", description(key));
        if (component.getGenericType() instanceof ParameterizedType container) {
            Type[] arguments = container.getActualTypeArguments();
            if (arguments.length == 1) {
                list((Class<?>) arguments[0], key, schema);
            } else {
                map((Class<?>) arguments[1], key, schema);
            }
        } else if (Binder.isScalar(component.getType())) {
            if (!key.byDefault().equals(Key.NONE) && !key.byDefault().isEmpty()) {
                byDefault(component.getType(), key.byDefault(), schema);
            }
            scalar(component.getType(), key, schema);
        } else {
            section(component.getType(), schema);
        }
    }

    private static String description(Key key) {
        String form = key.form().isEmpty() ? "" : " Must be " + key.form() + ".";
        return key.value() + form + (key.otherwise().isEmpty() ? "" : " Default: " + key.otherwise() + ".");
    }

    private static void byDefault(Class<?> type, String text, ObjectNode schema) {
        if (type == int.class || type == long.class) {
            schema.put("default", Long.parseLong(text));
        } else if (type == double.class) {
            schema.put("default", Double.parseDouble(text));
        } else if (type == boolean.class) {
            schema.put("default", Boolean.parseBoolean(text));
        } else {
            schema.put("default", text);
        }
    }

    private static void list(Class<?> type, Key key, ObjectNode schema) {
        type(schema, key.min().isEmpty(), "array");
        if (!key.min().isEmpty()) {
            schema.put("minItems", 1);
        }
        ObjectNode items = schema.putObject("items");
        if (type.isRecord()) {
            section(type, items);
        } else {
            scalar(type, key, items);
        }
    }

    private static void map(Class<?> type, Key key, ObjectNode schema) {
        type(schema, true, "object");
        if (!key.pattern().isEmpty()) {
            schema.putObject("propertyNames").put("pattern", whole(key.pattern()));
        }
        ObjectNode values = schema.putObject("additionalProperties");
        if (type.isRecord()) {
            section(type, values);
        } else {
            scalar(type, key, values);
        }
    }

    private static String whole(String pattern) {
        return "^(?:" + pattern + ")$";
    }

    private static void scalar(Class<?> type, Key key, ObjectNode schema) {
        ArrayNode forms = JSON.createArrayNode();
        if (type == String.class) {
            text(key, forms, schema);
        } else if (type == Secret.class || type == Path.class) {
            type(schema, false, "string", "number", "boolean");
        } else if (type == Duration.class) {
            forms.addObject().put("type", "string").put("pattern", DURATION);
        } else if (type == ByteSize.class) {
            forms.addObject().put("type", "integer").put("minimum", 0);
            forms.addObject().put("type", "string").put("pattern", SIZE);
        } else if (type == int.class || type == long.class || type == double.class) {
            number(type, key, forms.addObject());
        } else if (type == boolean.class) {
            forms.addObject().put("type", "boolean");
        } else if (type.isEnum()) {
            ArrayNode constants = forms.addObject().putArray("enum");
            Arrays.stream(type.getEnumConstants())
                    .forEach(constant -> constants.add(constant.toString().toLowerCase(Locale.ROOT)));
        } else {
            throw new IllegalStateException("no JSON Schema is known for " + type);
        }
        if (!forms.isEmpty()) {
            forms.addObject().put("type", "string").put("pattern", VARIABLE);
            schema.set("anyOf", forms);
        }
    }

    /** A text may look like a number to YAML. Patterns with inline flags, which JSON Schema lacks, are the loader's alone. */
    private static void text(Key key, ArrayNode forms, ObjectNode schema) {
        if (key.pattern().isEmpty() || key.pattern().contains("(?i")) {
            type(schema, false, "string", "number", "boolean");
        } else {
            forms.addObject().put("type", "string").put("pattern", whole(key.pattern()));
            forms.addObject().put("type", "number");
        }
    }

    private static void number(Class<?> type, Key key, ObjectNode form) {
        form.put("type", type == double.class ? "number" : "integer");
        if (!key.min().isEmpty()) {
            form.put("minimum", Double.parseDouble(key.min()));
        }
        if (!key.max().isEmpty()) {
            form.put("maximum", Double.parseDouble(key.max()));
        }
    }
}
