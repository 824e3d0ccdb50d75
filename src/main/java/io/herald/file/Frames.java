package io.herald.file;

import java.io.IOException;

/** Tells where one record of a file ends and the next one begins, so that one that is bad hurts no other. */
interface Frames {

    /** The next record's, or null at the end of the file; holds no more than one in memory. */
    Frame next() throws IOException;
}
