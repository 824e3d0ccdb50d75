package io.herald.file;

/** A file is not read to its end, because Herald stops; it goes on when it starts again. */
final class HeraldStopsException extends RuntimeException {

    HeraldStopsException() {
        super("Herald stops; it goes on when it starts again");
    }
}
