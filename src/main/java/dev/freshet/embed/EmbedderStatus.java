package dev.freshet.embed;

import org.jspecify.annotations.Nullable;

/**
 * How it stands with the model.
 *
 * @param provider as in the configuration
 * @param model its name
 * @param breaker of a service: {@code closed} when all is well, {@code open} while it is left alone, {@code half_open}
 *     while it is tried; null in this process
 * @param requests how many calls were made since the start
 * @param retries how many of them repeated another
 * @param lastError why the last call failed; null after one that did not
 */
public record EmbedderStatus(
        String provider,
        String model,
        @Nullable String breaker,
        long requests,
        long retries,
        @Nullable String lastError) {}
