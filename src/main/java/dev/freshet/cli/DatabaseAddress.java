package dev.freshet.cli;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and who asks, of what people have at hand.
 *
 * @param url for JDBC, without user and password
 * @param user empty when it is not said
 * @param password null when it is not said
 */
record DatabaseAddress(String url, String user, @Nullable String password) {

    private static final Pattern FORM = Pattern.compile(
            "(?:jdbc:)?(?:postgres(?:ql)?://)?(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<host>[^/?@\\s]+)/(?<rest>[^/\\s][^\\s]*)");
    private static final Pattern LOGIN = Pattern.compile("([?&])(user|password)=([^&]*)");

    /** Reads a JDBC URL, a {@code postgres://} URL, or {@code host:port/database}. */
    static DatabaseAddress parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new CommandFailure("that is not the URL of a database: write jdbc:postgresql://host:port/database");
        }
        String user = decoded(form.group("user"));
        String password = decoded(form.group("password"));
        String rest = form.group("rest");
        for (Matcher login = LOGIN.matcher(rest); login.find(); login = LOGIN.matcher(rest)) {
            if (login.group(2).equals("user")) {
                user = decoded(login.group(3));
            } else {
                password = decoded(login.group(3));
            }
            String before = rest.substring(0, login.start());
            String after = rest.substring(login.end());
            rest = after.isEmpty() ? before : before + login.group(1) + after.substring(1);
        }
        return new DatabaseAddress(
                "jdbc:postgresql://" + form.group("host") + "/" + rest, user == null ? "" : user, password);
    }

    private static @Nullable String decoded(@Nullable String text) {
        return text == null ? null : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    DatabaseAddress as(String role) {
        return new DatabaseAddress(url, role, password);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return url + " as " + user;
    }
}
