package dev.freshet.embed;

import dev.freshet.config.TooLong;
import java.time.Duration;

/**
 * How an embedding service is used.
 *
 * @param provider as in the configuration
 * @param model the name it knows the model by
 * @param texts the most of one request
 * @param tokens the most of one request
 * @param requestsPerMinute 0 for no limit
 * @param tokensPerMinute 0 for no limit
 * @param timeout of a request
 * @param queryTimeout how long a query is tried for
 * @param tooLong what becomes of a text that the model does not see as a whole
 */
public record ServiceLimits(
        String provider,
        String model,
        int texts,
        int tokens,
        int requestsPerMinute,
        int tokensPerMinute,
        Duration timeout,
        Duration queryTimeout,
        TooLong tooLong) {}
