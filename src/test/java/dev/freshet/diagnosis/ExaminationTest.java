package dev.freshet.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.diagnosis.Check.Seen;
import dev.freshet.diagnosis.Finding.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class ExaminationTest {

    private static final Duration LONG = Duration.ofSeconds(15);
    private static final Problem PROBLEM = Problem.of("it is broken", "Mend it");

    private static Check check(String name, Check.Look look, String... needs) {
        return new Check(name, List.of(needs), look);
    }

    @Test
    void oneFailureKeepsOnlyThoseFromRunningThatNeedIt() {
        List<Finding> findings = Examination.of(
                List.of(
                        check("a", () -> Seen.failure(PROBLEM)),
                        check("b", () -> Seen.well("fine"), "a"),
                        check("c", () -> Seen.well("fine"), "b"),
                        check("d", () -> Seen.warning("so so", PROBLEM)),
                        check("e", () -> Seen.well("fine"), "d")),
                LONG);

        assertThat(findings)
                .containsExactly(
                        new Finding("a", Status.FAILED, "", List.of(PROBLEM)),
                        new Finding("b", Status.SKIPPED, "because of a", List.of()),
                        new Finding("c", Status.SKIPPED, "because of a", List.of()),
                        new Finding("d", Status.WARNING, "so so", List.of(PROBLEM)),
                        new Finding("e", Status.OK, "fine", List.of()));
    }

    @Test
    void thoseThatNeedNothingRunSideBySide() {
        var both = new CountDownLatch(2);
        Check.Look waiting = () -> {
            both.countDown();
            both.await();
            return Seen.well("met");
        };

        assertThat(Examination.of(List.of(check("a", waiting), check("b", waiting)), LONG))
                .extracting(Finding::status)
                .containsExactly(Status.OK, Status.OK);
    }

    @Test
    void whatDoesNotAnswerHasFailed() {
        var never = new CountDownLatch(1);

        List<Finding> findings = Examination.of(
                List.of(
                        check("a", () -> {
                            never.await();
                            return Seen.well("");
                        }),
                        check("b", () -> Seen.well("fine"), "a"),
                        check("c", () -> Seen.well("fine"))),
                Duration.ofSeconds(1));

        assertThat(findings.get(0).status()).isEqualTo(Status.FAILED);
        assertThat(findings.get(0).problems().getFirst().message()).contains("no answer within 1 s");
        assertThat(findings.get(1)).isEqualTo(new Finding("b", Status.SKIPPED, "because of a", List.of()));
        assertThat(findings.get(2).status()).isEqualTo(Status.OK);
        never.countDown();
    }

    @Test
    void whatThrowsHasFailedInItsOwnWords() {
        List<Finding> findings = Examination.of(
                List.of(
                        check("a", () -> {
                            throw new ProblemException(PROBLEM, null) {
                                private static final long serialVersionUID = 1L;
                            };
                        }),
                        check("b", () -> {
                            throw new IllegalStateException("unheard of");
                        })),
                LONG);

        assertThat(findings.get(0).problems()).containsExactly(PROBLEM);
        assertThat(findings.get(1).problems().getFirst().what()).contains("unheard of");
    }

    @Test
    void aCheckComesAfterThoseItNeeds() {
        assertThatThrownBy(() -> Examination.of(List.of(check("a", () -> Seen.well(""), "b")), LONG))
                .hasMessageContaining("'a' needs 'b'");
    }

    @Test
    void aMessageEndsWithTheSql() {
        assertThat(Problem.of("it is off", "Run", "A;", "B;").at("x.yaml:1:2").message())
                .isEqualTo("x.yaml:1:2: it is off. Run: A; B;");
        assertThat(Problem.of("it is off", "").message()).isEqualTo("it is off");
    }
}
