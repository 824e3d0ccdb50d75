package io.herald.sandbox;

import io.herald.SettableClock;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** What the tests of the sandbox share: one sandbox a class, reset before each test, and a clock that they move. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SandboxTest {

    static final Path FILES = Path.of("src/sandbox");

    final SettableClock clock = new SettableClock();
    Sandbox sandbox;

    @BeforeAll
    final void start() {
        sandbox = Sandbox.start(0, FILES, null, Sandbox.JOURNAL, clock);
    }

    @BeforeEach
    final void reset() {
        clock.back();
        sandbox.reset();
    }

    @AfterAll
    final void stop() {
        sandbox.close();
    }
}
