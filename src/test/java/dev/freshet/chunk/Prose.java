package dev.freshet.chunk;

import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Text that looks like prose: sentences of common words, the same for the same seed. */
final class Prose {

    private static final String[] WORDS =
            ("the shop order customer invoice please refund open settings before after choose"
                            + " market delivery label carrier weight card payment team seat plan month theme colour photo page"
                            + " link address and or with for until every new old return stock price product list")
                    .split(" ");

    private Prose() {}

    static String paragraph(Random random, int words) {
        StringBuilder text = new StringBuilder();
        int left = words;
        while (left > 0) {
            int length = Math.min(left, 6 + random.nextInt(14));
            text.append(text.isEmpty() ? "" : " ").append(sentence(random, length));
            left -= length;
        }
        return text.toString();
    }

    static String sentence(Random random, int words) {
        String text = IntStream.range(0, words)
                .mapToObj(i -> WORDS[random.nextInt(WORDS.length)])
                .collect(Collectors.joining(" "));
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
    }
}
