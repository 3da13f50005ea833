package dev.freshet.source;

import dev.freshet.diagnosis.Problem;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says why there is no connection to the server, and what to do. */
final class ConnectionProblem {

    private static final Pattern URL = Pattern.compile("jdbc:postgresql://([^/]+)/([^?]*).*", Pattern.DOTALL);

    private final SQLException failure;
    private final String server;
    private final String database;
    private final String user;

    private ConnectionProblem(SQLException failure, String url, String user) {
        Matcher parts = URL.matcher(url);
        this.failure = failure;
        this.server = parts.matches() ? parts.group(1) : "the server";
        this.database = parts.matches() ? parts.group(2) : "";
        this.user = user;
    }

    static Problem of(SQLException failure, String url, String user) {
        return new ConnectionProblem(failure, url, user).explain();
    }

    private Problem explain() {
        String state = failure.getSQLState() == null ? "" : failure.getSQLState();
        String message = String.valueOf(failure.getMessage());
        return switch (state) {
            case "28P01" ->
                Problem.of(
                        "the server at %s refuses the password of user %s".formatted(server, user),
                        "Check source.password and source.user; a new password is set with",
                        "ALTER ROLE " + PostgresDatabase.quoted(user) + " PASSWORD '...';");
            case "28000" -> notLetIn(message);
            case "3D000" ->
                Problem.of(
                        "the server at %s has no database %s".formatted(server, database),
                        "Correct the end of source.url; the server's databases are shown by",
                        "SELECT datname FROM pg_database;");
            case "42501" ->
                Problem.of(
                        "user %s may not connect to database %s at %s".formatted(user, database, server),
                        "Run as the database's owner",
                        "GRANT CONNECT ON DATABASE %s TO %s;"
                                .formatted(PostgresDatabase.quoted(database), PostgresDatabase.quoted(user)));
            case "53300" ->
                Problem.of(
                        "the server at %s has no connection left: %s".formatted(server, message),
                        "Close some, or raise max_connections");
            case "57P03" ->
                Problem.of("the server at %s is not ready: %s".formatted(server, message), "Try again in a moment");
            default -> unreachable(message);
        };
    }

    private Problem notLetIn(String message) {
        if (message.contains("pg_hba.conf")) {
            boolean plain = message.contains("no encryption");
            return Problem.of(
                    "the server at %s lets user %s not in from here: %s".formatted(server, user, message),
                    (plain ? "If it wants TLS, add ?sslmode=require to source.url; otherwise give its" : "Give its")
                            + " pg_hba.conf a line (host %s %s <our address> scram-sha-256) before any that rejects it, and run"
                                    .formatted(database, user),
                    "SELECT pg_reload_conf();");
        }
        if (message.contains("does not exist")) {
            return Problem.of(
                    "the server at %s has no user %s".formatted(server, user),
                    "Correct source.user, or make it as a superuser",
                    "CREATE ROLE %s LOGIN REPLICATION PASSWORD '...';".formatted(PostgresDatabase.quoted(user)));
        }
        return Problem.of(
                "the server at %s does not let user %s in: %s".formatted(server, user, message),
                "Check source.user, source.password and the server's pg_hba.conf");
    }

    private Problem unreachable(String message) {
        String check = "Check host and port in source.url";
        if (message.contains("does not support SSL")) {
            return Problem.of(
                    "the server at " + server + " speaks no TLS, and source.url asks for it (sslmode)",
                    "Remove sslmode from source.url, or turn TLS on at the server (ssl = on)");
        }
        if (has(UnknownHostException.class)) {
            return Problem.of("the name of the host in %s is not known here".formatted(server), check + ", and DNS");
        }
        if (has(SocketTimeoutException.class) || message.contains("timed out")) {
            return Problem.of(
                    "the server at " + server + " does not answer",
                    check + ", and the firewalls between here and there");
        }
        if (has(ConnectException.class) || has(NoRouteToHostException.class)) {
            return Problem.of(
                    "nothing answers at %s (%s)".formatted(server, root()),
                    check + ", that the server runs, and that it listens there (listen_addresses)");
        }
        if (has(SSLException.class)) {
            return Problem.of(
                    "no TLS connection to %s: %s".formatted(server, root()),
                    "Check sslmode and sslrootcert in source.url against the server's certificate");
        }
        if (has(EOFException.class) || message.contains("Protocol error") || message.contains("unusual")) {
            return Problem.of("what answers at %s does not speak PostgreSQL's protocol".formatted(server), check);
        }
        return Problem.of(
                "no connection to %s: %s".formatted(server, message), check + ", source.user and source.password");
    }

    private boolean has(Class<? extends Throwable> type) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private String root() {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
