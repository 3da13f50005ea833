package dev.freshet.index;

/** Vectors of length one, which is what an index holds and compares. */
public final class UnitVector {

    /** How far the square of the length may be from one before a vector counts as not of length one. */
    private static final double TOLERANCE = 1e-5;

    private UnitVector() {}

    /**
     * The vector at length one; as it is, bit for bit, if it has it already.
     *
     * @param whose for messages
     * @throws IndexException if it has another dimension, is zero, or is not finite
     */
    public static float[] of(float[] vector, int dimension, String whose) {
        if (vector.length != dimension) {
            throw IndexException.refused("The vector of %s has %d dimensions, the collection has %d"
                    .formatted(whose, vector.length, dimension));
        }
        double square = 0;
        for (float component : vector) {
            square += (double) component * component;
        }
        if (!Double.isFinite(square)) {
            throw IndexException.refused(
                    "The vector of %s has a component that is not a finite number".formatted(whose));
        }
        if (square == 0) {
            throw IndexException.refused("The vector of %s is zero, which has no direction".formatted(whose));
        }
        return Math.abs(square - 1) <= TOLERANCE ? vector : scaled(vector, 1 / Math.sqrt(square));
    }

    private static float[] scaled(float[] vector, double factor) {
        float[] scaled = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            scaled[i] = (float) (vector[i] * factor);
        }
        return scaled;
    }
}
