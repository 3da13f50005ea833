package dev.freshet.embed;

import dev.freshet.embed.Calls.Result;

/** Checks and normalizes what models give. */
final class Vectors {

    private Vectors() {}

    /** The vector with length one, or what is wrong with it. */
    static Result unit(float[] vector, int dimension) {
        if (vector.length != dimension) {
            return failure("the embedding model gave %d dimensions instead of %d".formatted(vector.length, dimension));
        }
        double sum = 0;
        for (float each : vector) {
            sum += (double) each * each;
        }
        double length = Math.sqrt(sum);
        if (!Double.isFinite(length) || length == 0) {
            return failure("the embedding model gave a vector of length " + length);
        }
        float[] unit = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return new Result.Vector(unit);
    }

    private static Result failure(String message) {
        return new Result.Failure(new EmbeddingException(message, null));
    }
}
