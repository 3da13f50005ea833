package dev.freshet.document;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256, in hexadecimal, over JSON values. Each value is written with its type and its length, so that different
 * values are different bytes; the order of an object's keys does not count. The result is the same on every machine and
 * in every version: it is stored and compared later.
 */
public final class ContentHash {

    private final MessageDigest digest;

    private ContentHash(MessageDigest digest) {
        this.digest = digest;
    }

    /** The hash of what every chunk of the document carries beside its text: id, metadata and tenant. */
    public static String payloadHash(Document document) {
        return payloadHash(document.id(), document.metadata(), document.tenant());
    }

    /** The hash of these as the payload of a document. */
    public static String payloadHash(String id, Map<String, @Nullable Object> metadata, @Nullable String tenant) {
        return of(Arrays.asList(id, metadata, tenant));
    }

    /**
     * The hash of a JSON value, as {@link Document#metadata} holds them.
     *
     * @throws IllegalArgumentException if it is none, or holds one that is none
     */
    static String of(@Nullable Object value) {
        try {
            var hash = new ContentHash(MessageDigest.getInstance("SHA-256"));
            hash.add(value);
            return HexFormat.of().formatHex(hash.digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private void add(@Nullable Object value) {
        switch (value) {
            case null -> digest.update((byte) 'n');
            case Boolean b -> digest.update((byte) (b ? 't' : 'f'));
            case Long l -> addNumber('l', l);
            case Double d -> addNumber('d', Double.doubleToLongBits(d));
            case BigDecimal d -> addText('b', d.toString());
            case String s -> addText('s', s);
            case List<?> list -> {
                addNumber('[', list.size());
                list.forEach(this::add);
            }
            case Map<?, ?> map -> addMap(map);
            default -> throw new IllegalArgumentException(value.getClass().getName() + " is no JSON value");
        }
    }

    private void addMap(Map<?, ?> map) {
        Map<String, @Nullable Object> sorted = new TreeMap<>();
        map.forEach((key, value) -> sorted.put((String) key, value));
        addNumber('{', sorted.size());
        sorted.forEach((key, value) -> {
            addText('s', key);
            add(value);
        });
    }

    private void addNumber(char type, long number) {
        digest.update((byte) type);
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    }

    /** UTF-16 as it is in memory: UTF-8 would make one of all lone surrogates. */
    private void addText(char type, String text) {
        addNumber(type, text.length());
        ByteBuffer characters = ByteBuffer.allocate(text.length() * Character.BYTES);
        characters.asCharBuffer().put(text);
        digest.update(characters);
    }
}
