package dev.freshet.chunk;

import static java.util.Objects.requireNonNull;

import dev.freshet.document.DocumentKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Cuts a document's text into chunks.
 *
 * <p>The bodies of the chunks concatenate to the text: nothing is lost. No chunk costs more than the spec's size in the
 * model's own tokens. The same text gives the same chunks, and cuts are chosen by content, so that an edit changes the
 * chunks it touches and seldom another. Text with nothing to embed (empty, only whitespace, only characters the model
 * does not see) gives no chunk. No body is blank, unless a tokenizer charges so much for whitespace that a run of it
 * fills chunks alone. A pair of surrogates is never split; a character of several code points only where it costs more
 * than a chunk can hold.
 *
 * <p>Thread-safe, if the tokenizer is.
 */
public final class Chunker {

    private static final int LIKELY_CHARACTERS_PER_TOKEN = 8;

    /** A line that could underline a heading. */
    private static final Pattern UNDERLINE = Pattern.compile("\\n[ >]*[=-]");

    private final ChunkingSpec spec;
    private final Tokenizer tokenizer;
    /** What a chunk's headings and body may cost together. */
    private final int room;

    /** @throws IllegalArgumentException if the spec's size does not suit the tokenizer's model; the message is for people */
    public Chunker(ChunkingSpec spec, Tokenizer tokenizer) {
        this.spec = requireNonNull(spec);
        this.tokenizer = requireNonNull(tokenizer);
        if (spec.size() > tokenizer.maxTokens()) {
            throw new IllegalArgumentException(
                    "chunk size %d is more than the embedding model sees: use at most %d tokens"
                            .formatted(spec.size(), tokenizer.maxTokens()));
        }
        this.room = spec.size() - tokenizer.specialTokens() - spec.overlap();
        if (room < 4) {
            throw new IllegalArgumentException(
                    "chunk size %d leaves no room for text beside %d special tokens and an overlap of %d"
                            .formatted(spec.size(), tokenizer.specialTokens(), spec.overlap()));
        }
    }

    /**
     * The chunks of a document's text, in its order.
     *
     * @throws IllegalArgumentException if a single code point costs more tokens than a chunk may have
     */
    public List<Chunk> chunk(DocumentKey key, String text) {
        if (text.chars().allMatch(c -> Outline.isBlank((char) c))) {
            return List.of();
        }
        return isOneChunk(text) ? new Text(key, new Outline(text)).whole() : new Text(key, outline(text)).chunks();
    }

    /** Most rows are short: what fits as a whole and stands under no heading need not be taken apart to find that out. */
    private boolean isOneChunk(String text) {
        if (text.length() > (long) spec.size() * LIKELY_CHARACTERS_PER_TOKEN
                || (spec.strategy() == ChunkingSpec.Strategy.MARKDOWN && mayHaveHeadings(text))) {
            return false;
        }
        int tokens = tokenizer.count(text);
        return tokens > 0 && tokenizer.specialTokens() + tokens <= spec.size();
    }

    private static boolean mayHaveHeadings(String text) {
        return text.indexOf('#') >= 0 || UNDERLINE.matcher(text).find();
    }

    private Outline outline(String text) {
        if (spec.strategy() == ChunkingSpec.Strategy.MARKDOWN) {
            return MarkdownReader.read(text);
        }
        Outline outline = new Outline(text);
        if (spec.strategy() == ChunkingSpec.Strategy.SENTENCE) {
            outline.markLines(Strength.SOFT_LINE, Strength.PARAGRAPH);
        } else {
            outline.markLines(Strength.LINE, Strength.PARAGRAPH);
        }
        outline.markSentences();
        return outline;
    }

    /** One text on its way to chunks. */
    private final class Text {

        private final DocumentKey key;
        private final Outline outline;
        private final HeadingPaths headings = new HeadingPaths(tokenizer, room / 4);
        private final Overlap overlap = new Overlap(tokenizer, spec.overlap());
        private final Map<String, Integer> occurrences = new HashMap<>();
        private final List<Chunk> chunks = new ArrayList<>();

        Text(DocumentKey key, Outline outline) {
            this.key = key;
            this.outline = outline;
        }

        /** The text as one chunk, known to fit. */
        List<Chunk> whole() {
            add(0, outline.text().length());
            return List.copyOf(chunks);
        }

        List<Chunk> chunks() {
            int quarter = Math.max(1, room / 4);
            Atoms.Row atoms = Atoms.of(outline, tokenizer, quarter);
            List<Integer> cuts = Packing.pack(outline, atoms, quarter, (from, to) -> fits(atoms, from, to));
            for (int i = 1; i < cuts.size(); i++) {
                add(cuts.get(i - 1), cuts.get(i));
            }
            return List.copyOf(chunks);
        }

        private boolean fits(Atoms.Row atoms, int from, int to) {
            int start = atoms.starts()[from];
            long free = outline.sectionStart(start) == start ? room + spec.overlap() : room;
            long cost = atoms.cost(from, to);
            return cost <= free
                    && cost
                                    + headings.fit(outline.path(start, atoms.starts()[to]))
                                            .tokens()
                            <= free;
        }

        /** Adds a part of the text as a chunk, or as several where the sum of its atoms was too low an estimate. */
        private void add(int from, int to) {
            List<String> path = headings.fit(outline.path(from, to)).path();
            int start = overlap.start(outline, from);
            if (tryAdd(start, from, to, path) || tryAdd(from, from, to, path) || tryAdd(from, from, to, List.of())) {
                return;
            }
            outline.markInside(from, to);
            int middle = outline.cutInside(from, to);
            if (middle < 0) {
                throw new IllegalArgumentException(
                        "a single character costs more than the chunk size of %d tokens".formatted(spec.size()));
            }
            add(from, middle);
            add(middle, to);
        }

        private boolean tryAdd(int start, int bodyStart, int end, List<String> path) {
            String text = outline.text().substring(start, end);
            String embedded = Chunk.embeddingText(path, text);
            int tokens = tokenizer.specialTokens() + tokenizer.count(embedded);
            if (tokens > spec.size()) {
                return false;
            }
            String hash = Hashes.sha256(embedded);
            int occurrence = occurrences.merge(hash, 1, Integer::sum);
            String id = Hashes.uuid(String.join("\0", key.mapping(), key.row(), hash, Integer.toString(occurrence)));
            chunks.add(new Chunk(id, start, bodyStart, end, text, path, tokens, hash));
            return true;
        }
    }
}
