package dev.freshet.pipeline;

import dev.freshet.chunk.Chunker;
import dev.freshet.document.Mapping;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.Table;
import java.util.Map;

/**
 * Where the rows of a table go.
 *
 * @param mapping makes a document of a row
 * @param chunker splits it
 * @param tables the tables as they are now, with the columns that their mappings read
 */
public record Target(Mapping mapping, Chunker chunker, CapturedTables tables) {

    /** Where the rows of a table go that stays as it is. */
    public Target(Mapping mapping, Chunker chunker, Table table) {
        this(mapping, chunker, new CapturedTables(Map.of(table.id(), table)));
    }

    /**
     * The table as it is now.
     *
     * @throws IllegalStateException if it was not there since the start
     */
    public Table table() {
        Table table = tables.of(mapping.table());
        if (table == null) {
            throw new IllegalStateException("there is no table " + mapping.table());
        }
        return table;
    }

    public String collection() {
        return mapping.collection();
    }
}
