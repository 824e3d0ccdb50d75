package io.herald.file;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Ordered;
import org.apache.camel.component.file.remote.FtpConstants;
import org.apache.camel.support.SynchronizationAdapter;
import org.jboss.logging.Logger;

/** Puts the files of a partner's server into the inbox. */
@Singleton
@Named("partner")
@RegisterForReflection
public final class PartnerFiles {

    /** Whether this exchange's file is in the inbox, or was. */
    static final String FETCHED = "fetched";

    /** Asks the server whether this exchange's file still is what it was when it was listed. */
    static final String IS_AS_LISTED = "isAsListed";

    /** Whether it could not be moved on the server. */
    static final String NOT_MOVED = "notMoved";

    private static final String PREFIX = ".sftp-";
    private static final String PART = ".part";
    private static final String MARK = ".fetched";

    /** So old is what nobody comes back for. */
    private static final Map<String, Duration> LEFT_BEHIND =
            Map.of(PART, Duration.ofHours(1), MARK, Duration.ofDays(30));

    private static final int BUFFER = 1 << 16;
    private static final Logger LOG = Logger.getLogger(PartnerFiles.class);

    private final Inbox inbox;
    private final CamelContext context;
    private final Clock clock;

    public PartnerFiles(Inbox inbox, CamelContext context, Clock clock) {
        this.inbox = inbox;
        this.context = context;
        this.clock = clock;
    }

    /** Deletes what a program that ended in the middle of a file has left behind. */
    void deleteLeftBehind() {
        LEFT_BEHIND.forEach(this::deleteLeftBehind);
    }

    private void deleteLeftBehind(String suffix, Duration after) {
        Inbox.deleteOlder(
                inbox.directory(), PREFIX + "*" + suffix, clock.instant().minus(after));
    }

    /**
     * Fetches a file, and lets it appear in the inbox when all of it is on disk. One that was fetched already, and only not moved to
     * {@code done} on the server, does not appear again, also after a restart: a mark beside it says so until it is moved.
     *
     * @param length that the server has told
     * @param modified when it was changed last, as the server has told: a file that is offered once more has another time
     * @param isAsListed {@link #IS_AS_LISTED}
     * @throws IOException if it cannot be fetched now, has no room here, has another length, is changed or replaced meanwhile, or
     *     its name is taken in the inbox; then it is not moved on the server
     */
    public void fetch(
            @Header(FtpConstants.REMOTE_FILE_INPUT_STREAM) InputStream content,
            @Header(FtpConstants.FILE_NAME_ONLY) String name,
            @Header(FtpConstants.FILE_LENGTH) long length,
            @Header(FtpConstants.FILE_LAST_MODIFIED) long modified,
            @ExchangeProperty(IS_AS_LISTED) BooleanSupplier isAsListed,
            Exchange exchange)
            throws IOException {
        if (!inbox.hasRoomFor(length)) {
            throw new IOException("it would leave too little of the disk here");
        }
        Path part = Files.createTempFile(inbox.directory(), PREFIX, PART);
        try {
            String fetched = copy(content, length, part) + " " + modified;
            mustBeAsListed(isAsListed);
            Path mark = inbox.file(mark(name));
            if (isMarked(mark, fetched)) {
                LOG.infof("File %s was fetched before, and is only moved on the partner's server", name);
            } else {
                Files.createLink(inbox.file(name), part);
                Files.writeString(mark, fetched, CREATE, TRUNCATE_EXISTING, WRITE, SYNC);
                Inbox.force(inbox.directory());
                LOG.infof("File %s is fetched from the partner's server, %d bytes", name, length);
            }
            mustBeAsListed(isAsListed);
            exchange.setProperty(FETCHED, true);
            exchange.getExchangeExtension().addOnCompletion(new Unmark(mark));
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** One that is another by now is not moved away unread. */
    private static void mustBeAsListed(BooleanSupplier isAsListed) throws IOException {
        if (!isAsListed.getAsBoolean()) {
            throw new IOException("it was changed on the partner's server while it was fetched");
        }
    }

    /** The name of the mark beside a file of that name. */
    static String mark(String name) {
        return PREFIX + HexFormat.of().formatHex(Content.sha256().digest(name.getBytes(StandardCharsets.UTF_8))) + MARK;
    }

    private boolean isMarked(Path mark, String fetched) throws IOException {
        boolean isMarked = Files.exists(mark) && Files.readString(mark).equals(fetched);
        if (isMarked) {
            Files.setLastModifiedTime(mark, FileTime.from(clock.instant()));
        }
        return isMarked;
    }

    /** Takes the mark away when the file was moved on the server: by then Camel has tried, at the end of the exchange too. */
    private static final class Unmark extends SynchronizationAdapter {

        private final Path mark;

        Unmark(Path mark) {
            this.mark = mark;
        }

        @Override
        public int getOrder() {
            return Ordered.LOWEST;
        }

        @Override
        public void onComplete(Exchange exchange) {
            if (exchange.getProperty(NOT_MOVED) != null) {
                return;
            }
            try {
                Files.deleteIfExists(mark);
            } catch (IOException e) {
                LOG.warnf("The mark of a file that was fetched cannot be deleted: %s", e);
            }
        }
    }

    private String copy(InputStream from, long length, Path to) throws IOException {
        MessageDigest sha256 = Content.sha256();
        try (from;
                FileChannel channel = FileChannel.open(to, WRITE);
                OutputStream out = new DigestOutputStream(Channels.newOutputStream(channel), sha256)) {
            byte[] buffer = new byte[BUFFER];
            long copied = 0;
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                copied += read;
                if (context.isStopping()) {
                    throw new HeraldStopsException();
                }
                if (copied > length) {
                    break;
                }
                out.write(buffer, 0, read);
            }
            if (copied != length) {
                throw new IOException("it is not as long as the partner's server says, " + length + " bytes");
            }
            channel.force(true);
        }
        return HexFormat.of().formatHex(sha256.digest());
    }
}
