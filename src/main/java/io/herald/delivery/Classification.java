package io.herald.delivery;

import io.herald.provider.TransientStatus;

/** What a provider's HTTP status means, where the provider's own {@code response.jslt} does not say otherwise. */
record Classification(State state, Reason reason) {

    static Classification of(int status, boolean update) {
        if (status == 429) {
            return new Classification(State.RETRYING, Reason.RATE_LIMITED);
        }
        if (status == 408) {
            return new Classification(State.RETRYING, Reason.TIMEOUT);
        }
        if (TransientStatus.is(status)) {
            return new Classification(State.RETRYING, Reason.UNAVAILABLE);
        }
        return switch (status) {
            case 401 -> new Classification(State.DEAD, Reason.UNAUTHORIZED);
            case 403 -> new Classification(State.DEAD, Reason.FORBIDDEN);
            case 404 ->
                update
                        ? new Classification(State.DEAD, Reason.LINK_BROKEN)
                        : new Classification(State.REJECTED, Reason.INVALID);
            case 409 -> new Classification(State.REJECTED, Reason.DUPLICATE);
            default -> {
                if (status >= 500) {
                    yield new Classification(State.DEAD, Reason.UNAVAILABLE);
                }
                yield status >= 400
                        ? new Classification(State.REJECTED, Reason.INVALID)
                        : new Classification(State.DEAD, Reason.UNREADABLE_ANSWER);
            }
        };
    }
}
