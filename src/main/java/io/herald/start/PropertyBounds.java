package io.herald.start;

import io.herald.provider.Providers;
import io.quarkus.runtime.configuration.MemorySize;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/** Finds the numbers, sizes and times among the settings that are of the right kind and yet cannot be right. */
final class PropertyBounds {

    private static final long GIGABYTE = 1 << 30;
    private static final List<String> SIZES = List.of("herald.body.max", "herald.answer.max", "intake.file.max-line");
    private static final List<String> NOT_ZERO = List.of(
            "herald.park.poll",
            "intake.file.poll",
            "intake.file.retention",
            "herald.body.deadline",
            "herald.replica.lease");
    private static final List<String> NOT_NEGATIVE = List.of(
            "herald.retention",
            "herald.idempotency.retention",
            "herald.token.margin",
            "herald.wait.default",
            "herald.wait.max",
            "herald.shutdown.timeout",
            "intake.file.report.after");

    private static final List<String> OF_A_PROVIDER = List.of("enabled", "trace", "upsert");
    private static final List<String> TIMES_OF_A_PROVIDER = List.of(
            "connect-timeout",
            "request-timeout",
            "token-lifetime",
            "idempotency-lifetime",
            "breaker.delay",
            "find.settle",
            "park.schedule",
            "retry.budget",
            "retry.initial-delay",
            "retry.max-delay");

    /** Of a list, one is enough. */
    private static final Pattern WITHOUT_UNIT = Pattern.compile("(?:.*,)?\\s*0*[1-9]\\d*\\s*(?:,.*)?");

    private static final Pattern BOOLEAN = Pattern.compile("(?i)true|false|yes|no|y|n|on|off|1|0");

    private final Config config;
    private final List<String> mistakes;

    private PropertyBounds(Config config, List<String> mistakes) {
        this.config = config;
        this.mistakes = mistakes;
    }

    /** @param mistakes takes what is wrong, a line each */
    static void check(Config config, Providers providers, List<String> mistakes) {
        PropertyBounds bounds = new PropertyBounds(config, mistakes);
        bounds.checkBoolean("herald.check");
        Stream.concat(providers.ids().stream(), providers.disabledIds().stream())
                .flatMap(id -> OF_A_PROVIDER.stream().map(name -> "provider." + id + "." + name))
                .forEach(bounds::checkBoolean);
        bounds.check("herald.in-flight.max", Integer.class, most -> most > 0, "at least 1");
        bounds.check("intake.file.parallel", Integer.class, most -> most > 0, "at least 1");
        bounds.check("herald.caller.rate", Double.class, rate -> rate > 0, "more than 0");
        SIZES.forEach(name -> bounds.check(
                name,
                MemorySize.class,
                size -> size.asLongValue() > 0 && size.asLongValue() <= GIGABYTE,
                "from 1 to 1G"));
        Stream.of(NOT_ZERO, NOT_NEGATIVE).flatMap(List::stream).forEach(bounds::checkUnit);
        providers.ids().stream()
                .flatMap(id -> TIMES_OF_A_PROVIDER.stream().map(name -> "provider." + id + "." + name))
                .forEach(bounds::checkUnit);
        NOT_ZERO.forEach(name -> bounds.check(name, Duration.class, time -> time.toMillis() > 0, "at least 1ms"));
        NOT_NEGATIVE.forEach(name -> bounds.check(name, Duration.class, time -> !time.isNegative(), "at least 0ms"));
    }

    /** To a value that is none of these words SmallRye gives a meaning. */
    private void checkBoolean(String name) {
        check(name, String.class, value -> BOOLEAN.matcher(value.strip()).matches(), "true or false");
    }

    /** A bare number is a time in seconds: with a retention of 30 days written as 30, customers would be erased at once. */
    private void checkUnit(String name) {
        check(name, String.class, value -> !WITHOUT_UNIT.matcher(value).matches(), "a number with ms, s, m, h or d");
    }

    private <T> void check(String name, Class<T> type, Predicate<T> isPossible, String bound) {
        if (config.getOptionalValue(name, type).filter(isPossible.negate()).isPresent()) {
            mistakes.add(name + ": must be " + bound);
        }
    }
}
