package dev.freshet.change;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A W3C trace context (traceparent), by which a change is followed from whoever made it to whoever finds it.
 *
 * @param traceId 32 lower-case hexadecimal digits, not all zero
 * @param parentId 16 lower-case hexadecimal digits, not all zero: the span that the change was made in
 * @param flags 2 lower-case hexadecimal digits; {@code 01} when the trace was sampled
 */
public record Traceparent(String traceId, String parentId, String flags) {

    /** Later versions may say more behind the flags, and mean the same by what stands before. */
    private static final Pattern FORM =
            Pattern.compile("(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    /** Nobody has recorded a span under an id that was made here. */
    private static final String NOT_SAMPLED = "00";

    private static final int TRACE_BYTES = 16;
    private static final int PARENT_BYTES = 8;

    public Traceparent {
        requireNonNull(traceId);
        requireNonNull(parentId);
        requireNonNull(flags);
        if (!FORM.matcher(text(traceId, parentId, flags)).matches()) {
            throw new IllegalArgumentException("'" + text(traceId, parentId, flags) + "' is no traceparent");
        }
    }

    /** Reads the W3C form; nothing where the text is not of it, which by W3C is as good as no text. */
    public static Optional<Traceparent> parse(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        Matcher matcher = FORM.matcher(text.strip());
        boolean matches = matcher.matches() && (matcher.group(5) == null || !"00".equals(matcher.group(1)));
        return matches
                ? Optional.of(new Traceparent(matcher.group(2), matcher.group(3), matcher.group(4)))
                : Optional.empty();
    }

    /**
     * Made of where a change stands and what it is about: the same whenever the same change is read from the log again,
     * and different for all others.
     *
     * @param key of the row; empty for a change of the whole table
     */
    public static Traceparent of(SourcePosition position, TableId table, String key) {
        String change =
                String.join("\n", position.connector(), position.version().toString(), table.toString(), key);
        byte[] digest = sha256(change);
        HexFormat hex = HexFormat.of();
        return new Traceparent(
                hex.formatHex(digest, 0, TRACE_BYTES),
                hex.formatHex(digest, TRACE_BYTES, TRACE_BYTES + PARENT_BYTES),
                NOT_SAMPLED);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String text(String traceId, String parentId, String flags) {
        return "00-" + traceId + "-" + parentId + "-" + flags;
    }

    /** The W3C form, as {@link #parse} reads it. */
    @Override
    public String toString() {
        return text(traceId, parentId, flags);
    }
}
