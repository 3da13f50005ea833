package dev.freshet.config;

/** How rows that were there before Freshet get into the index. */
public enum Backfill {
    /** In chunks between live changes, which do not wait; resumes after a crash. */
    INCREMENTAL,
    /** In one snapshot before the first live change. */
    INITIAL,
    /** Not at all: only what changes from now on. */
    NONE
}
