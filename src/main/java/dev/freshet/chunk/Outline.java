package dev.freshet.chunk;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Where a text can be cut, how well, and under which headings each part of it stands.
 *
 * <p>Whitespace belongs to what it follows, except the indentation of a line, which belongs to the line: so no part
 * between two boundaries is blank.
 */
final class Outline {

    /** The part of a text from {@code start} to the next section, under a path of headings, outermost first. */
    private record Section(int start, List<String> path) {}

    /** So many characters before a position tell whether it is inside a character of several code points. */
    private static final int CONTEXT = 64;

    private final String text;
    private final Strength[] strengths;
    private final List<Section> sections = new ArrayList<>();

    Outline(String text) {
        this.text = text;
        this.strengths = new Strength[text.length() + 1];
        Arrays.fill(strengths, Strength.NONE);
        sections.add(new Section(0, List.of()));
    }

    String text() {
        return text;
    }

    Strength strength(int position) {
        return strengths[position];
    }

    /** Marks the boundary nearest to a position, unless a better one is there already. */
    void mark(int position, Strength strength) {
        int boundary = boundaryAt(position);
        if (boundary > 0) {
            raise(boundary, strength);
        }
    }

    private void raise(int boundary, Strength strength) {
        if (strengths[boundary].compareTo(strength) < 0) {
            strengths[boundary] = strength;
        }
    }

    /** Marks the start of every line from the second, and those after a blank line. */
    void markLines(Strength line, Strength afterBlankLine) {
        int newlines = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isBlank(c)) {
                if (newlines > 0) {
                    mark(i, newlines > 1 ? afterBlankLine : line);
                }
                newlines = 0;
            } else if (c == '\u2029') {
                newlines += 2;
            } else if (c == '\n' || c == '\u2028' || (c == '\r' && !text.startsWith("\n", i + 1))) {
                newlines++;
            }
        }
    }

    void markSentences() {
        BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
        sentences.setText(text);
        for (int at = sentences.first(); at != BreakIterator.DONE; at = sentences.next()) {
            mark(at, Strength.SENTENCE);
        }
    }

    /** Makes lines the only places to cut between two positions. */
    void keepTogether(int from, int to) {
        for (int i = from + 1; i < to; i++) {
            strengths[i] = Strength.NONE;
        }
        for (int i = text.indexOf('\n', from); i >= 0 && i + 1 < to; i = text.indexOf('\n', i + 1)) {
            if (boundaryAt(i + 1) < to) {
                mark(i + 1, Strength.CODE_LINE);
            }
        }
    }

    /**
     * Begins a section at a heading, which stays with the text that follows it. Sections come in the order of the text.
     */
    void section(int position, int headingEnd, Strength strength, List<String> path) {
        keepTogether(position, headingEnd);
        strengths[Math.max(0, boundaryAt(headingEnd))] = Strength.NONE;
        mark(position, strength);
        int start = boundaryAt(position);
        if (start <= 0) {
            sections.clear();
        }
        sections.add(new Section(Math.max(0, start), path));
    }

    /** Marks all words and characters between two positions. */
    void markInside(int from, int to) {
        String part = text.substring(from, to);
        BreakIterator clusters = BreakIterator.getCharacterInstance(Locale.ROOT);
        clusters.setText(part);
        for (int at = clusters.next(); at != BreakIterator.DONE && at < part.length(); at = clusters.next()) {
            raise(from + at, isBlank(part.charAt(at)) ? Strength.BLANK : Strength.CLUSTER);
        }
        BreakIterator words = BreakIterator.getWordInstance(Locale.ROOT);
        words.setText(part);
        for (int at = words.next(); at != BreakIterator.DONE && at < part.length(); at = words.next()) {
            // Words may end inside a cluster, such as an emoji of several code points.
            if (strengths[from + at].compareTo(Strength.CLUSTER) >= 0) {
                raise(from + at, isBlank(part.charAt(at - 1)) ? Strength.WORD : Strength.WORD_PART);
            }
        }
    }

    /**
     * The best place to cut a part in two, somewhere in its middle half, chosen by what follows it so that it stays when
     * other things change; -1 if the part is a single code point.
     */
    int cutInside(int from, int to) {
        int quarter = (to - from) / 4;
        int best = -1;
        int bestHash = 0;
        for (int i = Math.max(from + 1, from + quarter); i <= Math.min(to - 1, to - quarter); i++) {
            int better = best < 0 ? 1 : strengths[i].compareTo(strengths[best]);
            if (strengths[i] == Strength.NONE || better < 0) {
                continue;
            }
            int hash = Hashes.local(text, i);
            if (better > 0 || hash < bestHash) {
                best = i;
                bestHash = hash;
            }
        }
        return best >= 0 ? best : nearestToMiddle(from, to);
    }

    /** For parts that are one long character, or nearly so. */
    private int nearestToMiddle(int from, int to) {
        int middle = (from + to) >>> 1;
        for (int distance = 0; middle - distance > from || middle + distance < to; distance++) {
            if (middle - distance > from && strengths[middle - distance] != Strength.NONE) {
                return middle - distance;
            }
            if (distance > 0 && middle + distance < to && strengths[middle + distance] != Strength.NONE) {
                return middle + distance;
            }
        }
        if (middle > from && Character.isSurrogatePair(text.charAt(middle - 1), text.charAt(middle))) {
            middle++;
        }
        return middle > from && middle < to ? middle : -1;
    }

    /** The words and characters that begin in {@code [from, to)}, after marking them. */
    int[] beginningsInside(int from, int to) {
        int context = Math.max(sectionStart(from), from - CONTEXT);
        markInside(context, to);
        return IntStream.range(from, to)
                .filter(i -> i == context || strengths[i].compareTo(Strength.CLUSTER) >= 0)
                .toArray();
    }

    /** The path of headings that everything between two positions stands under. */
    List<String> path(int from, int to) {
        int first = sectionAt(from);
        int last = sectionAt(to - 1);
        List<String> common = sections.get(first).path();
        for (int i = first + 1; i <= last && !common.isEmpty(); i++) {
            List<String> path = sections.get(i).path();
            int depth = 0;
            while (depth < Math.min(common.size(), path.size())
                    && common.get(depth).equals(path.get(depth))) {
                depth++;
            }
            common = common.subList(0, depth);
        }
        return common;
    }

    /** Where the section begins that a position stands in. */
    int sectionStart(int position) {
        return sections.get(sectionAt(position)).start();
    }

    static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** The boundary before the first visible character from a position on; 0 or -1 where that is no place to cut. */
    private int boundaryAt(int position) {
        int visible = position;
        while (visible < text.length() && isBlank(text.charAt(visible))) {
            visible++;
        }
        if (visible == text.length()) {
            return -1;
        }
        int start = visible;
        while (start > 0 && isBlank(text.charAt(start - 1)) && text.charAt(start - 1) != '\n') {
            start--;
        }
        if (start == 0 || text.charAt(start - 1) == '\n') {
            return isBlankBefore(start) ? 0 : start;
        }
        return visible;
    }

    private boolean isBlankBefore(int position) {
        int i = position;
        while (i > 0 && isBlank(text.charAt(i - 1))) {
            i--;
        }
        return i == 0;
    }

    private int sectionAt(int position) {
        int low = 0;
        int high = sections.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (sections.get(middle).start() <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
