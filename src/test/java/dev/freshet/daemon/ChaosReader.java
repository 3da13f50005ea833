package dev.freshet.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.change.Version;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Searches without a pause until it is closed, and says where an answer had a hole (an anchor was not found), a mix (two
 * versions of a document, or a text and metadata that do not belong together) or a step backwards (an older version after
 * a newer one). A search that is refused or fails is no answer.
 */
final class ChaosReader implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern REVISION = Pattern.compile("revision r(\\d+)r");
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MOST_FINDINGS = 10;

    private final List<String> urls;
    private final AtomicInteger restarts;
    private final boolean forgets;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final Queue<String> findings = new ConcurrentLinkedQueue<>();
    private final Map<String, Version> newest = new HashMap<>();
    private final Thread thread;

    /**
     * Begins to search.
     *
     * @param urls where, in turns; all must be of one index
     * @param restarts grows before a daemon is killed and again when it is there again
     * @param forgets whether after a restart searches begin at the last commit, and may show what was before
     */
    ChaosReader(List<String> urls, AtomicInteger restarts, boolean forgets, long seed) {
        this.urls = List.copyOf(urls);
        this.restarts = restarts;
        this.forgets = forgets;
        this.thread = Thread.ofPlatform().name("chaos-reader").start(() -> read(new SplittableRandom(seed)));
    }

    private void read(SplittableRandom random) {
        int known = restarts.get();
        while (!stopping.get()) {
            int before = restarts.get();
            if (before != known && forgets) {
                newest.clear();
            }
            known = before;
            boolean anchor = random.nextInt(3) > 0;
            int id = 1 + random.nextInt(ChaosLoad.ANCHORS);
            String query = anchor
                    ? "anchor" + id + "mark&collection=anchors"
                    : List.of("refund1", "invoice2", "large", "again", "harbour3")
                            .get(random.nextInt(5));
            String url = urls.get(random.nextInt(urls.size()));
            String mode = anchor || random.nextBoolean() ? "lexical" : "dense";
            JsonNode answer = ask(url + "/v1/search?mode=" + mode + "&top=40&q=" + query);
            if (answer == null || (forgets && restarts.get() != before)) {
                continue;
            }
            answers.incrementAndGet();
            look(answer, anchor ? id : 0, query);
        }
    }

    private @Nullable JsonNode ask(String url) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build(), BodyHandlers.ofString());
            if (response.statusCode() == 200) {
                return JSON.readTree(response.body());
            }
            if (response.statusCode() == 500) {
                found("a search ended with status 500: " + response.body());
            }
        } catch (IOException e) {
            // Nobody there for now; others need the processor to come up.
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        failures.incrementAndGet();
        return null;
    }

    private void look(JsonNode answer, int anchor, String query) {
        Map<String, JsonNode> first = new HashMap<>();
        boolean there = false;
        for (JsonNode hit : answer.path("hits")) {
            String document =
                    hit.path("collection").textValue() + " " + hit.path("table").textValue() + " " + hit.path("key");
            JsonNode other = first.putIfAbsent(document, hit);
            if (other != null && !sameState(other, hit)) {
                found("a mix of two versions of " + document + ": " + other + " and " + hit);
            }
            Version version = Version.parse(hit.path("version").textValue());
            Version last = newest.merge(document, version, Version::max);
            if (last.compareTo(version) > 0) {
                found("a step backwards of %s from %s to %s, asking for %s".formatted(document, last, version, query));
            }
            Matcher revision = REVISION.matcher(hit.path("text").textValue());
            if (revision.find()
                    && !revision.group(1)
                            .equals(hit.path("metadata").path("revision").asText())) {
                found("text and metadata do not belong together: " + hit);
            }
            there |= hit.path("table").textValue().equals("public.anchors")
                    && hit.path("key").path("id").intValue() == anchor;
        }
        if (anchor > 0 && !there) {
            found("a hole: anchor " + anchor + " is not among the hits of " + answer);
        }
    }

    private static boolean sameState(JsonNode a, JsonNode b) {
        return a.path("version").equals(b.path("version"))
                && a.path("chunks").equals(b.path("chunks"))
                && a.path("metadata").equals(b.path("metadata"));
    }

    private void found(String what) {
        if (findings.size() < MOST_FINDINGS) {
            findings.add(what);
        }
    }

    /** What was wrong with answers. */
    List<String> findings() {
        return List.copyOf(findings);
    }

    /** How many searches were answered. */
    long answers() {
        return answers.get();
    }

    /** How many were refused or failed. */
    long failures() {
        return failures.get();
    }

    @Override
    public void close() throws InterruptedException {
        stopping.set(true);
        thread.join();
        http.close();
    }
}
