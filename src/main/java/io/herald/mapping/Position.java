package io.herald.mapping;

/** A place in a mapping file, as editors write and open it: {@code mappings/xbridge/request.jslt:3:14}. */
final class Position {

    private Position() {}

    /** What a mistake calls the file with that path below the mappings directory. */
    static String file(String path) {
        return "mappings/" + path;
    }

    /** Line and column count from 1; a line below 1 is unknown and left out. */
    static String of(String file, int line, int column) {
        return line < 1 ? file : file + ":" + line + ":" + Math.max(column, 1);
    }

    /** The place of a character of that file's text. */
    static String of(String file, String text, int offset) {
        int line = 1
                + (int) text.substring(0, offset).chars().filter(c -> c == '\n').count();
        return of(file, line, offset - text.lastIndexOf('\n', offset - 1));
    }
}
