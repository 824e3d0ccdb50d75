package io.herald.file;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;

/**
 * What in the inbox is a dropped file: a regular one whose name does not say that it is not complete. What is neither is left
 * where it is, and said once.
 */
@Singleton
@Named("inboxFilter")
@RegisterForReflection
public final class InboxFilter implements GenericFileFilter<File> {

    private final Left left = new Left("in the inbox");

    @Override
    public boolean accept(GenericFile<File> found) {
        File file = found.getFile();
        FileName name = new FileName(file.getName());
        if (name.isIgnored()) {
            return false;
        }
        if (!name.isPlain()) {
            return leave(
                    name,
                    "its name has a control character or a backslash, or letters that the locale of this process does not"
                            + " have; give it another one, or Herald LC_ALL=C.UTF-8");
        }
        if (!Files.isRegularFile(file.toPath(), LinkOption.NOFOLLOW_LINKS)) {
            return leave(name, "it is no file of its own: a link, or something else");
        }
        return true;
    }

    private boolean leave(FileName name, String why) {
        left.tell(name, why);
        return false;
    }
}
