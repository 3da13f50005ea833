package dev.freshet.index.lucene;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.lucene.util.BytesRef;

/** Terms of any string: Lucene refuses a term of more than 32766 bytes, so a long one is replaced by its SHA-256. */
final class Terms {

    private static final int LONGEST = 1_024;

    private Terms() {}

    static BytesRef of(String text) {
        var term = new BytesRef(text);
        return term.length <= LONGEST ? term : new BytesRef("\u0001sha256:" + sha256(text));
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
