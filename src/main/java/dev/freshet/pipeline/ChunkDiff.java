package dev.freshet.pipeline;

import dev.freshet.chunk.Chunk;
import dev.freshet.index.DocumentHead;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What has to change in the index so that it holds a document: a plan, computed from what it holds and what it should
 * hold, and from nothing else.
 *
 * @param added chunks the index lacks; only these are embedded
 * @param removed ids of chunks the document no longer has
 * @param reused how many chunks stay as they are
 * @param payloadChanged whether id, metadata or tenant differ
 * @param orderChanged whether the same chunks stand in another order
 */
record ChunkDiff(List<Chunk> added, List<String> removed, int reused, boolean payloadChanged, boolean orderChanged) {

    /** The plan from what there is, null for nothing, to the chunks and payload there should be. */
    static ChunkDiff between(@Nullable DocumentHead head, List<Chunk> chunks, String payloadHash) {
        if (head == null) {
            return new ChunkDiff(chunks, List.of(), 0, true, true);
        }
        Set<String> there = new LinkedHashSet<>(head.chunkIds());
        Set<String> wanted = chunks.stream().map(Chunk::id).collect(Collectors.toCollection(LinkedHashSet::new));
        List<Chunk> added =
                chunks.stream().filter(chunk -> !there.contains(chunk.id())).toList();
        List<String> removed =
                head.chunkIds().stream().filter(id -> !wanted.contains(id)).toList();
        return new ChunkDiff(
                added,
                removed,
                chunks.size() - added.size(),
                !head.payloadHash().equals(payloadHash),
                !List.copyOf(wanted).equals(head.chunkIds()));
    }

    /** Whether the index holds exactly this document already. */
    boolean isEmpty() {
        return added.isEmpty() && removed.isEmpty() && !payloadChanged && !orderChanged;
    }
}
