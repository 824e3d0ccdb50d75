package io.herald.sandbox;

import com.github.tomakehurst.wiremock.extension.requestfilter.RequestFilterAction;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestWrapper;
import com.github.tomakehurst.wiremock.extension.requestfilter.StubRequestFilterV2;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the magic values: {@code jane+yativo.429-once@example.com} asks yativo for the fault {@code 429}, once. The
 * request goes on with the header {@value #FAULT}, so that a fault is a stub like any other, chosen by that header.
 */
final class Magic implements StubRequestFilterV2 {

    /** The fault asked for, without {@code -once}. */
    static final String FAULT = "Sandbox-Fault";

    /** For a fault that is shown once: under which name {@link Provider#showOnce} counted it. */
    static final String ONCE = "Sandbox-Fault-Once";

    private static final String ALL = "all";
    private static final String ONCE_SUFFIX = "-once";
    private static final int LONGEST_LOCAL_PART = 256;
    private static final Pattern ASKED = Pattern.compile("\\+([a-z0-9-]+)\\.([a-z0-9-]+)(?=[+@])");

    private final Providers providers;

    Magic(Providers providers) {
        this.providers = providers;
    }

    @Override
    public RequestFilterAction filter(Request request, ServeEvent event) {
        Request passed = providers
                .of(request)
                .flatMap(provider -> asked(request, provider))
                .orElse(request);
        return RequestFilterAction.continueWith(passed);
    }

    @Override
    public String getName() {
        return "magic";
    }

    private Optional<Request> asked(Request request, Provider provider) {
        byte[] body = request.getBody();
        if (body == null || body.length == 0) {
            return Optional.empty();
        }
        String text = new String(body, StandardCharsets.ISO_8859_1);
        String name = Providers.nameIn(request.getUrl());
        for (int at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
            int start = text.lastIndexOf('"', at) + 1;
            if (at - start > LONGEST_LOCAL_PART) {
                continue;
            }
            String address = text.substring(start, at + 1);
            Matcher asked = ASKED.matcher(address);
            while (asked.find()) {
                if (asked.group(1).equals(name) || asked.group(1).equals(ALL)) {
                    return wrap(request, provider, address.toLowerCase(Locale.ROOT), asked.group(2));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Request> wrap(Request request, Provider provider, String address, String fault) {
        if (!fault.endsWith(ONCE_SUFFIX)) {
            return Optional.of(RequestWrapper.create().addHeader(FAULT, fault).wrap(request));
        }
        String once = address + " " + fault;
        if (!provider.showOnce(once)) {
            return Optional.empty();
        }
        String kind = fault.substring(0, fault.length() - ONCE_SUFFIX.length());
        return Optional.of(RequestWrapper.create()
                .addHeader(FAULT, kind)
                .addHeader(ONCE, once)
                .wrap(request));
    }
}
