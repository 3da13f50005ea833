package dev.freshet.index.qdrant;

import dev.freshet.config.PayloadLayout;
import dev.freshet.config.QdrantCollectionConfig.Distance;
import dev.freshet.config.QdrantConfig;
import dev.freshet.config.Secret;
import org.junit.jupiter.api.Assumptions;

/** A real Qdrant for tests, where somebody names one in {@code FRESHET_TEST_QDRANT=host:port} (gRPC). */
final class RealServer {

    private static final String ADDRESS = System.getenv("FRESHET_TEST_QDRANT");
    private static final String KEY = System.getenv("FRESHET_TEST_QDRANT_API_KEY");

    private RealServer() {}

    /** Skips what needs a server where there is none, and says so where everybody sees it. */
    static void require(String what) {
        if (ADDRESS == null) {
            System.out.println("NOT RUN against a real Qdrant: " + what
                    + ". Set FRESHET_TEST_QDRANT=host:port (gRPC), and FRESHET_TEST_QDRANT_API_KEY if it has a key");
        }
        Assumptions.assumeTrue(ADDRESS != null, "NOT RUN: FRESHET_TEST_QDRANT is not set");
    }

    static boolean isThere() {
        return ADDRESS != null;
    }

    static QdrantConfig config() {
        return config(PayloadLayout.FRESHET);
    }

    static QdrantConfig config(PayloadLayout layout) {
        int colon = ADDRESS.lastIndexOf(':');
        return Configs.at(
                ADDRESS.substring(0, colon),
                Integer.parseInt(ADDRESS.substring(colon + 1)),
                KEY == null ? null : new Secret(KEY),
                layout,
                Distance.COSINE);
    }
}
