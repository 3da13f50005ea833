package dev.freshet.config;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An amount of memory or text, in bytes. */
public record ByteSize(long bytes) implements Comparable<ByteSize> {

    private static final Pattern FORM = Pattern.compile("(\\d{1,18})\\s*([a-zA-Z]*)");
    private static final Map<String, Long> UNITS = Map.of(
            "", 1L,
            "b", 1L,
            "kb", 1_000L,
            "mb", 1_000_000L,
            "gb", 1_000_000_000L,
            "kib", 1L << 10,
            "mib", 1L << 20,
            "gib", 1L << 30);

    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size of " + bytes + " bytes");
        }
    }

    /**
     * Reads {@code 512}, {@code 10kB} (10,000), {@code 64KiB} (65,536), {@code 64MiB}, {@code 1GiB}, in any case.
     *
     * @throws IllegalArgumentException if it is none of these, or more than a long holds
     */
    public static ByteSize parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        Long unit = form.matches() ? UNITS.get(form.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("not a size");
        }
        try {
            return new ByteSize(Math.multiplyExact(Long.parseLong(form.group(1)), unit));
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException("a size too large", tooLarge);
        }
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** As it would be written in the configuration: in the largest binary unit that divides it. */
    @Override
    public String toString() {
        if (bytes == 0 || bytes % (1L << 10) != 0) {
            return Long.toString(bytes);
        }
        if (bytes % (1L << 20) != 0) {
            return (bytes >> 10) + "KiB";
        }
        return bytes % (1L << 30) != 0 ? (bytes >> 20) + "MiB" : (bytes >> 30) + "GiB";
    }
}
