package dev.freshet.index.lucene;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.search.TermQuery;
import org.jspecify.annotations.Nullable;

/** Finds the chunks that words tell most of, by Lucene's BM25, whose k1 of 1.2 and b of 0.75 are ours too. */
final class ByWords {

    /** More distinct words than a page has; Lucene takes at most twice as many at a time. */
    static final int MOST_WORDS = 512;

    private final IndexSearcher searcher;
    private final Set<String> words;
    private final int limit;

    ByWords(IndexSearcher searcher, Analyzer analyzer, String words, int limit) throws IOException {
        this.searcher = searcher;
        this.words = distinct(analyzer, words);
        this.limit = limit;
    }

    /** The first words of a text that count, each once. */
    private static Set<String> distinct(Analyzer analyzer, String text) throws IOException {
        var words = new LinkedHashSet<String>();
        try (TokenStream stream = analyzer.tokenStream(Entries.WORDS, text)) {
            var word = stream.addAttribute(CharTermAttribute.class);
            stream.reset();
            while (words.size() < MOST_WORDS && stream.incrementToken()) {
                words.add(word.toString());
            }
        }
        return words;
    }

    /** The best of the chunks that match, best first. */
    List<Found> among(Query chunks) throws IOException {
        if (words.isEmpty()) {
            return List.of();
        }
        var query = new BooleanQuery.Builder().add(chunks, Occur.FILTER).setMinimumNumberShouldMatch(1);
        words.forEach(word -> query.add(new TermQuery(new Term(Entries.WORDS, word)), Occur.SHOULD));
        var best = new BestFound(limit);
        searcher.search(query.build(), new Into(best));
        return best.bestFirst();
    }

    /** Lucene's own top hits order equals by their number in the index, which tells nothing. */
    private record Into(BestFound best) implements CollectorManager<SimpleCollector, BestFound> {

        @Override
        public SimpleCollector newCollector() {
            return new Offering(best);
        }

        @Override
        public BestFound reduce(Collection<SimpleCollector> collectors) {
            return best;
        }
    }

    private static final class Offering extends SimpleCollector {

        private final BestFound best;
        private BinaryDocValues ids = DocValues.emptyBinary();
        private int docBase;

        /** Lucene sets it before it collects. */
        private @Nullable Scorable scorer;

        Offering(BestFound best) {
            this.best = best;
        }

        @Override
        public ScoreMode scoreMode() {
            return ScoreMode.TOP_SCORES;
        }

        @Override
        protected void doSetNextReader(LeafReaderContext leaf) throws IOException {
            ids = DocValues.getBinary(leaf.reader(), Entries.CHUNK);
            docBase = leaf.docBase;
        }

        @Override
        public void setScorer(Scorable newScorer) throws IOException {
            scorer = newScorer;
            skipWorse(newScorer);
        }

        @Override
        public void collect(int doc) throws IOException {
            Scorable present = requireNonNull(scorer);
            best.offer(present.score(), ids, doc, docBase);
            skipWorse(present);
        }

        /** Equals of the worst that is kept are still wanted, for the sake of their ids. */
        private void skipWorse(Scorable present) throws IOException {
            if (best.lowest() > 0) {
                present.setMinCompetitiveScore(best.lowest());
            }
        }
    }
}
