package dev.freshet.index.lucene;

import java.io.IOException;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/**
 * Lucene's own vector format with two things changed, neither of which a reader needs to know: vectors of more than
 * 1,024 dimensions are allowed (many remote models have them), and a small segment gets no graph, so that making a write
 * visible costs no graph building; merges build graphs in the background.
 */
final class GraphFormat extends KnnVectorsFormat {

    /**
     * Lucene builds a graph for n vectors when ln(n) times this is less than n: from about 40,000 on. Comparing that
     * many one by one takes a few milliseconds, and building graphs is most of what a backfill costs the index.
     */
    private static final int GRAPH_WORTHWHILE_FOR = 3_800;

    private final KnnVectorsFormat lucene = new Lucene99HnswVectorsFormat(
            Lucene99HnswVectorsFormat.DEFAULT_MAX_CONN,
            Lucene99HnswVectorsFormat.DEFAULT_BEAM_WIDTH,
            Lucene99HnswVectorsFormat.DEFAULT_NUM_MERGE_WORKER,
            null,
            GRAPH_WORTHWHILE_FOR);

    /** Under Lucene's own name, by which readers find the format. */
    private GraphFormat() {
        super("Lucene99HnswVectorsFormat");
    }

    /** Lucene's default codec with this format. */
    static Codec codec() {
        var format = new GraphFormat();
        return new Lucene104Codec() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return format;
            }
        };
    }

    @Override
    public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
        return lucene.fieldsWriter(state);
    }

    @Override
    public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
        return lucene.fieldsReader(state);
    }

    @Override
    public int getMaxDimensions(String field) {
        return Vectors.MAX_DIMENSION;
    }
}
