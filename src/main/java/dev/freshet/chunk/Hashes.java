package dev.freshet.chunk;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/** The hashes that identity and cutting are built on. They are part of the stored format: the same in every release. */
final class Hashes {

    /** Long enough to tell boundaries apart, short enough that most edits leave them alone. */
    private static final int LOCAL_CHARACTERS = 32;

    private Hashes() {}

    static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(digest(bytes));
    }

    static String sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A UUID of version 8 (RFC 9562, custom) from the SHA-256 of the name. */
    static String uuid(String name) {
        ByteBuffer bytes = ByteBuffer.wrap(digest(name.getBytes(StandardCharsets.UTF_8)));
        long high = (bytes.getLong() & ~0xF000L) | 0x8000L;
        long low = (bytes.getLong() & 0x3FFFFFFFFFFFFFFFL) | 0x8000000000000000L;
        return new UUID(high, low).toString();
    }

    /** A hash, well mixed, of the few characters that follow a position, to the end of their line. */
    static int local(String text, int position) {
        int end = Math.min(text.length(), position + LOCAL_CHARACTERS);
        int hash = 0x811C9DC5;
        for (int i = position; i < end && text.charAt(i) != '\n'; i++) {
            hash = (hash ^ text.charAt(i)) * 0x01000193;
        }
        hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >>> 13)) * 0xC2B2AE35;
        return hash ^ (hash >>> 16);
    }

    private static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
