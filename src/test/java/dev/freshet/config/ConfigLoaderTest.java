package dev.freshet.config;

import static dev.freshet.config.ConfigFixture.MINIMAL;
import static dev.freshet.config.ConfigFixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigLoaderTest {

    private static final RemoteEmbeddingConfig NO_SERVICE = new RemoteEmbeddingConfig(
            null,
            null,
            null,
            null,
            Map.of(),
            0,
            null,
            0,
            TooLong.SPLIT,
            4,
            64,
            100_000,
            0,
            0,
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            null,
            Map.of());

    private static final QdrantConfig QDRANT = new QdrantConfig(
            "localhost",
            6334,
            false,
            null,
            null,
            Duration.ofSeconds(30),
            QdrantConfig.WriteOrdering.WEAK,
            new PayloadConfig(PayloadLayout.FRESHET),
            new QdrantCollectionConfig(
                    QdrantCollectionConfig.Distance.COSINE,
                    0,
                    0,
                    QdrantCollectionConfig.Quantization.NONE,
                    false,
                    0,
                    0));

    @Test
    void everyDefault() {
        assertThat(parse(MINIMAL))
                .isEqualTo(new FreshetConfig(
                        Path.of("state"),
                        new SourceConfig(
                                SourceType.POSTGRESQL,
                                "jdbc:postgresql://localhost:5432/shop",
                                "freshet",
                                new Secret("hunter2"),
                                "freshet",
                                "freshet",
                                Backfill.INCREMENTAL,
                                2048,
                                Duration.ofMillis(20),
                                Duration.ofSeconds(10),
                                Map.of()),
                        new EmbeddingConfig(EmbeddingProvider.IN_PROCESS, "all-minilm-l6-v2-q", 0, NO_SERVICE),
                        new IndexConfig(IndexType.LUCENE, null, Duration.ofDays(7), QDRANT),
                        Map.of("help", new CollectionConfig(new ChunkingConfig(ChunkStrategy.MARKDOWN, 256, 0))),
                        List.of(new MappingConfig(
                                "articles",
                                "public.articles",
                                "help",
                                null,
                                "{{title}}",
                                List.of(),
                                null,
                                null,
                                null,
                                new SourceLocation(Path.of("test.yaml"), 6, 5))),
                        new PipelineConfig(
                                new ByteSize(64 << 20),
                                new ByteSize(64 << 10),
                                4096,
                                Duration.ofMillis(200),
                                Delivery.EFFECTIVELY_ONCE,
                                Duration.ofSeconds(8)),
                        new CoalesceConfig(Duration.ZERO),
                        new DeadLettersConfig(new ByteSize(16 << 20), WhenFull.HALT),
                        new HttpConfig("127.0.0.1", 7070, null, List.of(), false)));
    }

    @Test
    void everyKey() {
        FreshetConfig config = parse("""
                state: /var/lib/freshet
                source:
                  type: PostgreSQL
                  url: jdbc:postgresql://db.example:6432/shop?sslmode=require
                  user: capture
                  password: "s3cret: #1"
                  slot: shop_1
                  publication: shop_pub
                  backfill: initial
                  backfillChunk: 64
                  poll: 1ms
                  heartbeat: 2m
                  properties:
                    slot.stream.params: a=b
                embedding: {model: other, threads: 3}
                index: {type: lucene, path: /ssd/index}
                collections:
                  help:
                    chunking: {strategy: whole, size: 100, overlap: 50}
                  legal:
                mappings:
                  - name: published
                    table: cms.articles
                    collection: help
                    id: a-{{id}}
                    text: |
                      # {{title}}

                      {{{body}}}
                    metadata: [category, status]
                    tenant: tenant
                    when: status == 'published'
                    trace: traceparent
                  - {table: contracts, collection: legal, text: "{{body}}"}
                pipeline: {memory: 1GiB, batch: 10kB, documents: 7, checkpoint: 1s, delivery: at-most-once, stopTimeout: 0s}
                http:
                  host: 0.0.0.0
                  port: 0
                  token: 0123456789abcdef
                  tenantTokens: [{token: fedcba9876543210, tenant: acme}]
                """);

        assertThat(config.state()).isEqualTo(Path.of("/var/lib/freshet"));
        assertThat(config.source())
                .isEqualTo(new SourceConfig(
                        SourceType.POSTGRESQL,
                        "jdbc:postgresql://db.example:6432/shop?sslmode=require",
                        "capture",
                        new Secret("s3cret: #1"),
                        "shop_1",
                        "shop_pub",
                        Backfill.INITIAL,
                        64,
                        Duration.ofMillis(1),
                        Duration.ofMinutes(2),
                        Map.of("slot.stream.params", "a=b")));
        assertThat(config.embedding())
                .isEqualTo(new EmbeddingConfig(EmbeddingProvider.IN_PROCESS, "other", 3, NO_SERVICE));
        assertThat(config.index())
                .isEqualTo(new IndexConfig(IndexType.LUCENE, Path.of("/ssd/index"), Duration.ofDays(7), QDRANT));
        assertThat(config.collections())
                .containsExactly(
                        Map.entry("help", new CollectionConfig(new ChunkingConfig(ChunkStrategy.WHOLE, 100, 50))),
                        Map.entry("legal", new CollectionConfig(new ChunkingConfig(ChunkStrategy.MARKDOWN, 256, 0))));
        assertThat(config.mappings())
                .containsExactly(
                        new MappingConfig(
                                "published",
                                "cms.articles",
                                "help",
                                "a-{{id}}",
                                "# {{title}}\n\n{{{body}}}\n",
                                List.of("category", "status"),
                                "tenant",
                                "status == 'published'",
                                "traceparent",
                                new SourceLocation(Path.of("test.yaml"), 22, 5)),
                        new MappingConfig(
                                "contracts",
                                "public.contracts",
                                "legal",
                                null,
                                "{{body}}",
                                List.of(),
                                null,
                                null,
                                null,
                                new SourceLocation(Path.of("test.yaml"), 34, 5)));
        assertThat(config.pipeline())
                .isEqualTo(new PipelineConfig(
                        new ByteSize(1 << 30),
                        new ByteSize(10_000),
                        7,
                        Duration.ofSeconds(1),
                        Delivery.AT_MOST_ONCE,
                        Duration.ZERO));
        assertThat(config.http())
                .isEqualTo(new HttpConfig(
                        "0.0.0.0",
                        0,
                        new Secret("0123456789abcdef"),
                        List.of(new TenantToken(new Secret("fedcba9876543210"), "acme")),
                        false));
    }

    @Test
    void emptySectionsTakeTheDefaults() {
        String empty = """
                embedding:
                index: {}
                collections:
                pipeline: ~
                http:
                """;
        FreshetConfig with = parse(MINIMAL + empty);
        assertThat(with).isEqualTo(parse(MINIMAL));
    }

    @Test
    void aliasesOfYamlWork() {
        FreshetConfig config = parse("""
                source: {url: "jdbc:postgresql://h/d", user: u, password: p}
                mappings:
                  - {table: a, collection: x, text: "{{t}}", metadata: &columns [one, two]}
                  - {table: b, collection: y, text: "{{t}}", metadata: *columns}
                """);
        assertThat(config.mappings().get(1).metadata()).containsExactly("one", "two");
        assertThat(config.collections()).containsOnlyKeys("x", "y");
    }

    @Test
    void printsNoSecret() {
        FreshetConfig config = parse(MINIMAL.replace(
                "password: hunter2", "password: hunter2\n  properties: {database.sslpassword: hunter3}"));
        assertThat(config.source().properties()).containsValue("hunter3");
        assertThat(config.toString())
                .contains("password=***", "database.sslpassword")
                .doesNotContain("hunter");
    }
}
