package dev.freshet.config;

/** The kinds of databases Freshet captures changes from. */
public enum SourceType {
    POSTGRESQL
}
