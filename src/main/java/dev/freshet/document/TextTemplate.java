package dev.freshet.document;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.freshet.change.Row;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * A Mustache template over the columns of a row. Nothing is escaped; a column that the row does not have is an error; null
 * is nothing. Null, false, the empty text, the empty list and the empty object leave a section out; zero does not.
 *
 * <p>Safe for use by several threads.
 */
final class TextTemplate {

    private static final Mustache.Compiler MUSTACHE = Mustache.compiler()
            .escapeHTML(false)
            .nullValue("")
            .strictSections(true)
            .emptyStringIsFalse(true)
            .withFormatter(TemplateNames::text)
            .withCollector(new TemplateNames.Collector());

    private final Template template;
    private final Set<String> columns;

    private TextTemplate(Template template, Set<String> columns) {
        this.template = template;
        this.columns = Collections.unmodifiableSet(columns);
    }

    /**
     * @param part the part of the mapping that the template is, for the message
     * @throws MappingException if the template is not one that could be rendered
     */
    static TextTemplate compile(String mapping, String part, String source) {
        Template template;
        var names = new Names(source);
        try {
            template = MUSTACHE.compile(source);
            template.visit(names);
        } catch (MustacheException | UnsupportedOperationException e) {
            throw new MappingException(mapping, part, e.getMessage() + "; tags are written {{column}}");
        } catch (StringIndexOutOfBoundsException e) {
            // This is how JMustache fails on {{}}.
            throw new MappingException(mapping, part, "a tag is empty; tags are written {{column}}");
        }
        if (names.columns.isEmpty()) {
            throw new MappingException(
                    mapping, part, "'" + source.strip() + "' names no column; a column is written {{column}}");
        }
        return new TextTemplate(template, names.columns);
    }

    /** The columns it may read; a name inside a section counts, though it may be found in an object of a json column. */
    Set<String> columns() {
        return columns;
    }

    String render(Row row) throws Refusal {
        try {
            return template.execute(new TemplateNames.RowHolder(row));
        } catch (MustacheException.Context e) {
            throw new Refusal("line " + e.lineNo + ": " + reason(e.key, row));
        } catch (MustacheException e) {
            throw new Refusal(String.valueOf(e.getMessage()));
        }
    }

    private static String reason(String name, Row row) {
        String column = Names.column(name);
        return row.values().containsKey(column)
                ? "'" + name + "' goes into something that is not an object"
                : ColumnNames.missing(column, row.values().keySet());
    }

    /** Collects the columns that the tags name, and refuses tags that cannot work. */
    private static final class Names implements Mustache.Visitor {

        private static final Set<String> SPECIAL = Set.of(".", "this", "-first", "-last", "-index");

        private final boolean delimitersChange;
        private final Set<String> columns = new TreeSet<>();

        private Names(String source) {
            this.delimitersChange = source.contains("{{=");
        }

        private static String column(String name) {
            String path = name.startsWith("this.") ? name.substring("this.".length()) : name;
            int dot = path.indexOf('.');
            return dot < 0 ? path : path.substring(0, dot);
        }

        private void add(String name) {
            if (SPECIAL.contains(name)) {
                return;
            }
            if (name.isEmpty() || name.startsWith(".") || name.endsWith(".") || name.contains("..")) {
                throw new MustacheException("{{" + name + "}} is not a column, nor a path into one");
            }
            columns.add(column(name));
        }

        @Override
        public void visitText(String text) {
            // JMustache takes a tag that is not closed for text.
            if (text.contains("{{") && !delimitersChange) {
                throw new MustacheException("a tag is not closed: "
                        + text.substring(text.indexOf("{{")).strip());
            }
        }

        @Override
        public void visitVariable(String name) {
            add(name);
        }

        @Override
        public boolean visitSection(String name) {
            add(name);
            return true;
        }

        @Override
        public boolean visitInvertedSection(String name) {
            add(name);
            return true;
        }

        @Override
        public boolean visitInclude(String name) {
            throw new MustacheException("{{>" + name + "}}: there are no other templates to include");
        }

        @Override
        public boolean visitParent(String name) {
            throw new MustacheException("{{<" + name + "}}: there are no other templates to extend");
        }

        @Override
        public boolean visitBlock(String name) {
            throw new MustacheException("{{$" + name + "}}: there are no other templates to extend");
        }
    }
}
