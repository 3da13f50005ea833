package dev.freshet.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces references to environment variables, with or without a default, which is taken when the variable is unset or
 * empty, as in a shell. A doubled dollar sign before a brace stands for the characters themselves; a dollar sign before
 * two braces is left alone, because in a template it means just that before a column.
 */
record Variables(Map<String, String> environment) {

    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\$\\{|\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}|\\$\\{(?!\\{)");

    /** @throws IllegalArgumentException naming every variable that is not set */
    String expand(String text) {
        List<String> missing = new ArrayList<>();
        String expanded =
                REFERENCE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(replace(match, missing)));
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("the environment has no " + String.join(" and no ", missing)
                    + "; set it, or give a default: ${" + missing.getFirst() + ":-default}");
        }
        return expanded;
    }

    private String replace(MatchResult match, List<String> missing) {
        if (match.group().equals("$${")) {
            return "${";
        }
        String name = match.group(1);
        if (name == null) {
            throw new IllegalArgumentException(
                    "'${' must begin a variable, ${NAME} or ${NAME:-default}; write $${ for the characters themselves");
        }
        String value = environment.get(name);
        String otherwise = match.group(2);
        if (otherwise != null && (value == null || value.isEmpty())) {
            return otherwise;
        }
        if (value == null) {
            missing.add(name);
            return "";
        }
        return value;
    }
}
