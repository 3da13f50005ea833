package dev.freshet.index.qdrant;

import dev.freshet.index.IndexException;
import dev.freshet.index.IndexException.Kind;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The server refused a call or did not answer it, and what that says about asking again. */
final class CallFailed extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final Metadata.Key<String> RETRY_AFTER =
            Metadata.Key.of("retry-after", Metadata.ASCII_STRING_MARSHALLER);

    private final Code code;
    private final @Nullable Duration retryAfter;

    private CallFailed(Code code, @Nullable Duration retryAfter, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.retryAfter = retryAfter;
    }

    static CallFailed of(String what, String server, StatusRuntimeException e) {
        Status status = e.getStatus();
        // Behind its first line gRPC tells what its channel is made of.
        String said = Stream.of(status.getDescription(), root(e))
                .filter(Objects::nonNull)
                .flatMap(part -> part.lines().limit(1))
                .distinct()
                .map(part -> ": " + part)
                .collect(Collectors.joining());
        return new CallFailed(
                status.getCode(),
                retryAfter(e.getTrailers()),
                "Cannot " + what + " in Qdrant at " + server + ": " + status.getCode() + said + advice(status),
                e);
    }

    /** What lies below, such as a certificate that is not trusted: gRPC says no more than "io exception" of it. */
    private static @Nullable String root(StatusRuntimeException e) {
        Throwable root = e.getCause();
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        return root == null ? null : root.getMessage();
    }

    /** The server took an update but did not carry it out in time; it may still do so. */
    static CallFailed notCompleted(String what, String server, String status) {
        return new CallFailed(
                Code.DEADLINE_EXCEEDED,
                null,
                "Cannot " + what + " in Qdrant at " + server + ": the update was answered with " + status
                        + " instead of Completed",
                null);
    }

    private static @Nullable Duration retryAfter(@Nullable Metadata trailers) {
        String seconds = trailers == null ? null : trailers.get(RETRY_AFTER);
        return seconds != null && seconds.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(seconds)) : null;
    }

    private static String advice(Status status) {
        return switch (status.getCode()) {
            case UNAUTHENTICATED, PERMISSION_DENIED -> ". Check the key index.qdrant.apiKey and what it may do";
            case UNIMPLEMENTED -> ". This is no gRPC port of Qdrant (6334), or the server is too old";
            case UNAVAILABLE, DEADLINE_EXCEEDED ->
                ". Check that it runs, index.qdrant.host, index.qdrant.port (gRPC), index.qdrant.tls and"
                        + " index.qdrant.trustedCertificates";
            default -> "";
        };
    }

    Code code() {
        return code;
    }

    /** When the server wants to be asked again, if it said so. */
    Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Whether the server might take a part of what it refused: it was too much at once. */
    boolean asksForLess() {
        String said = String.valueOf(getMessage()).toLowerCase(Locale.ROOT);
        return switch (code) {
            case RESOURCE_EXHAUSTED -> retryAfter == null;
            case OUT_OF_RANGE -> said.contains("message length");
            // Strict mode.
            case INVALID_ARGUMENT -> said.contains("limit exceeded");
            default -> false;
        };
    }

    boolean isMissing() {
        return code == Code.NOT_FOUND;
    }

    /**
     * What the pipeline is told. A key that is refused is no fault of the documents: they must wait until somebody has
     * repaired it, and not become dead letters, each one.
     */
    IndexException toIndexException() {
        Kind kind = switch (code) {
            case INVALID_ARGUMENT, OUT_OF_RANGE, ALREADY_EXISTS, UNIMPLEMENTED, NOT_FOUND -> Kind.PERMANENT;
            case RESOURCE_EXHAUSTED -> Kind.OVERLOADED;
            case OK,
                    CANCELLED,
                    UNKNOWN,
                    DEADLINE_EXCEEDED,
                    PERMISSION_DENIED,
                    FAILED_PRECONDITION,
                    ABORTED,
                    INTERNAL,
                    UNAVAILABLE,
                    DATA_LOSS,
                    UNAUTHENTICATED -> Kind.TRANSIENT;
        };
        return new IndexException(kind, String.valueOf(getMessage()), retryAfter, this);
    }
}
