package dev.freshet.index.qdrant;

import dev.freshet.config.PayloadLayout;
import dev.freshet.index.VectorIndex;
import dev.freshet.index.VectorIndexContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** The contract in layouts whose metadata are not apart from Freshet's own fields, and on an old server. */
final class QdrantLayoutsTest {

    @Nested
    final class SpringAi extends InLayout {
        SpringAi() {
            super(PayloadLayout.SPRING_AI);
        }
    }

    @Nested
    final class Haystack extends InLayout {
        Haystack() {
            super(PayloadLayout.HAYSTACK);
        }
    }

    @Nested
    final class OldServer extends InLayout {
        OldServer() {
            super(PayloadLayout.FRESHET);
            server.version("1.12.6");
        }
    }

    abstract static class InLayout extends VectorIndexContract {

        final QdrantDouble server = new QdrantDouble();
        private final PayloadLayout layout;

        InLayout(PayloadLayout layout) {
            this.layout = layout;
        }

        @Override
        protected VectorIndex open() {
            return new QdrantIndex(Configs.at(server, layout));
        }

        @AfterEach
        void stopServer() {
            server.close();
        }
    }
}
