package io.herald.trace;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A collector of traces that Herald exports to, over OTLP with HTTP. What comes is read as Protocol Buffers without a
 * schema; the numbers of the fields are those of <a
 * href="https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto">trace.proto</a>.
 */
public final class Collector implements QuarkusTestResourceLifecycleManager {

    private static final int ERROR = 2;

    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<Exported> spans = new CopyOnWriteArrayList<>();
    private HttpServer server;

    /**
     * A span as it came.
     *
     * @param parent the id of the span that it is below; empty if it is the first of its trace
     * @param links trace and span of each, as {@code trace/span}
     */
    public record Exported(
            String trace,
            String id,
            String parent,
            String name,
            Map<String, String> attributes,
            List<String> links,
            boolean failed) {

        /** As a link names it. */
        public String asLink() {
            return trace + "/" + id;
        }

        /** As the header names it. */
        public String traceparent() {
            return "00-" + trace + "-" + id + "-01";
        }
    }

    /** All that came, in the order of its end. */
    public List<Exported> spans() {
        return List.copyOf(spans);
    }

    /** The bytes of all that came, as characters. */
    public List<String> bodies() {
        return List.copyOf(bodies);
    }

    @Override
    public Map<String, String> start() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/traces", this::take);
        server.start();
        return Map.of(
                "herald.traces.endpoint",
                "http://localhost:" + server.getAddress().getPort(),
                "quarkus.otel.bsp.schedule.delay",
                "50ms");
    }

    private void take(HttpExchange call) throws IOException {
        try (call) {
            byte[] body = call.getRequestBody().readAllBytes();
            bodies.add(new String(body, StandardCharsets.ISO_8859_1));
            in(UnknownFieldSet.parseFrom(body), 1)
                    .flatMap(resource -> in(resource, 2))
                    .flatMap(scope -> in(scope, 2))
                    .map(Collector::span)
                    .forEach(spans::add);
            call.getResponseHeaders().add("Content-Type", "application/x-protobuf");
            call.sendResponseHeaders(200, -1);
        }
    }

    private static Exported span(UnknownFieldSet span) {
        Map<String, String> attributes = new TreeMap<>();
        in(span, 9)
                .forEach(attribute -> attributes.put(
                        text(attribute, 1),
                        in(attribute, 2).map(Collector::value).collect(Collectors.joining())));
        return new Exported(
                hex(span, 1),
                hex(span, 2),
                hex(span, 4),
                text(span, 5),
                attributes,
                in(span, 13).map(link -> hex(link, 1) + "/" + hex(link, 2)).toList(),
                in(span, 15).anyMatch(status -> numbers(status, 3).contains((long) ERROR)));
    }

    private static String value(UnknownFieldSet value) {
        List<Long> numbers = numbers(value, 3);
        return numbers.isEmpty() ? text(value, 1) : numbers.get(0).toString();
    }

    private static Stream<UnknownFieldSet> in(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList().stream().map(Collector::message);
    }

    private static UnknownFieldSet message(ByteString bytes) {
        try {
            return UnknownFieldSet.parseFrom(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList().stream()
                .map(ByteString::toStringUtf8)
                .collect(Collectors.joining());
    }

    private static String hex(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList().stream()
                .map(bytes -> HexFormat.of().formatHex(bytes.toByteArray()))
                .collect(Collectors.joining());
    }

    private static List<Long> numbers(UnknownFieldSet message, int field) {
        return new ArrayList<>(message.getField(field).getVarintList());
    }

    @Override
    public void inject(TestInjector testInjector) {
        testInjector.injectIntoFields(this, new TestInjector.MatchesType(Collector.class));
    }

    @Override
    public void stop() {
        server.stop(0);
    }
}
