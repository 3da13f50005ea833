package dev.freshet.daemon;

import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.HttpConfig;
import dev.freshet.diagnosis.Check;
import dev.freshet.diagnosis.Check.Seen;
import dev.freshet.diagnosis.Problem;
import dev.freshet.embed.LoadedModel;
import dev.freshet.index.CollectionState;
import dev.freshet.index.VectorIndex;
import dev.freshet.index.lucene.LuceneIndex;
import dev.freshet.index.qdrant.QdrantIndex;
import dev.freshet.reindex.BackfillLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is looked at on this machine. */
final class LocalChecks {

    private static final long LITTLE_DISK = 1L << 30;

    private final Patient patient;

    LocalChecks(Patient patient) {
        this.patient = patient;
    }

    List<Check> all() {
        return List.of(
                new Check("state folder", List.of(Doctor.CONFIGURATION), this::state),
                new Check("disk", List.of("state folder"), this::disk),
                new Check("model", List.of(Doctor.CONFIGURATION), this::model),
                new Check("chunking", List.of("model"), this::chunking),
                new Check("index", List.of("state folder", "tables", "model"), this::index),
                new Check("http", List.of(Doctor.CONFIGURATION), this::http));
    }

    private Seen state() {
        Path folder = patient.config().state();
        return StateFolder.problem(folder).map(Seen::failure).orElseGet(() -> checkpoint(folder));
    }

    private static Seen checkpoint(Path folder) {
        Path shown = folder.toAbsolutePath().normalize();
        if (!Files.exists(folder)) {
            return Seen.well(shown + " is not there yet; the start makes it");
        }
        Path offsets = StateFolder.offsets(folder);
        if (Preflight.checkpoint(offsets)) {
            return Seen.well(shown + ", with a checkpoint to go on from");
        }
        return new BackfillLog(StateFolder.backfills(folder)).hasProgress()
                ? Seen.failure(Preflight.missingCheckpoint(offsets))
                : Seen.well(shown + ", with no checkpoint in it");
    }

    private Seen disk() throws IOException {
        Path folder = StateFolder.existing(patient.config().state());
        long free = Files.getFileStore(folder).getUsableSpace();
        String found = DatabaseChecks.bytes(free) + " free";
        return free < LITTLE_DISK
                ? Seen.warning(
                        found,
                        Problem.of(
                                "an index needs about 3 KiB for each chunk, as much again while it merges, and a full disk"
                                        + " stops it",
                                "Make room at %s, or name another place (key state)".formatted(folder)))
                : Seen.well(found);
    }

    private Seen model() throws IOException {
        EmbeddingConfig config = patient.config().embedding();
        Natives.forLooking(patient.config().state());
        long start = System.nanoTime();
        LoadedModel model = patient.models.apply(config);
        int dimension = model.tryOut();
        patient.model(model);
        String found = "%s, %d dimensions, loaded and tried in %d ms"
                .formatted(config.model(), dimension, (System.nanoTime() - start) / 1_000_000);
        return dimension == model.dimension()
                ? Seen.well(found)
                : Seen.failure(Problem.of(
                        "%s gives vectors of %d dimensions, and %d are expected"
                                .formatted(config.model(), dimension, model.dimension()),
                        "Correct the section embedding"));
    }

    private Seen chunking() {
        LoadedModel model = patient.model();
        return Seen.unless(
                Tables.chunkingProblems(patient.config(), model.tokenizer()),
                "fits the %d tokens that the model sees"
                        .formatted(model.tokenizer().maxTokens()));
    }

    private Seen index() {
        return switch (patient.config().index().type()) {
            case LUCENE -> lucene();
            case QDRANT -> qdrant();
        };
    }

    private Seen qdrant() {
        try (var index = new QdrantIndex(patient.config().index().qdrant())) {
            return fit(index);
        }
    }

    private Seen lucene() {
        FreshetConfig config = patient.config();
        Path configured = config.index().path();
        Path folder = configured == null ? StateFolder.index(config.state()) : configured;
        if (!Files.exists(folder)) {
            return StateFolder.problem(folder)
                    .map(ignored -> Seen.failure(Problem.of(
                            "the index's folder " + folder.toAbsolutePath() + " cannot be made",
                            "Name another one (key index.path), or give this user the right to write there")))
                    .orElseGet(() -> Seen.well("not there yet; the start makes it"));
        }
        // Held, so that no daemon starts on the index meanwhile; but not made for it.
        try (@Nullable StateFolder ignored =
                                Files.isDirectory(config.state()) ? StateFolder.lock(config.state()) : null;
                var index = new LuceneIndex(folder)) {
            return fit(index);
        }
    }

    /** Whether what is in an index, of whatever kind, can be gone on with. */
    private Seen fit(VectorIndex index) {
        FreshetConfig config = patient.config();
        List<Problem> problems = CollectionSetup.problems(
                config,
                patient.tables(),
                patient.model(),
                index,
                Preflight.checkpoint(StateFolder.offsets(config.state())));
        long documents = patient.tables().mappingsByCollection().keySet().stream()
                .flatMap(name -> index.describe(name).stream())
                .mapToLong(CollectionState::documents)
                .sum();
        return Seen.unless(problems, "opens, with %,d documents, and fits the model".formatted(documents));
    }

    private Seen http() {
        HttpConfig config = patient.config().http();
        return HttpServer.problem(config)
                .map(Seen::failure)
                .orElseGet(() -> Seen.well(
                        config.port() == 0
                                ? "any free port of " + config.host()
                                : "port %d of %s is free".formatted(config.port(), config.host())));
    }
}
