package dev.freshet.source;

import dev.freshet.diagnosis.Problem;
import org.jspecify.annotations.Nullable;

/**
 * How a publication stands for the tables that are to be captured.
 *
 * @param found what there is
 * @param problem what keeps changes from being captured
 * @param warning what makes them differ from the rows
 */
public record PublicationState(
        String found, @Nullable Problem problem, @Nullable Problem warning) {}
