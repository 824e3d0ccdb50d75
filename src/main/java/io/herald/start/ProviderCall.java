package io.herald.start;

import static io.herald.start.YamlNodes.keys;
import static io.herald.start.YamlNodes.scalar;
import static io.herald.start.YamlNodes.value;

import io.herald.provider.BaseUrl;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.component.http.HttpMethods;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Checks that a provider's calls go by its own client, protected, and fail where they are refused. */
final class ProviderCall {

    /** Statuses that count as answers of a call, and those of a look-up, where a 404 may say that there is nobody. */
    private static final Pattern SUCCESS = statuses("2\\d\\d");

    private static final Pattern SUCCESS_OR_NOBODY = statuses("2\\d\\d|404");

    /** The parameters that are for the client which Camel would make. */
    private static final Pattern OF_CAMELS_CLIENT = Pattern.compile(
            "(?:auth|oauth2|proxy).*|(?:connect|connectionRequest|response|so)Timeout|maxTotalConnections"
                    + "|connectionsPerRoute|sslContextParameters|x509HostnameVerifier");

    private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE", "OPTIONS");

    /** How a customer can be sent. */
    private static final Set<String> SENDING = Set.of("POST", "PUT", "PATCH");

    private static Pattern statuses(String status) {
        return Pattern.compile("(?:2\\d\\d-2\\d\\d|%1$s)(?:,(?:2\\d\\d-2\\d\\d|%1$s))*".formatted(status));
    }

    private final String file;
    private final String provider;
    private final List<String> mistakes;

    /**
     * @param file the path of the provider's file
     * @param mistakes takes what is wrong, with file, line and column
     */
    ProviderCall(String file, String provider, List<String> mistakes) {
        this.file = file;
        this.provider = provider;
        this.mistakes = mistakes;
    }

    /**
     * Checks one.
     *
     * @param url what the URI becomes when its properties are filled in
     * @param finds whether it is a look-up's
     */
    void check(ScalarNode uri, String url, MappingNode parameters, boolean finds) {
        if (!value(scalar(parameters, "httpClient")).equals("#" + provider + "-http")) {
            mistake(
                    uri,
                    "a call needs the parameter httpClient: \"#" + provider
                            + "-http\"; without it nothing limits its time, its connections and its answer");
        }
        boolean isChecked = uri.getValue().startsWith("{{provider." + provider + ".url}}");
        if (!isChecked && !BaseUrl.isProtected(url)) {
            mistake(uri, BaseUrl.PROTECTED);
        }
        checkMethod(method(parameters));
        refusalsFail(parameters, finds);
        goesByItsOwnClient(parameters);
    }

    /** The name of such a step, by its parameters. */
    static String step(MappingNode parameters) {
        ScalarNode method = method(parameters);
        if (method == null) {
            return RoutePart.CALL;
        }
        return WITHOUT_BODY.contains(method.getValue()) ? RoutePart.CALL_WITHOUT_BODY : RoutePart.CALL_WITH_BODY;
    }

    /** @param method by which a customer is sent; null if there is none */
    void checkSending(ScalarNode method) {
        checkMethod(method);
        if (method != null && (WITHOUT_BODY.contains(method.getValue()) || !SENDING.contains(method.getValue()))) {
            mistake(method, "a customer is sent by POST, PUT or PATCH");
        }
    }

    private static ScalarNode method(MappingNode parameters) {
        return scalar(parameters, "httpMethod");
    }

    private void checkMethod(ScalarNode method) {
        if (method != null
                && Stream.of(HttpMethods.values())
                        .noneMatch(known -> known.name().equals(method.getValue()))) {
            mistake(method, "'" + method.getValue() + "' is no method of HTTP; they are in capitals");
        }
    }

    /** A refusal that counts as an answer would be read as one. */
    private void refusalsFail(MappingNode parameters, boolean finds) {
        ScalarNode failing = scalar(parameters, "throwExceptionOnFailure");
        if (failing != null && !failing.getValue().equals("true")) {
            mistake(failing, "a refusal must fail the call; without that it is read as an answer of success");
        }
        ScalarNode statuses = scalar(parameters, "okStatusCodeRange");
        Pattern possible = finds ? SUCCESS_OR_NOBODY : SUCCESS;
        if (statuses != null && !possible.matcher(statuses.getValue()).matches()) {
            mistake(
                    statuses,
                    "any other status than 200-299 must fail the call, but for 404 in a look-up (200-299,404)");
        }
    }

    private void goesByItsOwnClient(MappingNode parameters) {
        keys(parameters)
                .filter(parameter ->
                        OF_CAMELS_CLIENT.matcher(parameter.getValue()).matches())
                .forEach(parameter -> mistake(
                        parameter,
                        "'" + parameter.getValue()
                                + "' does nothing beside httpClient, whose settings are those of provider." + provider
                                + "; a header, or the step 'authorize', says who calls"));
    }

    private void mistake(ScalarNode node, String what) {
        mistakes.add(YamlNodes.place(file, node) + ": " + what);
    }
}
