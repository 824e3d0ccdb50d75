package io.herald.provider;

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

/**
 * Gives one call to a provider a deadline and its answer a largest size. HttpClient's own time-outs are between two
 * packets, so a provider that drips a byte a second would never end; here the whole answer is read under the deadline, and HttpClient has
 * none, which would cost a timer for each packet. Of
 * an error answer that is too large the status is kept, and the body dropped.
 */
final class CallGuard implements ExecChainHandler {

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
        try {
            byte[] body = read(entity);
            answer.setEntity(new ByteArrayEntity(body, ContentType.parseLenient(entity.getContentType())));
            return answer;
        } catch (AnswerTooLargeException e) {
            connection.discardEndpoint();
            if (answer.getCode() < 400) {
                throw e;
            }
            answer.setEntity(new ByteArrayEntity(new byte[0], null));
            return answer;
        } catch (IOException | RuntimeException e) {
            connection.discardEndpoint();
            throw e;
        }
    }

    private byte[] read(HttpEntity entity) throws IOException {
        long length = entity.getContentLength();
        long enough = (length < 0 ? largestAnswer : Math.min(length, largestAnswer)) + 1L;
        InputStream content = entity.getContent();
        byte[] body = content.readNBytes((int) Math.min(enough, Integer.MAX_VALUE));
        if (body.length > largestAnswer) {
            throw new AnswerTooLargeException(largestAnswer);
        }
        // of gzip Java 17 does not read the end of what it is in, and the connection would not be used again
        content.close();
        return body;
    }
}
