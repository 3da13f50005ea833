package dev.freshet.embed;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnresolvedModelServerException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Why a request to an embedding service failed, and whose fault that may be. */
final class ServiceFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What to do about it. */
    enum Kind {
        /** Nobody answers: try again. */
        UNREACHABLE,
        /** No complete answer in time, an error of the server's, or nonsense: try again, the texts may be at fault. */
        BROKEN,
        /** Too much at once: try again when it says so. */
        THROTTLED,
        /** Key, address or model are wrong: slowly try again, people have to do something. */
        MISCONFIGURED,
        /** It does not want these texts, whatever the reason. */
        REFUSED,
        /** A text, or all texts together, are longer than it takes. */
        TOO_LONG,
        /** The vector of a text is none. */
        BAD_VECTOR
    }

    private static final Pattern LENGTH = Pattern.compile(
            "(?i)context (length|size|window)|context_length|too long|too many tokens|max\\w*[ _](input|sequence|token|context)\\w*"
                    + "|exceeds? .*(token|length|context)|must have less than \\d+ tokens|input is too large|tokens per request");

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    ServiceFailure(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    ServiceFailure(Kind kind, String message) {
        this(kind, message, null, null);
    }

    /** Finds out what a call of LangChain4j's failed with. */
    static ServiceFailure of(Exception failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            switch (each) {
                case ServiceFailure known -> {
                    return known;
                }
                case ServiceHttp.Refusal refusal -> {
                    return ofStatus(refusal.statusCode(), refusal.getMessage(), refusal.retryAfter(), failure);
                }
                case HttpException http -> {
                    return ofStatus(http.statusCode(), "HTTP " + http.statusCode(), null, failure);
                }
                case ConnectException none -> {
                    return unreachable("no connection (" + none.getClass().getSimpleName() + ")", failure);
                }
                case UnresolvedAddressException unknown -> {
                    return unreachable("unknown host", failure);
                }
                case UnknownHostException unknown -> {
                    return unreachable("unknown host", failure);
                }
                case UnresolvedModelServerException unknown -> {
                    return unreachable("unknown host", failure);
                }
                case HttpConnectTimeoutException late -> {
                    return unreachable("no connection in time", failure);
                }
                case HttpTimeoutException late -> {
                    return new ServiceFailure(Kind.BROKEN, "no complete answer in time", null, failure);
                }
                case TimeoutException late -> {
                    if (late.getCause() == null) {
                        return new ServiceFailure(Kind.BROKEN, "no complete answer in time", null, failure);
                    }
                }
                case IOException broken -> {
                    return new ServiceFailure(
                            Kind.BROKEN,
                            broken instanceof com.fasterxml.jackson.core.JacksonException
                                    ? "the answer is not what the protocol says"
                                    : "the connection broke ("
                                            + broken.getClass().getSimpleName() + ")",
                            null,
                            failure);
                }
                default -> {}
            }
        }
        return new ServiceFailure(Kind.BROKEN, "the answer is not what the protocol says", null, failure);
    }

    private static ServiceFailure unreachable(String message, Throwable cause) {
        return new ServiceFailure(Kind.UNREACHABLE, message, null, cause);
    }

    private static ServiceFailure ofStatus(
            int status, @Nullable String text, @Nullable Duration retryAfter, Throwable cause) {
        String message = text == null ? "HTTP " + status : text;
        return new ServiceFailure(kind(status, message), message, retryAfter, cause);
    }

    private static Kind kind(int status, String message) {
        return switch (status) {
            case 408, 409, 425 -> Kind.BROKEN;
            case 429 -> Kind.THROTTLED;
            case 401, 402, 403, 404, 405, 407 -> Kind.MISCONFIGURED;
            case 413 -> Kind.TOO_LONG;
            default -> {
                if (LENGTH.matcher(message).find()) {
                    yield Kind.TOO_LONG;
                }
                yield status >= 400 && status < 500 ? Kind.REFUSED : status < 400 ? Kind.MISCONFIGURED : Kind.BROKEN;
            }
        };
    }

    Kind kind() {
        return kind;
    }

    @Nullable Duration retryAfter() {
        return retryAfter;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
