package dev.freshet.index.qdrant;

import dev.freshet.config.PayloadLayout;
import dev.freshet.index.TenantContract;
import dev.freshet.index.VectorIndex;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** Tenants in Qdrant, against the double, in every kind of layout that can be searched by words. */
final class QdrantTenantTest {

    @Nested
    final class Freshet extends InLayout {
        Freshet() {
            super(PayloadLayout.FRESHET);
        }
    }

    @Nested
    final class LlamaIndex extends InLayout {
        LlamaIndex() {
            super(PayloadLayout.LLAMA_INDEX);
        }
    }

    @Nested
    final class Haystack extends InLayout {
        Haystack() {
            super(PayloadLayout.HAYSTACK);
        }
    }

    abstract static class InLayout extends TenantContract {

        private final QdrantDouble server = new QdrantDouble();
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
