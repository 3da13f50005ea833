package dev.freshet.source;

/**
 * Which log a server writes.
 *
 * @param system the identifier that the cluster got when it was made, the same in its standbys and backups
 * @param timeline counts its promotions and restores
 */
public record ServerLog(String system, int timeline) {}
