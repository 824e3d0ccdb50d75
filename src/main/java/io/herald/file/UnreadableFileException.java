package io.herald.file;

import java.io.IOException;

/** A dropped file is not what its name says, or is more than may be; nothing that is tried again would help. */
final class UnreadableFileException extends IOException {

    /** @param message what is wrong, in a sentence about "it"; holds nothing of the file */
    UnreadableFileException(String message) {
        super(message);
    }
}
