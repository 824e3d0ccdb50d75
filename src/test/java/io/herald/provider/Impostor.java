package io.herald.provider;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;

/**
 * Stands between Herald and one provider of the sandbox. Passes on what comes, byte for byte, or behaves as badly as it is
 * told to; on bare sockets, because no server library can be made to. Counts what a server sees: how many requests were
 * in its hands at once, how many connections were open, how much of an answer was taken.
 */
public final class Impostor implements AutoCloseable {

    /** What it does with a request once it has read all of it. */
    public enum Behaviour {
        /** Lets the sandbox answer. */
        PASS_ON,
        /** Waits until told to behave otherwise. */
        HOLD,
        /** Never answers. */
        HANG,
        /** Answers a byte a second. */
        DRIP,
        /** Breaks the connection. */
        RESET,
        /** Answers 200 with a page for people, in which there is something that looks like JSON. */
        HTML,
        /** Answers 500. */
        ERROR,
        /** Answers 200 with {@link #HUGE_BYTES} of JSON. */
        HUGE,
        /** Answers 500 with as much. */
        HUGE_ERROR,
        /** Answers 200 with gzip in gzip in gzip, small, of which all that there is to expand comes to nothing. */
        GZIP,
        /** Answers 200 with a header of ten thousand characters. */
        LONG_HEADER,
        /** Answers 200 with 110 headers. */
        MANY_HEADERS,
        /** Never answers a log-in, and lets the sandbox answer the rest. */
        LOG_IN_HANGS
    }

    /** The size of a huge answer. */
    public static final int HUGE_BYTES = 50 * 1024 * 1024;

    private static final String PAGE = "<!doctype html><html><head><style>body{}</style><script>var all = [];</script>"
            + "</head><body><h1>We are busy</h1></body></html>";
    private static final byte[] JSON_START = "{\"id\":\"".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] NESTED_GZIP = nestedGzip();

    private static final int UPSTREAM_MILLIS = 60_000;

    private final int sandboxPort;
    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "impostor");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicLong mostTaken = new AtomicLong();
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private Behaviour behaviour = Behaviour.PASS_ON;

    Impostor(int sandboxPort) throws IOException {
        this.sandboxPort = sandboxPort;
        server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    /** Where it listens. */
    public int port() {
        return server.getLocalPort();
    }

    /** From now on, and for the requests it holds. */
    public synchronized void behave(Behaviour now) {
        behaviour = now;
        notifyAll();
    }

    /** Whether it lets the sandbox answer. */
    public synchronized boolean isWell() {
        return behaviour == Behaviour.PASS_ON;
    }

    /** Passes on again, and counts anew. Requests in its hands still count. */
    public void reset() {
        behave(Behaviour.PASS_ON);
        requests.set(0);
        lines.clear();
        most.set(now.get());
        mostOpen.set(open.get());
        mostTaken.set(0);
    }

    /** How many requests came, log-ins and look-ups included. */
    public int requests() {
        return requests.get();
    }

    /** Method and path of each request as it came over the wire, before any server made it its own. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** How many requests it has not answered yet. */
    public int inHand() {
        return now.get();
    }

    /** How many requests it had at once, at most. */
    public int mostAtOnce() {
        return most.get();
    }

    /** How many connections were open at once, at most. */
    public int mostConnections() {
        return mostOpen.get();
    }

    /** How many bytes of one huge answer could be written, at most; those in the sockets' buffers included. */
    public long mostTaken() {
        return mostTaken.get();
    }

    @Override
    public void close() {
        behave(Behaviour.PASS_ON);
        threads.shutdownNow();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket caller = server.accept();
                threads.execute(() -> serve(caller));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket caller) {
        mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
        try (caller) {
            InputStream fromCaller = new BufferedInputStream(caller.getInputStream());
            for (byte[] request = message(fromCaller); request != null; request = message(fromCaller)) {
                answer(request, caller, fromCaller);
            }
        } catch (IOException e) {
            // the caller has gone, or was sent away: nobody is left to tell
        } finally {
            open.decrementAndGet();
        }
    }

    /** Over a connection of its own: one that is kept may have been closed by the sandbox meanwhile. */
    private byte[] ofSandbox(byte[] request) throws IOException {
        try (Socket sandbox = new Socket(InetAddress.getLoopbackAddress(), sandboxPort)) {
            sandbox.setSoTimeout(UPSTREAM_MILLIS);
            sandbox.getOutputStream().write(request);
            byte[] answer = message(new BufferedInputStream(sandbox.getInputStream()));
            if (answer == null) {
                throw new EOFException("the sandbox gave no answer");
            }
            return answer;
        }
    }

    private void answer(byte[] request, Socket caller, InputStream fromCaller) throws IOException {
        requests.incrementAndGet();
        lines.add(line(request));
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        boolean inHand = true;
        try {
            OutputStream out = caller.getOutputStream();
            switch (behaviour(request)) {
                case PASS_ON -> {
                    byte[] answer = ofSandbox(request);
                    now.decrementAndGet();
                    inHand = false;
                    out.write(answer);
                }
                case HANG -> untilGone(fromCaller);
                case DRIP -> drip(out);
                case RESET -> {
                    caller.setSoLinger(true, 0);
                    throw new EOFException("reset");
                }
                case HTML -> out.write(whole("200 OK", "text/html; charset=utf-8", PAGE));
                case ERROR ->
                    out.write(whole("500 Internal Server Error", "application/json", "{\"message\":\"boom\"}"));
                case HUGE -> huge("200 OK", "application/json", JSON_START, out);
                case HUGE_ERROR -> huge("500 Internal Server Error", "application/json", JSON_START, out);
                case LONG_HEADER ->
                    out.write(whole("200 OK", "application/json\r\nX-Long: " + "x".repeat(10_000), "{}"));
                case MANY_HEADERS -> out.write(whole("200 OK", "application/json" + "\r\nX-Many: x".repeat(108), "{}"));
                case GZIP -> {
                    out.write(head(
                            "200 OK", "application/json\r\nContent-Encoding: gzip, gzip, gzip", NESTED_GZIP.length));
                    out.write(NESTED_GZIP);
                }
                default -> throw new IllegalStateException("not to be done: " + behaviour(request));
            }
        } finally {
            if (inHand) {
                now.decrementAndGet();
            }
        }
    }

    /** What to do with this request now; waits while it is held. */
    private synchronized Behaviour behaviour(byte[] request) throws IOException {
        while (behaviour == Behaviour.HOLD) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new EOFException("closed");
            }
        }
        if (behaviour == Behaviour.LOG_IN_HANGS) {
            return isLogIn(request) ? Behaviour.HANG : Behaviour.PASS_ON;
        }
        return behaviour;
    }

    private static boolean isLogIn(byte[] request) {
        String line = new String(request, 0, Math.min(request.length, 200), StandardCharsets.ISO_8859_1);
        return line.startsWith("POST /xbridge/generate-token ") || line.startsWith("POST /yativo/auth/login ");
    }

    private static String line(byte[] request) {
        String text = new String(request, StandardCharsets.ISO_8859_1);
        return text.substring(0, text.indexOf(" HTTP/1."));
    }

    private static void untilGone(InputStream fromCaller) throws IOException {
        if (fromCaller.read() < 0) {
            throw new EOFException("gone");
        }
    }

    private void drip(OutputStream out) throws IOException {
        out.write(head("200 OK", "application/json", 1_000_000));
        try {
            while (true) {
                out.write(' ');
                TimeUnit.SECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void huge(String status, String type, byte[] start, OutputStream out) throws IOException {
        out.write(head(status, type, HUGE_BYTES));
        byte[] part = new byte[64 * 1024];
        Arrays.fill(part, (byte) 'a');
        int written = 0;
        try {
            out.write(start);
            written = start.length;
            while (written < HUGE_BYTES) {
                int next = Math.min(part.length, HUGE_BYTES - written);
                out.write(part, 0, next);
                written += next;
            }
        } finally {
            mostTaken.accumulateAndGet(written, Math::max);
        }
    }

    /** The innermost is ten thousand million bytes of blocks that are stored, and empty (RFC 1951, 3.2.4). */
    private static byte[] nestedGzip() {
        byte[] blocks = new byte[10_000_000];
        for (int i = 0; i < blocks.length; i += 5) {
            blocks[i + 3] = blocks[i + 4] = (byte) 0xff;
        }
        byte[] start = gzip(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0});
        byte[] more = gzip(blocks);
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.writeBytes(start);
        for (int i = 0; i < 1000; i++) {
            members.writeBytes(more);
        }
        return gzip(members.toByteArray());
    }

    private static byte[] gzip(byte[] content) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zipped)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return zipped.toByteArray();
    }

    private static byte[] whole(String status, String type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head(status, type, bytes.length));
        all.writeBytes(bytes);
        return all.toByteArray();
    }

    private static byte[] head(String status, String type, int length) {
        return ("HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** One HTTP/1.1 message, head and body, as it came; null at the end of the stream. */
    private static byte[] message(InputStream in) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        String head = head(in, message);
        if (head == null) {
            return null;
        }
        if (head.contains("\r\ntransfer-encoding: chunked\r\n")) {
            chunks(in, message);
        } else {
            copy(in, length(head), message);
        }
        return message.toByteArray();
    }

    private static String head(InputStream in, ByteArrayOutputStream message) throws IOException {
        for (int matched = 0; matched < 4; ) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            message.write(next);
            matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        return message.toString(StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    }

    private static int length(String head) {
        String name = "\r\ncontent-length: ";
        int at = head.indexOf(name);
        return at < 0 ? 0 : Integer.parseInt(head.substring(at + name.length(), head.indexOf('\r', at + 2)));
    }

    private static void chunks(InputStream in, ByteArrayOutputStream message) throws IOException {
        int size;
        do {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw new EOFException("in a chunk");
                }
                line.write(next);
            }
            line.write('\n');
            message.writeBytes(line.toByteArray());
            size = Integer.parseInt(line.toString(StandardCharsets.US_ASCII).strip(), 16);
            copy(in, size + 2, message);
        } while (size > 0);
    }

    private static void copy(InputStream in, int length, ByteArrayOutputStream message) throws IOException {
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException("in a body");
        }
        message.writeBytes(body);
    }
}
