package io.herald.provider;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code provider.<id>.*} properties that all providers share; credentials are read by the provider's own route file. */
@ConfigMapping(prefix = "provider")
public interface ProviderConfig {

    /** By provider id. */
    @WithParentName
    Map<String, Provider> byId();

    /** One provider. */
    interface Provider {
        @WithDefault("true")
        boolean enabled();

        /** Base URL without a slash at its end; https unless the host is loopback. */
        Optional<String> url();

        /** The base URL that it had before, where it is the same system with the same customers. */
        Optional<String> movedFrom();

        @WithDefault("2s")
        Duration connectTimeout();

        /** The deadline of one whole call, the wait for a connection included. */
        @WithDefault("10s")
        Duration requestTimeout();

        /** Its connections, and its deliveries at once. */
        @WithDefault("64")
        int maxConnections();

        /** How long a token is good for when the log-in's answer does not say. */
        @WithDefault("10m")
        Duration tokenLifetime();

        /**
         * How long the provider remembers an idempotency key; not set where it honours none. A create that may have arrived is
         * not sent again when this has passed.
         */
        Optional<Duration> idempotencyLifetime();

        /** Whether it tells its customers apart by our reference, so that a create that comes again is an update. */
        @WithDefault("false")
        boolean upsert();

        Retry retry();

        Find find();

        Park park();

        Breaker breaker();

        /** Requests per second, over all replicas; unlimited unless set. */
        Optional<Double> rate();

        /** Whether it is told the trace that a call belongs to. */
        @WithDefault("false")
        boolean trace();
    }

    /** When the provider is left alone because it does not answer as it should. */
    interface Breaker {
        /** The share of transient answers at which it opens: {@code 50%}, or {@code 50}. */
        @WithDefault("50%")
        String failures();

        /** How many of the last answers are looked at. */
        @WithDefault("20")
        int window();

        /** How long it stays open before one request is let through. */
        @WithDefault("10s")
        Duration delay();
    }

    /** What happens when the quick redeliveries are used up. */
    interface Park {
        /** How long a delivery waits before each further try; after the last it is dead. */
        @WithDefault("30s,2m,10m,1h,6h")
        List<Duration> schedule();
    }

    /** Quick redeliveries, in memory, inside one delivery. */
    interface Retry {
        /** Tries in all, the first included. */
        @WithDefault("3")
        int attempts();

        @WithDefault("200ms")
        Duration initialDelay();

        @WithDefault("5s")
        Duration maxDelay();

        /** The most that the waits of one delivery may add up to. */
        @WithDefault("8s")
        Duration budget();
    }

    /** The look-up after an unclear ending. */
    interface Find {
        /** How long the first look-up waits, so that a create that did arrive can be seen. */
        @WithDefault("1s")
        Duration settle();
    }
}
