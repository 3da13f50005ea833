package dev.freshet.document;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.freshet.change.Row;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How Mustache finds the value of a name. A column must be there; the objects of a json column may have the name or not,
 * since they differ from row to row.
 */
final class TemplateNames {

    private TemplateNames() {}

    /** What a name is looked up in. */
    sealed interface Holder permits RowHolder, ObjectHolder, ObjectScope, ListHolder {

        /** The value, {@link Template#NO_FETCHER_FOUND} if it may be sought further out. */
        @Nullable Object find(String name);
    }

    /** The row: the outermost place. Made for one rendering, used by one thread. */
    static final class RowHolder implements Holder {

        private final Row row;

        /** The name that an object inside was asked for in vain, if that was the last thing to happen. */
        private @Nullable String missedInside;

        RowHolder(Row row) {
            this.row = row;
        }

        @Override
        public @Nullable Object find(String name) {
            boolean optional = name.equals(missedInside);
            missedInside = null;
            if (row.values().containsKey(name)) {
                return hold(row.get(name), this);
            }
            // A dotted name goes into an object: Mustache takes it apart when it is not found as a whole.
            return optional && name.indexOf('.') < 0 ? null : Template.NO_FETCHER_FOUND;
        }
    }

    /** An object as a step of a dotted name: a key that it does not have is null. */
    record ObjectHolder(Map<?, ?> object, RowHolder row) implements Holder {

        @Override
        public @Nullable Object find(String name) {
            return hold(object.get(name), row);
        }
    }

    /** An object as the scope of a section: a name that it does not have is sought further out. */
    record ObjectScope(ObjectHolder holder) implements Holder {

        @Override
        public @Nullable Object find(String name) {
            boolean found = holder.object.containsKey(name);
            holder.row.missedInside = found ? null : name;
            return found ? holder.find(name) : Template.NO_FETCHER_FOUND;
        }
    }

    /** A list: its elements have numbers, from 0; beyond its end is null. */
    record ListHolder(List<?> list, RowHolder row) implements Holder {

        @Override
        public @Nullable Object find(String name) {
            if (!name.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return Template.NO_FETCHER_FOUND;
            }
            // More digits than an int has are beyond every end.
            int index = name.length() < 10 ? Integer.parseInt(name) : Integer.MAX_VALUE;
            return index < list.size() ? hold(list.get(index), row) : null;
        }
    }

    private static @Nullable Object hold(@Nullable Object value, RowHolder row) {
        return switch (value) {
            case Map<?, ?> map -> new ObjectHolder(map, row);
            case List<?> list -> new ListHolder(list, row);
            case null -> null;
            default -> value;
        };
    }

    /** The text of a value that was found. */
    static String text(Object value) {
        return switch (value) {
            case RowHolder row ->
                throw new MustacheException("{{.}} is an element of a list, inside its section; here is none");
            case ObjectHolder holder -> ValueText.of(holder.object);
            case ObjectScope scope -> ValueText.of(scope.holder.object);
            case ListHolder holder -> ValueText.of(holder.list);
            case Integer index -> index.toString(); // Mustache's own {{-index}}
            default -> ValueText.of(value);
        };
    }

    /** Shows Mustache our holders and nothing else: by default it calls methods and reads fields by their names. */
    static final class Collector implements Mustache.Collector {

        private static final Mustache.VariableFetcher FETCHER = (context, name) -> ((Holder) context).find(name);

        @Override
        public Mustache.@Nullable VariableFetcher createFetcher(Object context, String name) {
            return context instanceof Holder ? FETCHER : null;
        }

        @Override
        public @Nullable Iterator<?> toIterator(Object value) {
            return switch (value) {
                case ListHolder holder ->
                    holder.list.stream()
                            .map(element -> scope(element, holder.row))
                            .iterator();
                case ObjectHolder holder ->
                    holder.object.isEmpty()
                            ? Collections.emptyIterator()
                            : List.of(new ObjectScope(holder)).iterator();
                default -> null;
            };
        }

        /** Mustache cannot enter null; the empty text is as empty and as false. */
        private static Object scope(@Nullable Object element, RowHolder row) {
            Object held = hold(element, row);
            return switch (held) {
                case null -> "";
                case ObjectHolder holder -> new ObjectScope(holder);
                default -> held;
            };
        }

        @Override
        public <K, V> Map<K, V> createFetcherCache() {
            return new ConcurrentHashMap<>();
        }
    }
}
