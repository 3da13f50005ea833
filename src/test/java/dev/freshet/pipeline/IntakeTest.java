package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.at;
import static dev.freshet.pipeline.Changes.barrier;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.ChangeEvent;
import dev.freshet.source.ChangeBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class IntakeTest {

    private final List<Integer> acknowledged = new ArrayList<>();

    private ChangeBatch batch(int first, int count) {
        var events = new ArrayList<ChangeEvent>();
        for (int i = 0; i < count; i++) {
            events.add(barrier("", first + i));
        }
        return new ChangeBatch(events, upTo -> acknowledged.add(first + upTo - 1));
    }

    @Property(tries = 200)
    void acknowledgementsGrowAndNeverPassWhatIsUnfinished(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 5) Integer> batches, @ForAll long seed) {
        acknowledged.clear();
        var intake = new Intake();
        var finishers = new ArrayList<Runnable>();
        int total = batches.stream().mapToInt(Integer::intValue).sum();
        boolean[] done = new boolean[total];
        int next = 0;
        for (int size : batches) {
            ChangeBatch batch = batch(next, size);
            for (int place = 0; place < size; place++) {
                int number = next + place;
                Runnable part = intake.add(batch, place, 0);
                finishers.add(() -> {
                    part.run();
                    done[number] = true;
                });
            }
            next += size;
        }
        var random = new Random(seed);
        Collections.shuffle(finishers, random);

        for (Runnable finisher : finishers) {
            finisher.run();
            if (random.nextInt(3) == 0) {
                Runnable mark = intake.toAcknowledge();
                if (mark != null) {
                    mark.run();
                    assertThat(intake.toAcknowledge()).isNull();
                }
                for (int i = 0; !acknowledged.isEmpty() && i <= acknowledged.getLast(); i++) {
                    assertThat(done[i]).isTrue();
                }
            }
        }
        Runnable last = intake.toAcknowledge();
        if (last != null) {
            last.run();
        }
        assertThat(acknowledged).isSorted().doesNotHaveDuplicates().endsWith(total - 1);
        assertThat(intake.pending()).isZero();
    }

    @Test
    void anAcknowledgementIsOfWhatWasFinishedWhenItWasAskedFor() {
        var intake = new Intake();
        ChangeBatch batch = batch(1, 2);
        intake.add(batch, 0, 0).run();
        Runnable second = intake.add(batch, 1, 0);
        Runnable mark = requireNonNull(intake.toAcknowledge());

        second.run();
        mark.run();

        assertThat(acknowledged).containsExactly(1);
        requireNonNull(intake.toAcknowledge()).run();
        assertThat(acknowledged).containsExactly(1, 2);
    }

    @Test
    void anEventIsFinishedWithItsLastPart() {
        var intake = new Intake();
        Runnable part = intake.add(batch(7, 1), 0, 2);
        part.run();
        part.run();

        assertThat(intake.searchable()).isNull();
        assertThat(intake.oldestPending()).isEqualTo(at(7));
        assertThat(intake.toAcknowledge()).isNull();

        part.run();

        assertThat(intake.searchable()).isEqualTo(at(7));
        assertThat(intake.oldestPending()).isNull();
    }
}
