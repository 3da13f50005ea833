package dev.freshet.document;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import dev.cel.common.CelIssue;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.CelValidationException;
import dev.cel.runtime.CelEvaluationException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Says in people's words what CEL has against an expression, and never tells a row's values. */
final class MembershipProblem {

    private static final Pattern OFFSET = Pattern.compile("at <input>:(\\d+)");
    private static final Pattern FUNCTION = Pattern.compile("for function '_?([^']+?)_?'");
    private static final Pattern UNDECLARED = Pattern.compile("undeclared reference to '([^']*)'.*");

    private MembershipProblem() {}

    /** Why an expression does not compile: what, where (with the line and a caret below it), and the way out. */
    static String ofCompilation(String expression, CelValidationException e) {
        CelIssue issue = e.getErrors().getFirst();
        CelSourceLocation location = issue.getSourceLocation();
        List<String> lines = expression.lines().toList();
        if (location.getLine() < 1 || location.getLine() > lines.size()) {
            return "'%s': %s".formatted(expression, issue.getMessage());
        }
        String line = lines.get(location.getLine() - 1);
        int column = Math.clamp(location.getColumn(), 0, line.length());
        String what = issue.getMessage()
                .replaceFirst(" expecting (\\{.*|.*<EOF>.*)$", "")
                .replace(" (in container '')", "");
        return "%s at line %d, column %d; %s%n  %s%n  %s^"
                .formatted(
                        what,
                        location.getLine(),
                        column + 1,
                        wayOut(issue.getMessage(), line.substring(column)),
                        line,
                        " ".repeat(column));
    }

    private static String wayOut(String message, String rest) {
        if (message.contains("at: '= ") || message.contains("at: '='")) {
            return "equality is written ==";
        }
        if (rest.matches("(?is)(and|or|not|is|like|between)\\b.*")) {
            return "SQL's words are written in CEL as && || ! == null .startsWith(…) .matches(…)";
        }
        Matcher undeclared = UNDECLARED.matcher(message);
        if (undeclared.matches()) {
            String name = undeclared.group(1);
            return rest.startsWith("(")
                    ? "there is no function '" + name + "'"
                    : "a column is written row." + name + ", text in quotes";
        }
        if (message.contains("no matching overload")) {
            return "the operation does not take values of these types";
        }
        return "an expression is written like row.status == 'published' && row.deleted_at == null";
    }

    /** Why an expression has no result for a row with these values. */
    static String ofEvaluation(CelEvaluationException e, Map<String, Object> values) {
        String message = String.valueOf(e.getMessage());
        Matcher offset = OFFSET.matcher(message);
        String where = offset.find() ? " at character " + (Integer.parseInt(offset.group(1)) + 1) : "";
        String what = switch (e.getErrorCode()) {
            case OVERLOAD_NOT_FOUND -> operation(message) + " does not take values of these types";
            case INVALID_ARGUMENT -> "a value is not of the type that is needed";
            case ATTRIBUTE_NOT_FOUND -> "a field is not there, or what should hold it is no object";
            case INDEX_OUT_OF_BOUNDS -> "a list is shorter than that";
            case DIVIDE_BY_ZERO -> "a division by zero";
            case NUMERIC_OVERFLOW -> "a number is too large";
            case BAD_FORMAT -> "a text cannot be converted";
            default -> "the evaluation failed";
        };
        return what + where + types(values);
    }

    private static String operation(String message) {
        Matcher function = FUNCTION.matcher(message);
        return function.find() ? "'" + function.group(1) + "'" : "an operation";
    }

    /** The types of the columns, and how to guard an expression against those that are null. */
    static String types(Map<String, Object> values) {
        if (values.isEmpty()) {
            return "";
        }
        var sorted = new TreeMap<>(values);
        String types = sorted.entrySet().stream()
                .map(column -> "row." + column.getKey() + " is " + type(column.getValue()))
                .collect(Collectors.joining(", "));
        String guards = sorted.entrySet().stream()
                .filter(column -> column.getValue() == NullValue.NULL_VALUE)
                .map(column -> "row." + column.getKey() + " != null && ")
                .collect(Collectors.joining());
        return " (" + types + (guards.isEmpty() ? "" : "; to leave such rows out write " + guards + "…") + ")";
    }

    /** CEL's name of a value's type. */
    static String type(Object value) {
        return switch (value) {
            case NullValue none -> "null";
            case Boolean b -> "bool";
            case Long l -> "int";
            case Double d -> "double";
            case String s -> "string";
            case ByteString bytes -> "bytes";
            case Timestamp time -> "timestamp";
            case List<?> list -> "list";
            case Map<?, ?> map -> "map";
            default -> value.getClass().getSimpleName();
        };
    }
}
