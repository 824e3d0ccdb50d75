package io.herald.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ServerSocketFactory;

/** A port of its own in front of a provider of the sandbox: one that can be shut, or that speaks TLS. */
final class Relay implements AutoCloseable {

    private static final int BACKLOG = 500;

    private final ServerSocketFactory sockets;
    private final int target;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile ServerSocket listener;
    private final int port;

    /**
     * @param sockets plain, or of TLS
     * @param target the port of the loopback interface that bytes are passed on to
     */
    Relay(ServerSocketFactory sockets, int target) {
        this.sockets = sockets;
        this.target = target;
        listen(0);
        this.port = listener.getLocalPort();
    }

    int port() {
        return port;
    }

    /** Refuses connections from now on, and breaks those that there are. */
    void shut() {
        close(listener);
        open.forEach(Relay::close);
    }

    /** Takes connections again. */
    void reopen() {
        listen(port);
    }

    @Override
    public void close() {
        shut();
        threads.shutdownNow();
    }

    private void listen(int wanted) {
        try {
            ServerSocket socket = sockets.createServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), BACKLOG);
            listener = socket;
            threads.execute(() -> accept(socket));
        } catch (IOException e) {
            throw new UncheckedIOException("the relay cannot listen on port " + wanted, e);
        }
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Socket caller = socket.accept();
                Socket provider = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(caller);
                open.add(provider);
                threads.execute(() -> pass(caller, provider));
                threads.execute(() -> pass(provider, caller));
            } catch (IOException e) {
                close(socket);
            }
        }
    }

    private void pass(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            byte[] buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            close(to);
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static void close(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            throw new IllegalStateException("a socket cannot be closed", e);
        }
    }
}
