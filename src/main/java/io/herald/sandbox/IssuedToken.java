package io.herald.sandbox;

import com.github.tomakehurst.wiremock.extension.Parameters;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.matching.MatchResult;
import com.github.tomakehurst.wiremock.matching.RequestMatcherExtension;
import java.util.Optional;

/**
 * The matcher {@code no-issued-token}: the request carries no bearer, or one that this provider did not issue, that has
 * expired, or that was revoked.
 */
final class IssuedToken extends RequestMatcherExtension {

    private static final String BEARER = "Bearer ";

    private final Providers providers;

    IssuedToken(Providers providers) {
        this.providers = providers;
    }

    @Override
    public MatchResult match(Request request, Parameters parameters) {
        boolean good = bearer(request)
                .flatMap(token -> providers.of(request).filter(provider -> provider.issued(token)))
                .isPresent();
        return MatchResult.of(!good);
    }

    @Override
    public String getName() {
        return "no-issued-token";
    }

    static Optional<String> bearer(Request request) {
        String header = request.getHeader("Authorization");
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? Optional.of(header.substring(BEARER.length()))
                : Optional.empty();
    }
}
