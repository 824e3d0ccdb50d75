package io.herald.provider;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.concurrent.CancellableDependency;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/**
 * Gives one call to a provider a deadline and its answer a largest size. HttpClient's own time-outs are between two
 * packets, so a provider that drips a byte a second would never end; here the whole answer is read under the deadline, and
 * HttpClient has none, which would cost a timer for each packet. Of an answer without success that is too large, or larger than
 * any error has reason to be, the status is kept, and the body dropped; of every answer's headers those are kept that are read. A
 * compressed answer, which is not asked for, is not expanded, and so cannot be read: expanding is not under the deadline.
 */
final class CallGuard implements ExecChainHandler {

    /** In bytes. */
    private static final int LARGEST_ERROR = 1 << 16;

    /** The headers that are read; of one that tells a compression Camel would expand the body, without a bound. */
    private static final List<String> KEPT = List.of(HttpHeaders.CONTENT_TYPE, HttpHeaders.RETRY_AFTER);

    /** As Camel reads it: all that stands there up to a semicolon. */
    private static final Pattern CHARSET = Pattern.compile("charset=[\"']?([^;\"']*)");

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
        answer.setHeaders(KEPT.stream()
                .map(answer::getFirstHeader)
                .filter(Objects::nonNull)
                .filter(CallGuard::isUnderstood)
                .toArray(Header[]::new));
        HttpEntity entity = answer.getEntity();
        if (entity == null) {
            return answer;
        }
        boolean success = answer.getCode() >= 200 && answer.getCode() < 300;
        try {
            byte[] body = read(entity, success ? largestAnswer : Math.min(largestAnswer, LARGEST_ERROR));
            answer.setEntity(new ByteArrayEntity(body, null));
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

    /** Camel fails over a charset that Java does not know, whatever the status; of an answer without a type it reads UTF-8. */
    private static boolean isUnderstood(Header header) {
        if (!header.getName().equalsIgnoreCase(HttpHeaders.CONTENT_TYPE)) {
            return true;
        }
        Matcher charset = CHARSET.matcher(header.getValue());
        try {
            return !charset.find() || Charset.isSupported(charset.group(1).trim());
        } catch (IllegalCharsetNameException e) {
            return false;
        }
    }

    private static byte[] read(HttpEntity entity, int most) throws IOException {
        long length = entity.getContentLength();
        long enough = (length < 0 ? most : Math.min(length, most)) + 1L;
        byte[] body = entity.getContent().readNBytes((int) Math.min(enough, Integer.MAX_VALUE));
        if (body.length > most) {
            throw new AnswerTooLargeException(most);
        }
        return body;
    }
}
