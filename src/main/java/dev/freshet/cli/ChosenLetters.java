package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The dead letters that a command changes something about: those that were named, and all only when that was said. */
final class ChosenLetters {

    @Mixin
    private LetterOptions which = new LetterOptions();

    @Option(names = "--all", description = "every dead letter")
    private boolean all;

    @Option(names = "--dry-run", description = "only list them")
    private boolean dryRun;

    @Mixin
    private DaemonOption daemon = new DaemonOption();

    /** What the daemon lists of them. */
    JsonNode list() throws InterruptedException {
        if (which.isEmpty() && !all) {
            throw new CommandFailure("say which letters, with --mapping, --key and others (see --help), or --all");
        }
        JsonNode listing = client().get(which.path(Integer.MAX_VALUE));
        if (listing.path("matching").asInt() == 0) {
            throw new CommandFailure("no such dead letters; 'freshet deadletters list' shows which there are");
        }
        return listing;
    }

    /** Whether nothing is to be changed about them. */
    boolean isDryRun() {
        return dryRun;
    }

    Client client() {
        return daemon.client();
    }

    /** Request bodies that name all the letters, so many at a time. */
    static List<JsonNode> requests(JsonNode listing, int atOnce) {
        var requests = new ArrayList<JsonNode>();
        ArrayNode some = JsonNodeFactory.instance.arrayNode();
        for (JsonNode letter : listing.path("letters")) {
            some.addObject()
                    .put("mapping", letter.path("mapping").textValue())
                    .put("key", letter.path("event").path("key").textValue());
            if (some.size() == atOnce) {
                requests.add(request(some));
                some = JsonNodeFactory.instance.arrayNode();
            }
        }
        if (!some.isEmpty()) {
            requests.add(request(some));
        }
        return requests;
    }

    private static ObjectNode request(ArrayNode letters) {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        request.set("letters", letters);
        return request;
    }
}
