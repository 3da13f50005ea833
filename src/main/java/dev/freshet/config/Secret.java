package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A password or key: printed as {@code ***}, so that no log, exception or rendered configuration gives it away. */
public final class Secret {

    private static final Pattern HEADER = Pattern.compile("[\\t -~]*");

    private final String value;

    public Secret(String value) {
        this.value = requireNonNull(value);
    }

    /** The secret itself, for the one call that needs it. */
    public String value() {
        return value;
    }

    /** Whether a header can carry it; what refuses it later would repeat it in its complaint. */
    boolean fitsHeader() {
        return HEADER.matcher(value).matches();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && value.equals(secret.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
