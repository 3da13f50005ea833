package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a configuration file holds, it is either good or refused with what is wrong and where. */
class HostileConfigurationTest {

    private static final String GOOD = """
            state: /var/lib/freshet
            source:
              url: jdbc:postgresql://localhost:5432/shop?sslmode=require
              user: freshet
              password: hunter2hunter2hunter2
              poll: 20ms
              backfillChunk: 64
              properties: {a.b: hunter2hunter2hunter2}
            embedding:
              provider: openai
              model: m
              remote: {apiKey: hunter2hunter2hunter2, headers: {X-A: hunter2hunter2hunter2}, timeout: 5s}
            index:
              type: qdrant
              qdrant: {host: q, apiKey: hunter2hunter2hunter2, tls: true}
            collections:
              help: {chunking: {strategy: markdown, size: 256, overlap: 0}}
            mappings:
              - table: public.articles
                collection: help
                id: a-{{id}}
                text: |
                  # {{title}}

                  {{body}}
                metadata: [category, status]
                tenant: tenant
                when: row.status == 'published'
            pipeline: {memory: 64MiB, batch: 1MiB, documents: 7, checkpoint: 200ms}
            http:
              host: 0.0.0.0
              token: hunter2hunter2hunter2
              tenantTokens: [{token: hunter2hunter2hunter3, tenant: acme}]
            """;

    private static final List<String> PIECES = List.of(
            ":",
            "-",
            "?",
            "\n",
            "  ",
            "\t",
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "!!binary ",
            "!x ",
            "!!set ",
            "<<: ",
            "|",
            ">",
            "'",
            "\"",
            "#",
            "%",
            "@",
            "`",
            "~",
            "null",
            "true",
            "0x7fffffffffffffff",
            "999999999999999999999",
            "-1",
            "1e999",
            ".nan",
            ".inf",
            "2026-01-01",
            "---\n",
            "...\n",
            "\0",
            "\u0001",
            "\ud800",
            "\ufeff",
            "\u2028",
            "\u0085",
            "${",
            "${A}",
            "${B:-",
            "}",
            "file:/no/such/file",
            "file:\0",
            "9999999999h",
            "9999999999999GiB",
            "[[[[[[",
            "{{#a}}",
            "include: [a.yaml, [b], {c: d}]\n",
            "mappings: *a\n");

    private static void assertGoodOrExplained(String yaml) {
        try {
            assertThat(ConfigFixture.parse(yaml, Map.of("A", "a"))).isNotNull();
        } catch (ConfigException e) {
            assertThat(e.problems()).isNotEmpty().allSatisfy(problem -> {
                assertThat(problem.message()).isNotBlank();
                assertThat(problem.location().line()).isBetween(0, yaml.split("\n", -1).length + 1);
                assertThat(problem.location().file()).hasToString("test.yaml");
            });
        }
    }

    @Provide
    Arbitrary<String> damaged() {
        Arbitrary<Long> seeds = Arbitraries.longs();
        Arbitrary<Integer> damages = Arbitraries.integers().between(1, 6);
        return Combinators.combine(seeds, damages).as(HostileConfigurationTest::damage);
    }

    private static String damage(long seed, int damages) {
        var random = new Random(seed);
        var damaged = new StringBuilder(GOOD);
        for (int i = 0; i < damages; i++) {
            int at = random.nextInt(damaged.length());
            switch (random.nextInt(5)) {
                case 0 -> damaged.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                case 1 -> damaged.delete(at, Math.min(damaged.length(), at + 1 + random.nextInt(30)));
                case 2 ->
                    damaged.insert(at, damaged.substring(at, Math.min(damaged.length(), at + random.nextInt(80))));
                case 3 -> damaged.setCharAt(at, (char) random.nextInt(0x250));
                default -> value(damaged, at, random);
            }
        }
        return damaged.toString();
    }

    /** Puts something else in the place of the value of some key. */
    private static void value(StringBuilder yaml, int from, Random random) {
        int colon = yaml.indexOf(": ", from);
        if (colon >= 0) {
            int end = colon + 2;
            while (end < yaml.length() && ",}]\n".indexOf(yaml.charAt(end)) < 0) {
                end++;
            }
            yaml.replace(colon + 2, end, PIECES.get(random.nextInt(PIECES.size())));
        }
    }

    @Property(tries = 3_000)
    void damageIsExplained(@ForAll("damaged") String yaml) {
        assertGoodOrExplained(yaml);
    }

    @Property(tries = 500)
    void anythingIsExplained(@ForAll String yaml) {
        assertGoodOrExplained(yaml);
    }

    @Example
    void theUndamagedOneIsGood() {
        assertThat(ConfigFixture.parse(GOOD).http().tenantTokens()).hasSize(1);
    }

    private static List<String> bombs() {
        var bombs = new ArrayList<String>();
        var lists = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        var sections = new StringBuilder("b0: &b0 {x: x}\n");
        for (int i = 1; i < 40; i++) {
            lists.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(10)));
            sections.append("b%d: &b%d {p: *b%d, q: *b%d}\n".formatted(i, i, i - 1, i - 1));
        }
        bombs.add(lists.toString());
        bombs.add(sections.toString());
        bombs.add("a: &a [*a]\nmappings: *a\n");
        bombs.add("mappings: &a [*a]\n");
        bombs.add("http: &a {token: *a, tenantTokens: [*a]}\n");
        bombs.add("http: &a {<<: *a}\n");
        bombs.add("collections: &a {help: *a}\n");
        bombs.add("? &a [*a]\n: 1\n");
        bombs.add("a: " + "[".repeat(100_000));
        bombs.add("a: " + "{a: ".repeat(100_000));
        bombs.add("- ".repeat(100_000));
        bombs.add("a".repeat(5_000_000));
        bombs.add("a: \"" + "\\u0000".repeat(1_000) + "\"\n");
        bombs.add(GOOD.replace("size: 256", "size: " + "9".repeat(100_000)));
        bombs.add(GOOD.replace("20ms", "9".repeat(100_000) + "ms"));
        bombs.add(GOOD.replace("64MiB", "9".repeat(100_000) + "GiB"));
        bombs.add(GOOD.replace("localhost:5432", "h".repeat(200_000)));
        bombs.add(GOOD.replace("sslmode=require", "a=b&".repeat(50_000)));
        bombs.add(GOOD.replace("public.articles", "a.".repeat(100_000)));
        bombs.add(GOOD.replace("host: q,", "host: '" + ":".repeat(100_000) + "',"));
        bombs.add(GOOD.replace("/var/lib/freshet", "\"\\0\""));
        bombs.add("include: [\"\\0\"]\n" + GOOD);
        bombs.add("include: [\"" + "../".repeat(5_000) + "x\"]\n" + GOOD);
        bombs.add("include: [/dev/null, .]\n" + GOOD);
        return bombs;
    }

    @Example
    void bombsAreExplained() {
        bombs().forEach(HostileConfigurationTest::assertGoodOrExplained);
    }
}
