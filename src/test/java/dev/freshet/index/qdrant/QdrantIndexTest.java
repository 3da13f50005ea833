package dev.freshet.index.qdrant;

import dev.freshet.index.VectorIndex;
import dev.freshet.index.VectorIndexContract;
import org.junit.jupiter.api.AfterEach;

/** The contract, against the double. */
final class QdrantIndexTest extends VectorIndexContract {

    private final QdrantDouble server = new QdrantDouble();

    @Override
    protected VectorIndex open() {
        return new QdrantIndex(Configs.at(server));
    }

    @AfterEach
    void stopServer() {
        server.close();
    }
}
