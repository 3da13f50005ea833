package dev.freshet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds who may use whom: the rooms, the vendors in their rooms, and the rooms without I/O. */
final class ArchitectureTest {

    private static final String ROOT = "dev.freshet.";

    /** Each room with those that it may use beside itself. */
    private static final Map<String, Set<String>> ROOMS = rooms();

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.freshet");
    }

    private static Map<String, Set<String>> rooms() {
        var rooms = new HashMap<String, Set<String>>();
        rooms.put("change", Set.of());
        rooms.put("config", Set.of());
        rooms.put("diagnosis", Set.of());
        rooms.put("telemetry", Set.of("config"));
        rooms.put("source", Set.of("change", "config", "diagnosis"));
        rooms.put("source.debezium", Set.of("source", "change", "config", "telemetry"));
        rooms.put("document", Set.of("change", "config"));
        rooms.put("chunk", Set.of("document", "change", "config"));
        rooms.put("embed", Set.of("chunk", "change", "config", "telemetry"));
        Set<String> index = Set.of("document", "embed", "chunk", "change");
        rooms.put("index", index);
        rooms.put("index.lucene", with(index, "index", "config", "telemetry"));
        rooms.put("index.qdrant", with(index, "index", "config", "telemetry"));
        rooms.put("deadletter", Set.of("source", "change", "config"));
        Set<String> pipeline = with(index, "index", "document", "source", "deadletter", "config", "telemetry");
        rooms.put("pipeline", pipeline);
        rooms.put("reindex", Set.of("pipeline", "source", "index", "change", "config"));
        rooms.put("reconcile", Set.of("pipeline", "source", "document", "chunk", "index", "change", "config"));
        rooms.put("query", Set.of("embed", "index", "change", "config", "telemetry", "pipeline"));
        rooms.put("query.http", Set.of("query", "config", "telemetry", "embed", "index"));
        Set<String> daemon = with(
                pipeline,
                "pipeline",
                "reindex",
                "reconcile",
                "query",
                "query.http",
                "source.debezium",
                "index.lucene",
                "index.qdrant",
                "diagnosis");
        rooms.put("daemon", daemon);
        rooms.put("proposal", Set.of("source", "change", "diagnosis"));
        rooms.put("demo", with(daemon, "daemon"));
        rooms.put("bench", with(daemon, "daemon", "demo"));
        rooms.put("cli", Set.of("daemon", "config", "diagnosis", "proposal", "demo", "bench", "source", "index"));
        return rooms;
    }

    private static Set<String> with(Set<String> some, String... more) {
        var all = new HashSet<>(some);
        all.addAll(Arrays.asList(more));
        return Set.copyOf(all);
    }

    private static String room(JavaClass type) {
        String name = type.getPackageName() + ".";
        return ROOMS.keySet().stream()
                .filter(room -> name.startsWith(ROOT + room + "."))
                .max(Comparator.comparingInt(String::length))
                .orElse("");
    }

    @Test
    void usesOnlyTheRoomsItMay() {
        noClasses().should(useWhatTheyMayNot()).check(classes);
    }

    private static ArchCondition<JavaClass> useWhatTheyMayNot() {
        return new ArchCondition<>("use a room that their room may not") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                String room = room(type);
                Set<String> allowed = ROOMS.getOrDefault(room, Set.of());
                type.getDirectDependenciesFromSelf().stream()
                        .filter(use -> use.getTargetClass().getPackageName().startsWith("dev.freshet"))
                        .filter(use -> !room(use.getTargetClass()).equals(room)
                                && !allowed.contains(room(use.getTargetClass())))
                        .forEach(use -> events.add(SimpleConditionEvent.satisfied(type, use.getDescription())));
            }
        };
    }

    @Test
    void everyPackageIsARoom() {
        Set<String> packages = new TreeSet<>();
        classes.forEach(type -> packages.add(type.getPackageName()));
        Set<String> rooms = new TreeSet<>();
        ROOMS.keySet().forEach(room -> rooms.add(ROOT + room));
        packages.removeAll(rooms);
        assertThat(packages).isEmpty();
    }

    @Test
    void hasNoCycles() {
        slices().matching("dev.freshet.(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void keepsVendorsInTheirRooms() {
        only(List.of("source.debezium"), "io.debezium..", "org.apache.kafka..");
        only(List.of("index.lucene"), "org.apache.lucene..");
        only(List.of("index.qdrant", "bench"), "io.qdrant..");
        only(List.of("index.qdrant"), "io.grpc..", "opennlp..");
        only(List.of("chunk", "embed", "bench"), "dev.langchain4j..", "ai.djl..", "ai.onnxruntime..");
        only(List.of("chunk"), "com.knuddels..");
        only(List.of("embed", "pipeline"), "io.github.resilience4j..");
        only(List.of("cli"), "picocli..", "me.tongfei..");
        only(List.of("query.http", "daemon"), "io.javalin..");
        only(List.of("daemon"), "org.eclipse.jetty..");
        only(List.of("demo", "bench"), "io.zonky..");
        only(List.of("source", "source.debezium"), "org.postgresql..");
        only(List.of("telemetry"), "io.micrometer..", "io.prometheus..");
        only(List.of("document"), "dev.cel..", "com.samskivert..");
        only(List.of("document", "index.qdrant"), "com.google.protobuf..");
        only(List.of("chunk"), "org.commonmark..");
        only(List.of("config", "demo"), "org.yaml..", "com.fasterxml.jackson.dataformat.yaml..");
    }

    private static void only(List<String> rooms, String... vendor) {
        noClasses()
                .that(new DescribedPredicate<JavaClass>("are outside of " + rooms) {
                    @Override
                    public boolean test(JavaClass type) {
                        return !rooms.contains(room(type));
                    }
                })
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(vendor)
                .check(classes);
    }

    @Test
    void documentsAndChunksArePure() {
        String[] rooms = {"dev.freshet.document..", "dev.freshet.chunk..", "dev.freshet.change.."};
        noClasses()
                .that()
                .resideInAnyPackage(rooms)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.slf4j..",
                        "java.util.logging..",
                        "java.net..",
                        "java.sql..",
                        "java.nio.channels..",
                        "java.util.concurrent.locks..")
                .check(classes);
        noClasses()
                .that()
                .resideInAnyPackage(rooms)
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.util.concurrent.Executor.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.nio.file.Files")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.io.File.class)
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(classes);
        noClasses()
                .that()
                .resideInAnyPackage(rooms)
                .and()
                .doNotHaveSimpleName("HuggingFaceTokens")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io", "java.nio.file..")
                .check(classes);
    }

    @Test
    void namesSayWhatTheyAre() {
        for (String name : List.of("util", "utils", "common", "impl", "manager", "helper", "helpers")) {
            noClasses().should().resideInAPackage(".." + name + "..").check(classes);
        }
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .check(classes);
    }
}
