package dev.freshet.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How the text of a single value is read as each type a key can have, and what each type is called. */
final class Scalars {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");
    private static final String FILE = "file:";

    private Scalars() {}

    /** @throws IllegalArgumentException saying, without repeating the text, what was expected */
    static Object parse(Class<?> type, String text) {
        if (type == String.class) {
            return notEmpty(text);
        }
        if (type == Secret.class) {
            return secret(text);
        }
        try {
            if (type == int.class) {
                return Integer.parseInt(text);
            }
            if (type == boolean.class) {
                return truth(text);
            }
            if (type == Duration.class) {
                return duration(text);
            }
            if (type == ByteSize.class) {
                return ByteSize.parse(text);
            }
            if (type == Path.class) {
                return Path.of(notEmpty(text));
            }
            return enumConstant(type, text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be " + describe(type), e);
        }
    }

    /** The name of a type for people, after "must be". */
    static String describe(Class<?> type) {
        if (type == String.class || type == Secret.class) {
            return "a text";
        }
        if (type == int.class) {
            return "a whole number";
        }
        if (type == boolean.class) {
            return "true or false";
        }
        if (type == Duration.class) {
            return "a duration such as 10ms, 5s, 2m or 1h";
        }
        if (type == ByteSize.class) {
            return "a size such as 512, 64KiB, 64MiB or 1GB";
        }
        if (type == Path.class) {
            return "a path";
        }
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", ", "one of ", ""));
    }

    /** Why a file could not be read, in few words. */
    static String reason(Path file, IOException e) {
        if (Files.isDirectory(file)) {
            return "it is a folder";
        }
        return switch (e) {
            case NoSuchFileException missing -> "no such file";
            case AccessDeniedException denied -> "no permission to read it";
            case CharacterCodingException other -> "it is not UTF-8 text";
            default -> "reading failed with " + e.getClass().getSimpleName();
        };
    }

    private static String notEmpty(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("must not be empty");
        }
        return text;
    }

    private static Secret secret(String text) {
        if (!text.startsWith(FILE)) {
            return new Secret(notEmpty(text));
        }
        Path file;
        try {
            file = Path.of(text.substring(FILE.length()));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("must be a path after 'file:'", e);
        }
        try {
            return new Secret(notEmpty(Files.readString(file).replaceFirst("\r?\n\\z", "")));
        } catch (IOException e) {
            throw new IllegalArgumentException("must be in a file that can be read: " + reason(file, e), e);
        }
    }

    private static boolean truth(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("not true or false");
        };
    }

    private static Duration duration(String text) {
        Matcher form = DURATION.matcher(text.strip());
        if (!form.matches()) {
            throw new IllegalArgumentException("not a duration");
        }
        long amount = Long.parseLong(form.group(1));
        return switch (form.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    private static Object enumConstant(Class<?> type, String text) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.toString().equalsIgnoreCase(text.strip()))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new);
    }
}
