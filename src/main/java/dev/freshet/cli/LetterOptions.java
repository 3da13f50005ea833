package dev.freshet.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which dead letters are meant. */
final class LetterOptions {

    private static final Pattern AGE = Pattern.compile("(\\d{1,6})([smhd])");

    @Option(names = "--mapping", paramLabel = "<name>", description = "only of this mapping")
    private @Nullable String mapping;

    @Option(
            names = "--stage",
            paramLabel = "<stage>",
            description =
                    "only what failed there: lookup, when, tenant, metadata, id, text, map, chunk, embed or index")
    private @Nullable String stage;

    @Option(names = "--table", paramLabel = "<table>", description = "only of this table")
    private @Nullable String table;

    @Option(names = "--key", paramLabel = "<key>", description = "only the row with this primary key")
    private @Nullable String key;

    @Option(names = "--error", paramLabel = "<text>", description = "only with this in the error's class or message")
    private @Nullable String error;

    @Option(
            names = "--older-than",
            paramLabel = "<age>",
            description = "only what last failed at least so long ago: 30s, 15m, 2h, 7d")
    private @Nullable String olderThan;

    private static void put(Map<String, String> given, String name, @Nullable String value) {
        if (value != null) {
            given.put(name, value);
        }
    }

    private @Nullable Duration age() {
        if (olderThan == null) {
            return null;
        }
        Matcher form = AGE.matcher(olderThan);
        if (!form.matches()) {
            throw new CommandFailure("--older-than is '" + olderThan + "'; write it as 30s, 15m, 2h or 7d");
        }
        long amount = Long.parseLong(form.group(1));
        return switch (form.group(2)) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    boolean isEmpty() {
        return given().isEmpty();
    }

    /** Where a daemon lists them. */
    String path(int limit) {
        return "/v1/dead-letters?limit=" + limit
                + given().entrySet().stream()
                        .map(entry -> "&" + entry.getKey() + "="
                                + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining());
    }

    /** What was given, by the names of the HTTP interface. */
    Map<String, String> given() {
        var given = new LinkedHashMap<String, String>();
        put(given, "mapping", mapping);
        put(given, "stage", stage);
        put(given, "table", table);
        put(given, "key", key);
        put(given, "error", error);
        Duration age = age();
        put(given, "olderThanSeconds", age == null ? null : Long.toString(age.toSeconds()));
        return given;
    }
}
