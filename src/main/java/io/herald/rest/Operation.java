package io.herald.rest;

import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The calls of the contract, by their exact paths: who may call what is decided by these. Camel takes paths in upper case too, a
 * part of a method's name for the method, and the path of {@link #REPLAY_DEAD_LETTERS} for that of a dead letter.
 */
enum Operation {
    SUBMIT_CUSTOMER("POST", "/v1/customers", Body.REQUIRED),
    PREVIEW_CUSTOMER("POST", "/v1/preview", Body.REQUIRED),
    SHOW_MESSAGE("GET", "/v1/messages/{id}", Body.NONE),
    SHOW_CUSTOMER("GET", "/v1/customers/{reference}", Body.NONE),
    ERASE_CUSTOMER("DELETE", "/v1/customers/{reference}", Body.NONE),
    LIST_DEAD_LETTERS("GET", "/v1/dead-letters", Body.NONE),
    REPLAY_DEAD_LETTERS("POST", "/v1/dead-letters/replay", Body.NONE),
    SHOW_DEAD_LETTER("GET", "/v1/dead-letters/{id}", Body.NONE),
    DISCARD_DEAD_LETTER("DELETE", "/v1/dead-letters/{id}", Body.NONE),
    REPLAY_DEAD_LETTER("POST", "/v1/dead-letters/{id}/replay", Body.OPTIONAL),
    LIST_FILES("GET", "/v1/files", Body.NONE);

    /** Whether a call brings a body. */
    enum Body {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    private final String method;
    private final String path;
    private final Body body;
    private final Pattern fits;

    Operation(String method, String path, Body body) {
        this.method = method;
        this.path = path;
        this.body = body;
        this.fits = Pattern.compile(path.replaceAll("\\{[a-z]+}", "[^/]+"));
    }

    /**
     * The operations of a path; none if the contract does not have it. A path that is in the contract as it is comes before one
     * with a parameter there (OpenAPI 3.1, 4.8.8.2).
     */
    static List<Operation> at(String path) {
        List<Operation> exact =
                Stream.of(values()).filter(each -> each.path.equals(path)).toList();
        return exact.isEmpty()
                ? Stream.of(values())
                        .filter(each -> each.fits.matcher(path).matches())
                        .toList()
                : exact;
    }

    /** The operation that a request calls by its path as it was sent; none if the contract does not have it. */
    static Optional<Operation> of(HttpServerRequest request) {
        return at(request.path()).stream()
                .filter(each -> each.method.equals(request.method().name()))
                .findFirst();
    }

    String method() {
        return method;
    }

    /** With the names of its parameters, and without what a caller writes there. */
    String path() {
        return path;
    }

    Body body() {
        return body;
    }

    /** Whether it brings customers, or has them sent again. */
    boolean delivers() {
        return switch (this) {
            case SUBMIT_CUSTOMER, REPLAY_DEAD_LETTERS, REPLAY_DEAD_LETTER -> true;
            default -> false;
        };
    }
}
