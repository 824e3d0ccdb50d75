/**
 * When a delivery is worked on, and on which thread. Begin with {@link ProviderLanes}, the first step of each provider's
 * route; {@link Lanes} has those of all providers.
 *
 * <p>A delivery gets its place in its lane on the thread {@code ledger-writer}, in the order of acceptance, when the ledger
 * has it on disk and in this program's hands. The threads {@code hand-over-} then bring it to the lanes or, if
 * {@link Parking} took it up from the ledger, the thread {@code parking-}. There it waits without a thread. When it is its
 * turn, one of the provider's own threads ({@code <provider>-}) goes on with it; {@link FairQueue} lets REST, files and
 * replays take turns for these.
 *
 * <p>{@link Returns} gives back to the ledger what is not worked on, such as what is behind a parked delivery.
 */
package io.herald.lane;
