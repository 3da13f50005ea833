package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResourcesTest {

    @Test
    void closesInReverseAndGoesOnAfterAFailure() {
        List<String> closed = new ArrayList<>();
        var resources = new Resources();
        resources.add(() -> closed.add("first"));
        resources.add(() -> {
            closed.add("second");
            throw new IllegalStateException("cannot be closed");
        });
        AutoCloseable third = () -> closed.add("third");
        assertThat(resources.add(third)).isSameAs(third);

        resources.close();
        resources.close();

        assertThat(closed).containsExactly("third", "second", "first");
    }
}
