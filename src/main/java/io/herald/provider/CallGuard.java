package io.herald.provider;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.ZipException;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.concurrent.CancellableDependency;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * Gives one call to a provider a deadline and its answer a largest size. HttpClient's own time-outs are between two
 * packets, so a provider that drips a byte a second would never end; here the whole answer is read under the deadline, and
 * HttpClient has none, which would cost a timer for each packet. Of an answer without success that is too large, or larger than
 * any error has reason to be, the status is kept, and the body dropped.
 */
final class CallGuard implements ExecChainHandler {

    /** In bytes. */
    private static final int LARGEST_ERROR = 1 << 16;

    private final Duration deadline;
    private final int largestAnswer;
    private final ScheduledExecutorService timer;
    private final Set<Runnable> underWay = ConcurrentHashMap.newKeySet();

    CallGuard(Duration deadline, int largestAnswer, ScheduledExecutorService timer) {
        this.deadline = deadline;
        this.largestAnswer = largestAnswer;
        this.timer = timer;
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        CancellableDependency call = (CancellableDependency) scope.originalRequest;
        AtomicBoolean late = new AtomicBoolean();
        Runnable breakOff = () -> {
            late.set(true);
            call.cancel();
        };
        ScheduledFuture<?> alarm = timer.schedule(breakOff, deadline.toMillis(), TimeUnit.MILLISECONDS);
        underWay.add(breakOff);
        try {
            return withBody(chain.proceed(request, scope), scope.execRuntime);
        } catch (IOException | RuntimeException e) {
            if (late.get()) {
                throw new SocketTimeoutException("no complete answer within " + deadline.toMillis() + " ms");
            }
            throw e;
        } finally {
            underWay.remove(breakOff);
            alarm.cancel(false);
        }
    }

    /** Ends all calls that are under way, as their deadline would. */
    void breakOff() {
        underWay.forEach(Runnable::run);
    }

    /** An answer that is given up costs its connection; to close the answer would read it to its end. */
    private ClassicHttpResponse withBody(ClassicHttpResponse answer, ExecRuntime connection) throws IOException {
        HttpEntity entity = answer.getEntity();
        if (entity == null) {
            return answer;
        }
        boolean success = answer.getCode() >= 200 && answer.getCode() < 300;
        try {
            byte[] body = read(entity, success ? largestAnswer : Math.min(largestAnswer, LARGEST_ERROR));
            answer.setEntity(new ByteArrayEntity(body, ContentType.parseLenient(entity.getContentType())));
            return answer;
        } catch (AnswerTooLargeException e) {
            connection.discardEndpoint();
            if (success) {
                throw e;
            }
            answer.setEntity(new ByteArrayEntity(new byte[0], null));
            return answer;
        } catch (Throwable e) {
            connection.discardEndpoint();
            throw e;
        }
    }

    private static byte[] read(HttpEntity entity, int most) throws IOException {
        long length = entity.getContentLength();
        long enough = (length < 0 ? most : Math.min(length, most)) + 1L;
        InputStream content = entity.getContent();
        byte[] body;
        try {
            body = content.readNBytes((int) Math.min(enough, Integer.MAX_VALUE));
        } catch (StackOverflowError e) {
            // Java reads each empty member of a gzip from within the one before
            throw new ZipException("the answer is of too many gzip members");
        }
        if (body.length > most) {
            throw new AnswerTooLargeException(most);
        }
        // of gzip Java 17 does not read the end of what it is in, and the connection would not be used again
        content.close();
        return body;
    }

    /** Bounds an answer as it comes over the wire: what is compressed can be long, and expand to nothing. */
    ClassicHttpResponse boundBytes(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        ClassicHttpResponse answer = chain.proceed(request, scope);
        if (answer.getEntity() != null) {
            answer.setEntity(new HttpEntityWrapper(answer.getEntity()) {
                @Override
                public InputStream getContent() throws IOException {
                    return new Bounded(super.getContent(), largestAnswer);
                }
            });
        }
        return answer;
    }

    /** Is not closed once too much came, which would read the rest; Java's gzip takes what it cannot read any more for its end. */
    private static final class Bounded extends FilterInputStream {

        private final int most;
        private long count;

        Bounded(InputStream in, int most) {
            super(in);
            this.most = most;
        }

        @Override
        public int read() throws IOException {
            return counted(super.read(), 1);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            return counted(read, read);
        }

        private int counted(int read, int bytes) throws IOException {
            count += read < 0 ? 0 : bytes;
            requireNotTooMuch();
            return read;
        }

        private void requireNotTooMuch() throws AnswerTooLargeException {
            if (count > most) {
                throw new AnswerTooLargeException(most);
            }
        }

        @Override
        public void close() throws IOException {
            requireNotTooMuch();
            super.close();
        }
    }
}
