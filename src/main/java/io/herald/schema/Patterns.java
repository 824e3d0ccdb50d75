package io.herald.schema;

import java.util.regex.Pattern;

/**
 * Regular expressions of schemas. JSON Schema asks for ECMA-262, where {@code $} without a flag is the end of the input
 * only; in {@link Pattern} it also stands before a line break at the end, which would let {@code "A\n"} pass
 * {@code ^A$}.
 */
final class Patterns {

    private Patterns() {}

    /** @throws java.util.regex.PatternSyntaxException when the expression is not one */
    static Pattern compile(String expression) {
        StringBuilder translated = new StringBuilder(expression.length() + 2);
        boolean inClass = false;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == '\\' && i + 1 < expression.length()) {
                translated.append(c).append(expression.charAt(++i));
            } else if (c == '$' && !inClass) {
                translated.append("\\z");
            } else {
                inClass = c == '[' || inClass && c != ']';
                translated.append(c);
            }
        }
        return Pattern.compile(translated.toString());
    }
}
