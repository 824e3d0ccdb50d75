/**
 * How providers are called: their settings, and an HTTP client for each that keeps to its bounds. Begin with
 * {@link ProviderConfig} and {@link ProviderHttp}; {@link Providers} has the enabled ones, and finds mistakes in their
 * settings.
 *
 * <p>A call passes {@link Gate}, which waits for a slot of the rate ({@link Pace}) and asks the {@link Breaker}; then
 * {@link Watch}, for metrics and spans; then {@link CallGuard}, with the deadline and the largest answer. All this is on the
 * thread that makes the call; the thread {@code call-deadlines} breaks off what is late.
 *
 * <p>What is sent, and what an answer means, is in {@code io.herald.delivery}; the log-ins are in {@code io.herald.token}.
 */
package io.herald.provider;
