package dev.freshet.index.lucene;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.WordlistLoader;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.tartarus.snowball.ext.EnglishStemmer;

/**
 * Turns text into words as they are compared: lower case, without the commonest English words, without English endings.
 * Words of other languages stay as they are, but for endings that look English. Thread-safe.
 */
final class English extends Analyzer {

    /** Snowball's, five times as many as Lucene's own: questions are full of them. */
    private static final CharArraySet STOP_WORDS = stopWords();

    /** What Unicode lets words run on over, as in refund_window_closed, help.example.org and id:7. */
    private static final NormalizeCharMap SEPARATORS = separators();

    private static NormalizeCharMap separators() {
        var map = new NormalizeCharMap.Builder();
        for (String separator : new String[] {"_", ".", ":"}) {
            map.add(separator, " ");
        }
        return map.build();
    }

    private static CharArraySet stopWords() {
        try (InputStream words = SnowballFilter.class.getResourceAsStream("english_stop.txt")) {
            return WordlistLoader.getSnowballWordSet(Objects.requireNonNull(words, "english_stop.txt of Lucene"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected TokenStreamComponents createComponents(String field) {
        Tokenizer words = new StandardTokenizer();
        TokenStream kept = new StopFilter(new EnglishPossessiveFilter(new LowerCaseFilter(words)), STOP_WORDS);
        return new TokenStreamComponents(words, new SnowballFilter(kept, new EnglishStemmer()));
    }

    @Override
    protected Reader initReader(String field, Reader text) {
        return new MappingCharFilter(SEPARATORS, text);
    }

    @Override
    protected TokenStream normalize(String field, TokenStream in) {
        return new LowerCaseFilter(in);
    }
}
