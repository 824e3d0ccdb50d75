package io.herald.benchmark;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;
import org.HdrHistogram.Histogram;

/** Sends customers to one address, on one thread, and reads every answer. */
final class LoadGenerator implements AutoCloseable {

    private static final long PATIENCE_MILLIS = 60_000;

    /** Where to send, and what is wrong with an answer: null when it is right. */
    record Target(int port, String path, Map<String, String> headers, Check check) {}

    interface Check {
        String fault(int status, Buffer body);
    }

    /**
     * What came of it.
     *
     * @param sent how many were sent, and answered, in all
     * @param perSecond answers a second in the time asked for, which begins when as many were answered as are in flight; so the
     *     load neither rises nor falls in it
     * @param latency of all answers in that time, in microseconds: from when it was sent, or, where a pace was asked for, should
     *     have been
     * @param eachSecond answers in each second since the first was sent
     * @param fault the first answer that was wrong, or null
     */
    record Load(long sent, double perSecond, Histogram latency, List<Integer> eachSecond, String fault) {

        double millis(double percentile) {
            return latency.getValueAtPercentile(percentile) / 1e3;
        }
    }

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

    /** As many at once, each followed by the next as soon as it is answered. */
    Load closed(Target target, LongFunction<Buffer> bodies, int inFlight, Duration duration) {
        return run(target, bodies, inFlight, duration, run -> run.keepInFlight(inFlight));
    }

    /** So many a second, whatever the answers take. */
    Load paced(Target target, LongFunction<Buffer> bodies, double perSecond, Duration duration) {
        return run(target, bodies, 10_000, duration, run -> run.keepPace(1e9 / perSecond));
    }

    private interface Start {
        void start(Run run);
    }

    private Load run(Target target, LongFunction<Buffer> bodies, int connections, Duration duration, Start start) {
        HttpClient client = vertx.createHttpClient(new HttpClientOptions()
                .setDefaultPort(target.port)
                .setMaxPoolSize(connections)
                .setTcpNoDelay(true)
                .setKeepAliveTimeout(0));
        Run run = new Run(vertx, client, target, bodies, duration);
        Context context = vertx.getOrCreateContext();
        context.runOnContext(nothing -> start.start(run));
        try {
            return run.ended.join();
        } finally {
            client.close();
        }
    }

    @Override
    public void close() {
        vertx.close();
    }

    /** One run; all of it happens on the one event loop. */
    private static final class Run {

        private final Vertx vertx;
        private final HttpClient client;
        private final LongFunction<Buffer> bodies;
        private final RequestOptions options;
        private final Check check;
        private final long start = System.nanoTime();
        private final long duration;
        private final Histogram latency = new Histogram(3_600_000_000L, 3);
        private final List<Integer> eachSecond = new ArrayList<>();
        private final CompletableFuture<Load> ended = new CompletableFuture<>();
        private long end = Long.MAX_VALUE;
        private int inFlight;
        private boolean paced;
        private long sent;
        private long answered;
        private String fault;

        Run(Vertx vertx, HttpClient client, Target target, LongFunction<Buffer> bodies, Duration duration) {
            this.vertx = vertx;
            this.client = client;
            this.bodies = bodies;
            this.check = target.check;
            this.duration = duration.toNanos();
            this.options = new RequestOptions()
                    .setMethod(HttpMethod.POST)
                    .setHost("localhost")
                    .setPort(target.port)
                    .setURI(target.path)
                    .setTimeout(PATIENCE_MILLIS)
                    .putHeader("Content-Type", "application/json");
            target.headers.forEach(options::putHeader);
        }

        void keepInFlight(int many) {
            inFlight = many;
            for (int i = 0; i < many; i++) {
                again(System.nanoTime());
            }
        }

        void keepPace(double nanosBetween) {
            paced = true;
            end = start + duration;
            vertx.setPeriodic(1, timer -> {
                long now = System.nanoTime();
                for (long due = due(nanosBetween); due <= now && due < end; due = due(nanosBetween)) {
                    again(due);
                }
                if (now >= end) {
                    vertx.cancelTimer(timer);
                    paced = false;
                    finish();
                }
            });
        }

        private long due(double nanosBetween) {
            return start + (long) (sent * nanosBetween);
        }

        void again(long since) {
            Buffer body = bodies.apply(sent++);
            client.request(options)
                    .compose(request -> request.send(body))
                    .compose(response -> response.body().map(read -> fault(response.statusCode(), read)))
                    .onComplete(answer ->
                            answered(since, answer.succeeded() ? answer.result() : String.valueOf(answer.cause())));
        }

        private String fault(int status, Buffer body) {
            return fault == null ? check.fault(status, body) : null;
        }

        private void answered(long since, String wrong) {
            long now = System.nanoTime();
            answered++;
            count((int) ((now - start) / 1_000_000_000));
            if (answered == inFlight) {
                end = now + duration;
            } else if (inFlight == 0 || now < end && answered > inFlight) {
                latency.recordValue((now - since) / 1000);
            }
            if (fault == null) {
                fault = wrong;
            }
            if (now < end && !paced && fault == null) {
                again(now);
            } else {
                finish();
            }
        }

        private void count(int second) {
            while (eachSecond.size() <= second) {
                eachSecond.add(0);
            }
            eachSecond.set(second, eachSecond.get(second) + 1);
        }

        private void finish() {
            if (!paced && answered == sent) {
                ended.complete(new Load(sent, latency.getTotalCount() * 1e9 / duration, latency, eachSecond, fault));
            }
        }
    }
}
