/**
 * One message to one provider: making the request, sending it, reading the answer, and what a failure means. Begin with the
 * templates {@code deliver} and {@code send} in {@code routes/customer.camel.yaml}: their bean {@code delivery} is
 * {@link DeliverySteps}.
 *
 * <p>{@link Delivery} is the state of one delivery, with the {@link Doubt} whether its customer is there; {@link Dispatch} has
 * those of one message. {@link Requests} makes the request, {@link Sending} lets it go, {@link AnswerReading} reads a
 * success, {@link LookUps} looks a customer up, and {@link OutcomeRecording} keeps the outcome. When something fails, the
 * error handlers ask {@link Redelivery} whether to try again; {@link Failures} and {@link Classification} say what it means,
 * and {@link Outcome} is how the report shows it.
 *
 * <p>A delivery is worked on by one thread at a time, of the provider's own; which one, and when, {@code io.herald.lane}
 * decides.
 */
package io.herald.delivery;
