package io.herald.file;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** The content of a dropped file: expanded if it is compressed, up to a bound, and without a byte order mark. */
final class Content extends FilterInputStream {

    private static final String CHANGED = "the file was changed while it was read";
    private static final int BUFFER = 1 << 16;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final long most;
    private final MessageDigest sha256 = sha256();
    private Optional<Digest> expected = Optional.empty();
    private Optional<Digest> digest = Optional.empty();
    private Optional<Path> path = Optional.empty();
    private Stamp asOpened;
    private long count;

    private Content(InputStream in, long most) {
        super(in);
        this.most = most;
    }

    /**
     * Opens a file, but not through a symbolic link.
     *
     * @param most bytes of content
     * @throws UnreadableFileException if it is not what its name says
     */
    static Content open(Path file, boolean compressed, long most) throws IOException {
        InputStream bytes =
                Channels.newInputStream(Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        try {
            InputStream buffered = new BufferedInputStream(bytes, BUFFER);
            return new Content(withoutByteOrderMark(compressed ? new Gzip(buffered) : buffered), most);
        } catch (ZipException | EOFException e) {
            bytes.close();
            throw notGzip();
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
    }

    /** {@code GZIPInputStream} ignores what follows the last member. Here only zero bytes may follow. */
    private static final class Gzip extends GZIPInputStream {

        private static final int TRAILER = 8;

        /** Java reads each empty member from within the one before, and has a stack for some thousands. */
        private static final int MOST_EMPTY_MEMBERS = 1_000;

        private int nested;

        Gzip(InputStream in) throws IOException {
            super(in, BUFFER);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (nested > MOST_EMPTY_MEMBERS) {
                throw new UnreadableFileException("it has too many empty gzip members in a row");
            }
            nested++;
            int read = super.read(buffer, offset, length);
            nested--;
            if (read < 0) {
                requireNoMore();
            }
            return read;
        }

        private void requireNoMore() throws IOException {
            for (int i = len - inf.getRemaining() + TRAILER; i < len; i++) {
                requireZero(buf[i]);
            }
            for (int rest = in.read(); rest >= 0; rest = in.read()) {
                requireZero(rest);
            }
        }

        private static void requireZero(int rest) throws ZipException {
            if (rest != 0) {
                throw new ZipException("something follows that is not gzip");
            }
        }
    }

    private static InputStream withoutByteOrderMark(InputStream in) throws IOException {
        PushbackInputStream start = new PushbackInputStream(in, BYTE_ORDER_MARK.length);
        byte[] first = start.readNBytes(BYTE_ORDER_MARK.length);
        int mark = first.length < 2 ? 0 : ByteBuffer.wrap(first).getChar();
        if (mark == 0xFEFF || mark == 0xFFFE) {
            throw new UnreadableFileException("it is UTF-16; write it in UTF-8");
        }
        if (!Arrays.equals(first, BYTE_ORDER_MARK)) {
            start.unread(first);
        }
        return start;
    }

    private static UnreadableFileException notGzip() {
        return new UnreadableFileException("it is not gzip, or it is not complete");
    }

    /** What a content is told by. */
    record Digest(String sha256, long size) {}

    /** Reads it to its end. */
    Digest digest() throws IOException {
        transferTo(OutputStream.nullOutputStream());
        return digest.orElseThrow();
    }

    /** From here on the end must come with this content; otherwise the reader gets an {@link IOException} instead of the end. */
    void mustBe(Digest content) {
        expected = Optional.of(content);
    }

    /**
     * Nothing that is read after the file was written to is given out: the record at the edge would be of two customers. One that was
     * renamed meanwhile is told by its digest.
     */
    void mustStay(Path file, Stamp stamp) {
        path = Optional.of(file);
        asOpened = stamp;
    }

    private void requireUnwritten() throws IOException {
        if (path.isEmpty() || !Files.exists(path.get(), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Stamp now = Stamp.of(path.get());
        if (now.inode() == asOpened.inode() && !now.equals(asOpened)) {
            throw new IOException(CHANGED);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }

    /** How much of it was read, in bytes. */
    long count() {
        return count;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read;
        try {
            read = in.read(buffer, offset, length);
        } catch (ZipException | EOFException e) {
            throw notGzip();
        }
        if (read > 0) {
            count += read;
            if (count > most) {
                throw new UnreadableFileException(
                        "its content is larger than intake.file.max-expanded allows, " + most + " bytes");
            }
            sha256.update(buffer, offset, read);
        } else if (read < 0 && digest.isEmpty()) {
            digest = Optional.of(new Digest(HexFormat.of().formatHex(sha256.digest()), count));
        }
        requireUnwritten();
        requireExpected();
        return read;
    }

    private void requireExpected() throws IOException {
        if (expected.isPresent() && (count > expected.get().size() || digest.isPresent() && !digest.equals(expected))) {
            throw new IOException(CHANGED);
        }
    }
}
