package dev.freshet.index.qdrant;

import dev.freshet.config.PayloadLayout;

/**
 * Where things stand in the payload of a chunk's point.
 *
 * @param text the field of the text
 * @param metadata the object that holds the metadata; empty for the payload itself
 * @param own the object that holds what Freshet itself needs; empty for the payload itself
 * @param scalarsOnly whether readers fail on anything in the metadata but texts and numbers
 * @param words whether readers bear a second vector beside the dense one, which the ranking by words needs
 */
record Layout(PayloadLayout name, String text, String metadata, String own, boolean scalarsOnly, boolean words) {

    static final String DOCUMENT = "freshet_document";
    static final String MAPPING = "freshet_mapping";
    static final String ID = "freshet_id";
    static final String TENANT = "freshet_tenant";
    static final String HASH = "freshet_hash";
    static final String PAYLOAD = "freshet_payload";
    static final String HEADINGS = "freshet_headings";
    static final String TRACE = "freshet_trace";

    /** In the payload of chunks. */
    Fence fence() {
        return new Fence(this::ownPath);
    }

    static Layout of(PayloadLayout name) {
        return switch (name) {
            case FRESHET -> new Layout(name, "text", "metadata", "", false, true);
            // Its store fails on points with named vectors, and on metadata of other types.
            case LANGCHAIN4J -> new Layout(name, "text_segment", "", "", true, false);
            case LANGCHAIN -> new Layout(name, "page_content", "metadata", "", false, true);
            case LLAMA_INDEX -> new Layout(name, "text", "", "", false, true);
            case SPRING_AI -> new Layout(name, "doc_content", "", "", false, true);
            // Fields beside content, id and meta are an error to it.
            case HAYSTACK -> new Layout(name, "content", "meta", "meta", false, true);
        };
    }

    /** Whether all metadata can be replaced by setting one field. */
    boolean metadataApart() {
        return !metadata.isEmpty() && !metadata.equals(own);
    }

    /** The path of one of Freshet's own fields. */
    String ownPath(String field) {
        return own.isEmpty() ? field : own + "." + field;
    }
}
