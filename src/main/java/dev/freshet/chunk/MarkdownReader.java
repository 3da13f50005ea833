package dev.freshet.chunk;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Block;
import org.commonmark.node.Code;
import org.commonmark.node.Document;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.SourceSpan;
import org.commonmark.node.Text;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;

/** Reads the outline of a Markdown text: its headings, blocks and sentences. */
final class MarkdownReader {

    /** Finds blocks only: what is inside them matters for headings alone, which are parsed once more. */
    private static final Parser BLOCKS = Parser.builder()
            .includeSourceSpans(IncludeSourceSpans.BLOCKS)
            .inlineParserFactory(context -> (lines, block) -> {})
            .build();

    private static final Parser INLINES = Parser.builder().build();

    /** Of a longer title only so much is read; it would be shortened anyway. */
    private static final int TITLE_CHARACTERS = 500;

    /** The line under the header of a table: tables are no part of CommonMark, and look like paragraphs to it. */
    private static final Pattern TABLE_RULE =
            Pattern.compile("[ \\t>]*\\|?[ \\t]*:?-+:?[ \\t]*(\\|[ \\t]*:?-*:?[ \\t]*)++");

    private final Outline outline;
    private final Deque<Heading> above = new ArrayDeque<>();
    private final Deque<String> titles = new ArrayDeque<>();

    private MarkdownReader(Outline outline) {
        this.outline = outline;
    }

    static Outline read(String text) {
        Outline outline = new Outline(text);
        outline.markLines(Strength.SOFT_LINE, Strength.PARAGRAPH);
        outline.markSentences();
        new MarkdownReader(outline).blocks(BLOCKS.parse(text));
        return outline;
    }

    /** In the order of the text, and without recursion, since quotes and lists can be nested without limit. */
    private void blocks(Node document) {
        Node node = document.getFirstChild();
        while (node != null) {
            if (node instanceof Block block && !block.getSourceSpans().isEmpty()) {
                block(block);
            }
            Node next = node.getFirstChild();
            while (next == null && node != null) {
                next = node.getNext();
                node = node.getParent();
            }
            node = next;
        }
    }

    private void block(Block block) {
        List<SourceSpan> spans = block.getSourceSpans();
        int start = spans.getFirst().getInputIndex();
        int end = spans.getLast().getInputIndex() + spans.getLast().getLength();
        if (block instanceof Heading heading && heading.getParent() instanceof Document) {
            heading(heading, start, end);
        } else if (block instanceof FencedCodeBlock
                || block instanceof IndentedCodeBlock
                || block instanceof HtmlBlock
                || (block instanceof Paragraph && isTable(spans))) {
            whole(start, end);
        } else if (block instanceof ListItem) {
            outline.mark(start, Strength.LINE);
        }
    }

    private void whole(int start, int end) {
        outline.keepTogether(start, end);
        outline.mark(start, Strength.LINE);
        outline.mark(end, Strength.LINE);
    }

    private void heading(Heading heading, int start, int end) {
        while (!above.isEmpty() && above.getLast().getLevel() >= heading.getLevel()) {
            above.removeLast();
            titles.removeLast();
        }
        above.addLast(heading);
        titles.addLast(title(outline.text().substring(start, end)));
        List<String> path = new ArrayList<>(titles);
        path.removeIf(String::isEmpty);
        outline.section(start, end, Strength.heading(heading.getLevel()), path);
    }

    private static String title(String source) {
        StringBuilder title = new StringBuilder();
        INLINES.parse(source.substring(0, Math.min(source.length(), TITLE_CHARACTERS)))
                .accept(new AbstractVisitor() {
                    @Override
                    public void visit(Text text) {
                        title.append(text.getLiteral());
                    }

                    @Override
                    public void visit(Code code) {
                        title.append(code.getLiteral());
                    }

                    @Override
                    public void visit(SoftLineBreak lineBreak) {
                        title.append(' ');
                    }

                    @Override
                    public void visit(HardLineBreak lineBreak) {
                        title.append(' ');
                    }
                });
        return title.toString().strip();
    }

    private boolean isTable(List<SourceSpan> spans) {
        if (spans.size() < 2) {
            return false;
        }
        SourceSpan rule = spans.get(1);
        String line = outline.text().substring(rule.getInputIndex(), rule.getInputIndex() + rule.getLength());
        return line.indexOf('|') >= 0 && TABLE_RULE.matcher(line).matches();
    }
}
