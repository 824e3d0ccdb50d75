package io.herald.file;

import com.jcraft.jsch.ChannelSftp.LsEntry;
import com.jcraft.jsch.SftpATTRS;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Optional;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;
import org.apache.camel.component.file.remote.SftpRemoteFile;

/**
 * What of a partner's listing is fetched: files of their own that have room here, by names that are names in the inbox too and that
 * nothing there has. What is not stays on the server, and the reason is said once.
 */
@Singleton
@Named("partnerFilter")
@RegisterForReflection
public final class PartnerFilter implements GenericFileFilter<SftpRemoteFile<LsEntry>> {

    /** In done the time stands before it. */
    private static final int LONGEST_NAME = 255 - "20261130-070000000-".length();

    private final Inbox inbox;
    private final Left left = new Left("on the partner's server");

    public PartnerFilter(Inbox inbox) {
        this.inbox = inbox;
    }

    @Override
    public boolean accept(GenericFile<SftpRemoteFile<LsEntry>> found) {
        FileName name = new FileName(found.getFileNameOnly());
        if (found.isDirectory() || name.isIgnored()) {
            return false;
        }
        Optional<String> reason = reason(name, found);
        reason.ifPresent(why -> left.tell(name, why));
        return reason.isEmpty() && !inbox.has(name.name());
    }

    private Optional<String> reason(FileName name, GenericFile<SftpRemoteFile<LsEntry>> found) {
        if (!name.isPlain() || name.name().isEmpty() || name.name().matches(".*[*?].*")) {
            return Optional.of(
                    "its name has a slash, a backslash, a control character, an asterisk or a question mark");
        }
        if (name.name().getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME || !isName(name)) {
            return Optional.of("no file here can have its name");
        }
        if (found.getFileLength() > inbox.maxExpanded()) {
            return Optional.of("it is larger than intake.file.max-expanded allows, " + inbox.maxExpanded() + " bytes");
        }
        if (!inbox.hasRoomFor(found.getFileLength())) {
            return Optional.of("it would leave too little of the disk here");
        }
        if (!isFile(found.getFile().getRemoteFile().getAttrs())) {
            return Optional.of("it is no file of its own: a link, or something else");
        }
        return Optional.empty();
    }

    private boolean isName(FileName name) {
        try {
            return inbox.file(name.name()).getFileName().toString().equals(name.name());
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** A server need not say what it is; then it is taken for a file. */
    private static boolean isFile(SftpATTRS attributes) {
        return attributes.isReg() || (attributes.getFlags() & SftpATTRS.SSH_FILEXFER_ATTR_PERMISSIONS) == 0;
    }
}
