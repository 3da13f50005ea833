package dev.freshet.index.qdrant;

import dev.freshet.index.IndexException;

/** Checks vectors before anything is sent: the server would find out only in the middle of a batch. */
final class UnitVectors {

    private UnitVectors() {}

    /**
     * The vector with length one.
     *
     * @throws IndexException if it has another dimension, no direction, or something in it that is no number
     */
    static float[] checked(float[] vector, int dimension, String whose) {
        if (vector.length != dimension) {
            throw refused(whose, "has %d dimensions instead of %d".formatted(vector.length, dimension));
        }
        double square = 0;
        for (float value : vector) {
            square += (double) value * value;
        }
        if (!Double.isFinite(square)) {
            throw refused(whose, "holds what is no number");
        }
        if (square == 0) {
            throw refused(whose, "has no direction");
        }
        double length = Math.sqrt(square);
        if (Math.abs(length - 1) < 1e-6) {
            return vector;
        }
        float[] unit = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return unit;
    }

    private static IndexException refused(String whose, String why) {
        return new IndexException(IndexException.Kind.PERMANENT, "The vector of " + whose + " " + why, null);
    }
}
