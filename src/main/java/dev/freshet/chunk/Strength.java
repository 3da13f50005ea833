package dev.freshet.chunk;

/** How good a place to cut a boundary is, from the worst to the best. */
enum Strength {
    /** Not a boundary, though a cut between two code points is always possible. */
    NONE,
    /** Inside whitespace, which should stay in one piece at the end of what it follows. */
    BLANK,
    /** Between two characters as people see them. */
    CLUSTER,
    /** Inside a run without whitespace: at punctuation, or between words of a script that does not separate them. */
    WORD_PART,
    WORD,
    /** A line inside code or a table. */
    CODE_LINE,
    /** A line inside a paragraph of Markdown, where it means nothing. */
    SOFT_LINE,
    SENTENCE,
    /** A line, or an item of a list. */
    LINE,
    PARAGRAPH,
    HEADING_6,
    HEADING_5,
    HEADING_4,
    HEADING_3,
    HEADING_2,
    HEADING_1;

    private static final Strength[] HEADINGS = {HEADING_1, HEADING_2, HEADING_3, HEADING_4, HEADING_5, HEADING_6};

    /** The start of a heading of level 1 to 6. */
    static Strength heading(int level) {
        return HEADINGS[level - 1];
    }

    boolean isHeading() {
        return compareTo(HEADING_6) >= 0;
    }
}
