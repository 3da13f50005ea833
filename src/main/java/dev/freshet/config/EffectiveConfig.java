package dev.freshet.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A configuration as it is in force, as YAML: defaults filled in, includes merged, variables replaced. No secret is in
 * it: not those of the type, no value of a property that is only passed on, and of a URL's parameters only harmless ones.
 */
public final class EffectiveConfig {

    private static final String MASK = "***";
    private static final Pattern URL = Pattern.compile("[\\w:+.-]+://\\S*");
    private static final Pattern PARAMETER = Pattern.compile("([?&])([^=&]*)=([^&]*)");
    private static final Pattern LOGIN = Pattern.compile("//[^/@]*@");
    private static final Set<String> HARMLESS = Set.of(
            "sslmode",
            "sslrootcert",
            "connectTimeout",
            "loginTimeout",
            "socketTimeout",
            "tcpKeepAlive",
            "currentSchema",
            "ApplicationName");

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER, YAMLGenerator.Feature.SPLIT_LINES)
            .enable(
                    YAMLGenerator.Feature.MINIMIZE_QUOTES,
                    YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS,
                    YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private EffectiveConfig() {}

    /** The configuration as YAML. */
    public static String render(FreshetConfig config) {
        try {
            return YAML.writeValueAsString(section(config));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a configuration could not be written", e);
        }
    }

    private static Map<String, Object> section(Record section) {
        var values = new LinkedHashMap<String, Object>();
        for (RecordComponent component : section.getClass().getRecordComponents()) {
            Key key = component.getAnnotation(Key.class);
            Object value = key == null ? null : value(section, component);
            if (value != null && key != null) {
                boolean passedOn =
                        value instanceof Map<?, ?> map && map.values().stream().allMatch(String.class::isInstance);
                values.put(component.getName(), passedOn ? masked((Map<?, ?>) value) : rendered(value, key.masked()));
            }
        }
        return values;
    }

    private static @Nullable Object value(Record section, RecordComponent component) {
        try {
            return component.getAccessor().invoke(section);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static Object rendered(Object value, boolean masked) {
        return switch (value) {
            case Secret secret -> MASK;
            case Duration duration -> duration(duration);
            case ByteSize size -> size.toString();
            case Record section -> section(section);
            case List<?> list ->
                list.stream().map(item -> rendered(item, masked)).toList();
            case Map<?, ?> map -> {
                var values = new LinkedHashMap<Object, Object>();
                map.forEach((name, item) -> values.put(name, rendered(item, masked)));
                yield values;
            }
            case Enum<?> constant -> constant.toString().toLowerCase(Locale.ROOT);
            case String text -> escaped(masked || URL.matcher(text).matches() ? withoutSecrets(text) : text);
            case Path path -> escaped(path.toString());
            default -> value;
        };
    }

    private static Map<Object, String> masked(Map<?, ?> properties) {
        var values = new LinkedHashMap<Object, String>();
        properties.forEach((name, value) -> values.put(name, MASK));
        return values;
    }

    private static String withoutSecrets(String url) {
        return PARAMETER
                .matcher(LOGIN.matcher(url).replaceAll("//" + MASK + "@"))
                .replaceAll(EffectiveConfig::parameter);
    }

    private static String parameter(MatchResult parameter) {
        String value = HARMLESS.contains(parameter.group(2)) ? parameter.group(3) : MASK;
        return Matcher.quoteReplacement(parameter.group(1) + parameter.group(2) + "=" + value);
    }

    /** So that it would be read as it is. */
    private static String escaped(String text) {
        return text.replaceAll("\\$\\{(?!\\{)", "\\$\\$\\{");
    }

    private static String duration(Duration duration) {
        long ms = duration.toMillis();
        if (ms == 0 || ms % 1_000 != 0) {
            return ms + "ms";
        }
        if (ms % 60_000 != 0) {
            return ms / 1_000 + "s";
        }
        return ms % 3_600_000 == 0 ? ms / 3_600_000 + "h" : ms / 60_000 + "m";
    }
}
