package dev.freshet.index.qdrant;

import dev.freshet.index.VectorIndex;
import dev.freshet.index.VectorIndexContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract, against a real server. */
final class QdrantServerTest extends VectorIndexContract {

    private final ApartIndex.Names names = new ApartIndex.Names();

    @BeforeAll
    static void requireServer() {
        RealServer.require("the contract of VectorIndex");
    }

    @Override
    protected VectorIndex open() {
        return new ApartIndex(new QdrantIndex(RealServer.config()), names);
    }

    @AfterEach
    void removeCollections() {
        try (var index = new QdrantIndex(RealServer.config())) {
            names.used().forEach(index::drop);
        }
    }
}
