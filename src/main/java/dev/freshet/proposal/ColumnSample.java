package dev.freshet.proposal;

import dev.freshet.change.Row;
import dev.freshet.source.Column;
import dev.freshet.source.ColumnType;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A column and what its first values look like.
 *
 * @param values how many there are that are not null
 * @param nulls whether there are others
 * @param length how many characters a value has on average
 * @param words how many words a value has on average
 * @param distinct how many different values there are
 * @param markdown which part of the values has Markdown in it
 * @param code whether the values are uuids, URLs, hashes and the like, which mean nothing as text
 */
record ColumnSample(
        Column column,
        int values,
        boolean nulls,
        double length,
        double words,
        int distinct,
        double markdown,
        boolean code) {

    private static final Pattern MARKDOWN =
            Pattern.compile("(?m)^#{1,6} \\S|^[-*] \\S|^\\d+\\. \\S|^```|\\]\\(\\S+\\)|\\*\\*\\S");
    private static final Pattern CODE = Pattern.compile(
            "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|\\w+://\\S+|/\\S*|[\\w.+-]+@[\\w.-]+|[A-Za-z0-9+/_-]{24,}=*");
    private static final Pattern SPACE = Pattern.compile("\\s+");

    /** They change all the time, and nobody searches by them. */
    private static final Pattern COUNTERS =
            Pattern.compile(".*(count|counts|views|score|position|number|rank|hits)|(num|total).*");

    /** Nothing of these may get into an index by accident. */
    private static final Pattern PRIVATE = Pattern.compile(
            ".*(password|passwd|secret|token|salt|digest|apikey|encrypted|credential|session|email|phone|ssn|iban|birth).*|.*ip|ip.*addr.*|.*hash");

    private static final Set<String> TITLES =
            Set.of("title", "name", "subject", "headline", "heading", "question", "label", "displayname", "fullname");
    private static final Set<String> BODIES = Set.of(
            "body",
            "content",
            "contents",
            "text",
            "raw",
            "description",
            "message",
            "comment",
            "summary",
            "abstract",
            "notes",
            "note",
            "answer",
            "details",
            "bio",
            "excerpt",
            "review",
            "cooked",
            "plot",
            "overview");
    private static final Set<String> TENANTS = Set.of(
            "tenant",
            "tenantid",
            "org",
            "orgid",
            "organization",
            "organizationid",
            "organisationid",
            "account",
            "accountid",
            "workspaceid",
            "companyid");

    static ColumnSample of(Column column, List<Row> rows) {
        List<String> texts = rows.stream()
                .map(row -> row.get(column.name()))
                .filter(Objects::nonNull)
                .map(Object::toString)
                .filter(text -> !text.isBlank())
                .toList();
        int count = Math.max(1, texts.size());
        return new ColumnSample(
                column,
                texts.size(),
                texts.size() < rows.size(),
                texts.stream().mapToInt(String::length).sum() / (double) count,
                texts.stream()
                                .mapToInt(text -> SPACE.split(text.strip()).length)
                                .sum()
                        / (double) count,
                new HashSet<>(texts).size(),
                texts.stream().filter(text -> MARKDOWN.matcher(text).find()).count() / (double) count,
                !texts.isEmpty()
                        && texts.stream()
                                                .filter(text ->
                                                        CODE.matcher(text).matches())
                                                .count()
                                        * 2
                                > texts.size());
    }

    String name() {
        return column.name();
    }

    private String plainName() {
        return name().toLowerCase(Locale.ROOT).replaceAll("[_\\- ]", "");
    }

    boolean isPrivate() {
        return PRIVATE.matcher(plainName()).matches();
    }

    private boolean isText() {
        return column.type() == ColumnType.TEXT || column.type() == ColumnType.CHARACTER;
    }

    /** Whether a template can name it. */
    private boolean hasTemplateName() {
        return name().matches("[A-Za-z_][A-Za-z0-9_]*");
    }

    boolean isTitle() {
        return isText() && hasTemplateName() && !code && !isPrivate() && TITLES.contains(plainName());
    }

    /** Whether people wrote it to be read: by its name where there are no values, otherwise by what it says. */
    boolean isProse() {
        if (!isText() || !hasTemplateName() || code || isPrivate()) {
            return false;
        }
        boolean named = BODIES.contains(plainName());
        if (values == 0) {
            return named;
        }
        boolean repeated = values >= 10 && distinct * 4 < values;
        return !repeated && (named ? words >= 2 : words >= 4 && length >= 24);
    }

    /** Whether it says whose row it is, of every row. */
    boolean isTenant() {
        boolean comparable = switch (column.type()) {
            case TEXT, CHARACTER, INTEGER -> true;
            default -> false;
        };
        return comparable && !nulls && TENANTS.contains(plainName());
    }

    /** Whether rows are marked as deleted by it, and by what expression those that are not are found. */
    String notDeleted() {
        return switch (plainName()) {
            case "deletedat", "discardedat", "archivedat" -> reference() + " == null";
            case "deleted", "isdeleted" -> column.type() == ColumnType.BOOLEAN ? reference() + " != true" : "";
            default -> "";
        };
    }

    private String reference() {
        return hasTemplateName() ? "row." + name() : "row['" + name().replace("'", "\\'") + "']";
    }

    /** Whether a search would be limited by it: few values, numbers, times, labels. */
    boolean isFilter() {
        if (isPrivate() || COUNTERS.matcher(plainName()).matches() || (values == 0 && nulls)) {
            return false;
        }
        return switch (column.type()) {
            case BOOLEAN, INTEGER, DECIMAL, DATE, TIMESTAMP, TIMESTAMP_WITH_ZONE -> true;
            case TEXT, CHARACTER -> length <= 64 && words <= 3 && (values < 5 || distinct * 2 <= values || isId());
            case ARRAY -> column.element() == ColumnType.TEXT && length <= 200;
            case FLOAT, JSON, TIME, TIME_WITH_ZONE, BYTES, OTHER -> false;
        };
    }

    private boolean isId() {
        return plainName().endsWith("id");
    }
}
