package dev.freshet.pipeline;

import dev.freshet.chunk.Chunker;
import dev.freshet.document.Mapping;
import dev.freshet.source.Table;

/**
 * Where the rows of a table go.
 *
 * @param mapping makes a document of a row
 * @param chunker splits it
 * @param table the table, with the columns that its mappings read
 */
public record Target(Mapping mapping, Chunker chunker, Table table) {

    public String collection() {
        return mapping.collection();
    }
}
