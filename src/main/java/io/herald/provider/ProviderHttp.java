package io.herald.provider;

import io.herald.metrics.Meters;
import io.herald.trace.Traces;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * An HTTP client for each provider, with connections of its own: no retries, redirects or cookies by itself, a deadline
 * for the whole call and a largest answer.
 */
@Singleton
public final class ProviderHttp {

    /** Of an answer, in characters; what is longer or more, {@code herald.answer.max} does not count. */
    private static final int LONGEST_HEADER = 1 << 13;

    private static final int MOST_HEADERS = 100;

    /** Then a new connection is made, so that a change of the provider's DNS entry is followed. */
    private static final TimeValue LONGEST_CONNECTION = TimeValue.ofMinutes(2);

    private final Map<String, CloseableHttpClient> clients = new TreeMap<>();
    private final List<CallGuard> guards = new ArrayList<>();
    private final List<Pace> paces = new ArrayList<>();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = Executors.defaultThreadFactory().newThread(task);
        thread.setName("call-deadlines");
        thread.setDaemon(true);
        return thread;
    });

    public ProviderHttp(
            Providers providers,
            Breakers breakers,
            RateSlots slots,
            Clock clock,
            Meters meters,
            Traces traces,
            @ConfigProperty(name = "herald.answer.max", defaultValue = "1M") MemorySize answerMax) {
        timer.setRemoveOnCancelPolicy(true);
        int largestAnswer = Math.toIntExact(answerMax.asLongValue());
        for (String id : providers.ids()) {
            ProviderConfig.Provider provider = providers.of(id);
            CallGuard guard = new CallGuard(provider.requestTimeout(), largestAnswer, timer);
            guards.add(guard);
            Optional<Pace> pace = provider.rate().map(rate -> new Pace(id, rate, slots, clock));
            pace.ifPresent(paces::add);
            Watch watch = new Watch(id, provider.trace(), meters, traces);
            clients.put(id, client(provider, new Gate(breakers.of(id), pace), watch, guard));
        }
    }

    /** By provider id. */
    public Map<String, CloseableHttpClient> clients() {
        return clients;
    }

    /**
     * Breaks off all calls under way; those that wait for their slot go on to the breaker. To be called when the breakers let
     * nothing more through.
     */
    public void breakOff() {
        paces.forEach(Pace::stop);
        guards.forEach(CallGuard::breakOff);
    }

    private CloseableHttpClient client(ProviderConfig.Provider provider, Gate gate, Watch watch, CallGuard guard) {
        Timeout deadline = Timeout.of(provider.requestTimeout());
        ConnectionConfig connection = ConnectionConfig.custom()
                .setConnectTimeout(Timeout.of(provider.connectTimeout()))
                .setSocketTimeout(Timeout.DISABLED)
                .setTimeToLive(LONGEST_CONNECTION)
                .build();
        return HttpClientBuilder.create()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .useSystemProperties()
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                                .http1Config(Http1Config.custom()
                                        .setMaxLineLength(LONGEST_HEADER)
                                        .setMaxHeaderCount(MOST_HEADERS)
                                        .build())
                                .build())
                        .setDefaultConnectionConfig(connection)
                        .setMaxConnTotal(provider.maxConnections())
                        .setMaxConnPerRoute(provider.maxConnections())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(deadline)
                        .setResponseTimeout(Timeout.DISABLED)
                        .build())
                .setRequestExecutor(new Exchanges())
                .addExecInterceptorFirst("call-guard", guard)
                .addExecInterceptorFirst("watch", watch)
                .addExecInterceptorFirst("gate", gate)
                .addExecInterceptorBefore(ChainElement.CONNECT.name(), "another-connection", Gate::departsUnlessStale)
                .addExecInterceptorBefore(ChainElement.MAIN_TRANSPORT.name(), "departure", Gate::departs)
                .setDefaultHeaders(List.of(new BasicHeader(HttpHeaders.ACCEPT_ENCODING, "identity")))
                .disableContentCompression()
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching()
                .build();
    }

    /**
     * Sends nothing over a connection that the provider has ended, or on which something came unasked, such as an answer sent
     * twice, or the end of one that was longer than it said: it would be taken for the answer to this request, which may be of
     * another customer. And for an {@code Error} of one call HttpClient would close the connections of all, and for good.
     */
    private static final class Exchanges extends HttpRequestExecutor {

        /** HttpCore does not look without waiting. */
        private static final Timeout LOOK = Timeout.ofMilliseconds(1);

        @Override
        public ClassicHttpResponse execute(
                ClassicHttpRequest request,
                HttpClientConnection connection,
                HttpResponseInformationCallback informed,
                HttpContext context)
                throws IOException, HttpException {
            try {
                boolean isReused = connection.getEndpointDetails().getRequestCount() > 0;
                if (isReused && isStale(connection)) {
                    throw new StaleConnectionException();
                }
                return super.execute(request, connection, informed, context);
            } catch (Error e) {
                throw Gate.ending(e);
            }
        }

        /** Only one that has ended is done before the time to look is over; to look for both would take twice as long. */
        private static boolean isStale(HttpClientConnection connection) {
            long start = System.nanoTime();
            try {
                return connection.isDataAvailable(LOOK)
                        || System.nanoTime() - start < LOOK.toNanoseconds() && connection.isStale();
            } catch (IOException e) {
                return true;
            }
        }
    }

    @PreDestroy
    void close() throws IOException {
        timer.shutdownNow();
        for (CloseableHttpClient client : clients.values()) {
            client.close();
        }
    }
}
