/**
 * The providers, as far as Herald can see them: WireMock with the stubs of {@code src/sandbox}, and the state that
 * WireMock has not (issued tokens, customers, idempotency keys). For development and tests; WireMock is not part of the
 * packaged program.
 */
package io.herald.sandbox;
