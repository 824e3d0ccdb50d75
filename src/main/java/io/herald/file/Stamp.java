package io.herald.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/**
 * Tells a file from another one, and from itself after a change.
 *
 * @param inode which file it is, whatever its name
 */
record Stamp(long inode, long size, FileTime modified) {

    static Stamp of(Path path) throws IOException {
        Map<String, Object> file =
                Files.readAttributes(path, "unix:ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        return new Stamp((long) file.get("ino"), (long) file.get("size"), (FileTime) file.get("lastModifiedTime"));
    }

    /** Whether it is the same file by all that a move leaves as it was in every file system. */
    boolean isOfMoved(Stamp moved) {
        return size == moved.size && modified.toMillis() == moved.modified.toMillis();
    }
}
