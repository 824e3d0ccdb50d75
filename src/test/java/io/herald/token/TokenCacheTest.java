package io.herald.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import io.herald.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One log-in at a time, whoever waits for it. Log-ins run here when the test says so, and time passes by hand. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class TokenCacheTest {

    private static final Duration LIFE = Duration.ofHours(1);
    private static final Duration MARGIN = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final SettableClock clock = new SettableClock();
    private final Queue<Runnable> logIns = new ConcurrentLinkedQueue<>();
    private final Queue<Callable<String>> answers = new ArrayDeque<>();
    private final TokenCache cache = cache(PATIENCE);
    private final List<Thread> threads = new ArrayList<>();

    private TokenCache cache(Duration patience) {
        return new TokenCache(
                () -> new Token(answers.remove().call(), clock.instant(), LIFE, MARGIN), logIns::add, patience, clock);
    }

    @AfterEach
    void nobodyWaits() {
        threads.forEach(Thread::interrupt);
    }

    @Test
    void fiveHundredCallersOfAColdCacheCauseOneLogIn() throws Exception {
        List<FutureTask<String>> callers = callers(500);
        assertThat(logIns).hasSize(1);

        logInAnswers("first");

        for (FutureTask<String> caller : callers) {
            assertThat(caller.get()).isEqualTo("first");
        }
        assertThat(logIns).isEmpty();
    }

    @Test
    void fiveHundredCallersWhoseTokenWasRefusedCauseOneLogIn() throws Exception {
        warm("first");
        cache.drop("first");
        List<FutureTask<String>> callers = callers(500);
        assertThat(logIns).hasSize(1);

        logInAnswers("second");

        for (FutureTask<String> caller : callers) {
            assertThat(caller.get()).isEqualTo("second");
            cache.drop("first");
        }
        assertThat(cache.get().value()).isEqualTo("second");
        assertThat(logIns).isEmpty();
    }

    @Test
    void aTokenIsUsedUntilItIsDue() throws Exception {
        warm("first");
        clock.move(LIFE.minus(MARGIN).minusMillis(1));

        assertThat(cache.get().value()).isEqualTo("first");
        assertThat(logIns).isEmpty();
    }

    @Test
    void aDueTokenIsRenewedOnceBesideItsCallers() throws Exception {
        warm("first");
        clock.move(LIFE.minus(MARGIN));

        for (int i = 0; i < 100; i++) {
            assertThat(cache.get().value()).as("while the log-in is under way").isEqualTo("first");
        }
        assertThat(logIns).hasSize(1);
        logInAnswers("second");

        assertThat(cache.get().value()).isEqualTo("second");
        assertThat(logIns).isEmpty();
    }

    @Test
    void anEndedTokenIsNotUsed() throws Exception {
        warm("first");
        clock.move(LIFE);

        List<FutureTask<String>> callers = callers(20);
        assertThat(logIns).hasSize(1);
        logInAnswers("second");

        for (FutureTask<String> caller : callers) {
            assertThat(caller.get()).isEqualTo("second");
        }
    }

    @Test
    void aLateRefusalDropsOnlyTheTokenItWasFor() throws Exception {
        warm("first");
        cache.drop("first");
        warm("second");

        cache.drop("first");

        assertThat(cache.get().value()).isEqualTo("second");
        assertThat(logIns).isEmpty();
    }

    @Test
    void aRefusalDuringARenewalWaitsForThatRenewal() throws Exception {
        warm("first");
        clock.move(LIFE.minus(MARGIN));
        cache.get();
        cache.drop("first");

        List<FutureTask<String>> callers = callers(10);
        assertThat(logIns).as("the renewal that was under way already").hasSize(1);
        logInAnswers("second");

        for (FutureTask<String> caller : callers) {
            assertThat(caller.get()).isEqualTo("second");
        }
    }

    @Test
    void aRenewalThatFailsRestsAndTheOldTokenIsUsedUntilItsEnd() throws Exception {
        warm("first");
        clock.move(LIFE.minus(MARGIN));
        cache.get();
        logInFails(answered(503));

        assertThat(cache.get().value()).isEqualTo("first");
        assertThat(logIns).as("at once").isEmpty();
        clock.move(TokenCache.REST);
        assertThat(cache.get().value()).isEqualTo("first");
        assertThat(logIns).as("after a rest").hasSize(1);
        logInAnswers("second");
        assertThat(cache.get().value()).isEqualTo("second");
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 401, 403, 404, 422, 423})
    void aRefusedCredentialIsNotHammeredAndResumesByItself(int status) throws Exception {
        List<FutureTask<String>> callers = callers(200);
        logInFails(answered(status));
        callers.forEach(caller -> assertThatThrownBy(caller::get)
                .cause()
                .asInstanceOf(type(LogInFailedException.class))
                .satisfies(failure -> assertThat(failure.isCredentialRefused()).isTrue())
                .extracting(LogInFailedException::getStatus)
                .isEqualTo(status));

        for (int i = 0; i < 200; i++) {
            assertThatThrownBy(cache::get)
                    .asInstanceOf(type(LogInFailedException.class))
                    .extracting(LogInFailedException::isCredentialRefused)
                    .isEqualTo(true);
        }
        assertThat(logIns).isEmpty();
        assertThat(cache.isResting()).isTrue();

        clock.move(TokenCache.REST);
        assertThat(cache.isResting()).isFalse();
        assertThat(cache.isCredentialRefused()).isTrue();
        FutureTask<String> caller = callers(1).get(0);
        assertThat(logIns).hasSize(1);
        logInAnswers("mended");
        assertThat(caller.get()).isEqualTo("mended");
        assertThat(cache.isCredentialRefused()).isFalse();
    }

    @Test
    void aLogInThatFailedOtherwiseIsTriedAgainByTheNextCaller() throws Exception {
        FutureTask<String> first = callers(1).get(0);
        logInFails(new IOException("reset"));
        assertThatThrownBy(first::get)
                .cause()
                .asInstanceOf(type(LogInFailedException.class))
                .satisfies(failure -> assertThat(failure.isCredentialRefused()).isFalse())
                .extracting(LogInFailedException::getStatus)
                .isEqualTo(0);

        FutureTask<String> second = callers(1).get(0);
        logInAnswers("second");

        assertThat(second.get()).isEqualTo("second");
    }

    @ParameterizedTest
    @CsvSource({"60, PT1M", "99999999999, PT1H"})
    void nobodyLogsInBeforeTheTimeThatTheProviderAskedToWaitWhichIsAnHourAtMost(String retryAfter, Duration wait)
            throws Exception {
        FutureTask<String> first = callers(1).get(0);
        logInFails(new HttpOperationFailedException(
                "http://localhost", 429, "", null, Map.of("Retry-After", retryAfter), ""));
        assertThatThrownBy(first::get)
                .cause()
                .asInstanceOf(type(LogInFailedException.class))
                .extracting(LogInFailedException::getRetryAfter)
                .isEqualTo(wait);

        clock.move(wait.minusSeconds(1));
        assertThatThrownBy(cache::get).isInstanceOf(LogInFailedException.class);
        assertThat(logIns).isEmpty();

        clock.move(Duration.ofSeconds(1));
        FutureTask<String> second = callers(1).get(0);
        logInAnswers("second");
        assertThat(second.get()).isEqualTo("second");
    }

    @Test
    void aRestDoesNotLastAsLongAsTheClockIsSetBack() throws Exception {
        FutureTask<String> first = callers(1).get(0);
        logInFails(answered(401));
        assertThatThrownBy(first::get).hasCauseInstanceOf(LogInFailedException.class);
        assertThat(cache.isResting()).isTrue();

        clock.move(Duration.ofDays(-1));

        assertThat(cache.isResting()).isFalse();
        FutureTask<String> second = callers(1).get(0);
        logInAnswers("second");
        assertThat(second.get()).isEqualTo("second");
    }

    @Test
    void nobodyWaitsForeverForALogInThatHangs() throws Exception {
        TokenCache impatient = cache(Duration.ofMillis(50));

        assertThatThrownBy(impatient::get)
                .isInstanceOf(LogInFailedException.class)
                .hasMessageContaining("50 ms");
        assertThatThrownBy(impatient::get).isInstanceOf(LogInFailedException.class);

        assertThat(logIns).as("the one that hangs").hasSize(1);
        logInAnswers("late");
        assertThat(impatient.get().value()).isEqualTo("late");
    }

    @Test
    void aLogInThatBreaksDownIsAFailureLikeAnyOther() throws Exception {
        FutureTask<String> first = callers(1).get(0);
        answers.add(() -> {
            throw new StackOverflowError();
        });
        runLogIn();
        assertThatThrownBy(first::get).cause().isInstanceOf(LogInFailedException.class);

        FutureTask<String> second = callers(1).get(0);
        logInAnswers("second");

        assertThat(second.get()).isEqualTo("second");
    }

    @Test
    void aFailureSaysNothingOfTheAnswerButItsStatus() throws Exception {
        FutureTask<String> caller = callers(1).get(0);
        logInFails(new HttpOperationFailedException(
                "http://localhost", 500, "", null, null, "{\"echo\": \"the secret\"}"));

        assertThatThrownBy(caller::get).cause().hasMessage("the log-in was answered with status 500");
    }

    @ParameterizedTest
    @CsvSource({
        "3600, 60, 3540",
        "600, 60, 540",
        "240, 60, 180",
        "100, 60, 75",
        "4, 60, 3",
        "3600, 0, 3600",
        "100, 10, 90"
    })
    void theMarginIsNeverMoreThanAQuarterOfTheLife(long life, long margin, long dueAfter) {
        Instant now = clock.instant();
        Token token = new Token("value", now, Duration.ofSeconds(life), Duration.ofSeconds(margin));

        assertThat(token.isDue(now.plusSeconds(dueAfter).minusNanos(1))).isFalse();
        assertThat(token.isDue(now.plusSeconds(dueAfter))).isTrue();
        assertThat(token.isUsable(now.plusSeconds(life).minusNanos(1))).isTrue();
        assertThat(token.isUsable(now.plusSeconds(life))).isFalse();
    }

    @Test
    void aTokenIsNeverPrinted() {
        assertThat(new Token("not to be seen", clock.instant(), LIFE, MARGIN))
                .asString()
                .doesNotContain("seen");
    }

    /** Callers who all wait for a log-in. */
    private List<FutureTask<String>> callers(int number) {
        List<FutureTask<String>> callers = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            FutureTask<String> caller = new FutureTask<>(() -> cache.get().value());
            Thread thread = new Thread(caller, "caller");
            thread.setDaemon(true);
            thread.start();
            waiting.add(thread);
            callers.add(caller);
        }
        threads.addAll(waiting);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> waiting.stream().allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
        return callers;
    }

    private void warm(String value) throws LogInFailedException {
        FutureTask<String> caller = callers(1).get(0);
        logInAnswers(value);
        await().atMost(Duration.ofSeconds(60)).until(caller::isDone);
    }

    private void logInAnswers(String value) {
        answers.add(() -> value);
        runLogIn();
    }

    private void logInFails(Exception failure) {
        answers.add(() -> {
            throw failure;
        });
        runLogIn();
    }

    private void runLogIn() {
        Thread thread = new Thread(logIns.remove(), "log-in");
        thread.setUncaughtExceptionHandler((broken, error) -> {});
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static HttpOperationFailedException answered(int status) {
        return new HttpOperationFailedException("http://localhost", status, "", null, null, "");
    }
}
