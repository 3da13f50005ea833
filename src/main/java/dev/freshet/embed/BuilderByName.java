package dev.freshet.embed;

import dev.freshet.config.Secret;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes any of LangChain4j's embedding models by the names in the configuration: all of them have a static {@code
 * builder()}, whose methods take one value each.
 */
final class BuilderByName {

    private static final Pattern NOT_OF_THE_VECTORS =
            Pattern.compile("(?i).*(key|token|secret|password|url|endpoint|timeout|retries|log).*");

    private final Class<?> type;
    private final Object builder;

    private BuilderByName(Class<?> type, Object builder) {
        this.type = type;
        this.builder = builder;
    }

    /** @throws EmbeddingException if there is no such class, or it is no model of LangChain4j's */
    static BuilderByName of(String className) {
        try {
            Class<?> type = Class.forName(className);
            if (!EmbeddingModel.class.isAssignableFrom(type)) {
                throw new EmbeddingException(
                        className + " (key embedding.remote.modelClass) is not an EmbeddingModel of LangChain4j's",
                        null);
            }
            return new BuilderByName(
                    type, Objects.requireNonNull(type.getMethod("builder").invoke(null)));
        } catch (ClassNotFoundException e) {
            throw new EmbeddingException("""
                    there is no class %s (key embedding.remote.modelClass): put LangChain4j's module with it, and what that \
                    needs, on the class path (FRESHET_CLASSPATH)""".formatted(className), e);
        } catch (ReflectiveOperationException | NullPointerException e) {
            throw new EmbeddingException(
                    className + " (key embedding.remote.modelClass) has no public static builder(): " + e, e);
        }
    }

    /** Gives the builder a value if it takes one of this name and type. */
    void offer(String name, Object value) {
        setters(name)
                .filter(method -> method.getParameterTypes()[0].isInstance(value))
                .findFirst()
                .ifPresent(method -> call(method, value));
    }

    /**
     * Gives the builder a value.
     *
     * @throws EmbeddingException if it takes none of this name, or none that can be written as a text
     */
    void set(String name, String value) {
        List<Method> setters = setters(name).toList();
        for (Class<?> taken : List.of(
                String.class,
                Integer.class,
                int.class,
                Double.class,
                double.class,
                Boolean.class,
                boolean.class,
                Duration.class)) {
            for (Method method : setters) {
                if (method.getParameterTypes()[0] == taken) {
                    call(method, parsed(name, taken, value));
                    return;
                }
            }
        }
        for (Method method : setters) {
            Class<?> taken = method.getParameterTypes()[0];
            if (taken.isEnum()) {
                call(method, parsed(name, taken, value));
                return;
            }
        }
        throw new EmbeddingException(
                "the builder of %s takes no '%s' that can be written in a configuration; it takes %s"
                        .formatted(type.getName(), name, String.join(", ", names())),
                null);
    }

    private Stream<Method> setters(String name) {
        return setters().filter(method -> method.getName().equals(name));
    }

    private Stream<Method> setters() {
        Predicate<Method> isSetter =
                method -> method.getParameterCount() == 1 && method.getDeclaringClass() != Object.class;
        return Arrays.stream(builder.getClass().getMethods()).filter(isSetter);
    }

    private List<String> names() {
        return setters().map(Method::getName).distinct().sorted().toList();
    }

    private Object parsed(String name, Class<?> type, String value) {
        try {
            if (type == Integer.class || type == int.class) {
                return Integer.valueOf(value);
            }
            if (type == Double.class || type == double.class) {
                return Double.valueOf(value);
            }
            if (type == Boolean.class || type == boolean.class) {
                return Boolean.valueOf(value);
            }
            if (type == Duration.class) {
                return Duration.parse(value.startsWith("P") ? value : "PT" + value);
            }
            if (type.isEnum()) {
                return Arrays.stream(type.getEnumConstants())
                        .filter(each -> each.toString().equalsIgnoreCase(value))
                        .findFirst()
                        .orElseThrow();
            }
            return value;
        } catch (RuntimeException e) {
            throw new EmbeddingException(
                    "embedding.remote.properties: '%s' must be a %s".formatted(name, type.getSimpleName()), null);
        }
    }

    private void call(Method method, Object value) {
        try {
            method.invoke(builder, value);
        } catch (InvocationTargetException e) {
            throw new EmbeddingException(
                    "the builder of %s does not take '%s': %s"
                            .formatted(
                                    type.getName(),
                                    method.getName(),
                                    cause(e).getClass().getSimpleName()),
                    null);
        } catch (IllegalAccessException e) {
            throw new EmbeddingException("the builder of " + type.getName() + " cannot be used: " + e, e);
        }
    }

    private static Throwable cause(InvocationTargetException e) {
        return Objects.requireNonNullElse(e.getCause(), e);
    }

    EmbeddingModel build() {
        try {
            return (EmbeddingModel)
                    Objects.requireNonNull(builder.getClass().getMethod("build").invoke(builder));
        } catch (InvocationTargetException e) {
            throw new EmbeddingException(
                    "the embedding model %s cannot be made: %s".formatted(type.getName(), cause(e).getMessage()), null);
        } catch (ReflectiveOperationException e) {
            throw new EmbeddingException("the embedding model " + type.getName() + " cannot be made: " + e, e);
        }
    }

    /** Tells apart what may change the vectors; empty for nothing. Neither keys nor addresses do. */
    static String fingerprint(Map<String, Secret> properties) {
        var sorted = new TreeMap<String, String>();
        properties.forEach((name, value) -> {
            if (!NOT_OF_THE_VECTORS.matcher(name).matches()) {
                sorted.put(name, value.value());
            }
        });
        if (sorted.isEmpty()) {
            return "";
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(sorted.toString().getBytes(StandardCharsets.UTF_8));
            return "-" + HexFormat.of().formatHex(hash, 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
