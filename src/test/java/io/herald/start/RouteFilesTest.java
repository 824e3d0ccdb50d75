package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.OurClasses;
import io.herald.file.Partner;
import io.herald.mapping.Mappings;
import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.inject.Named;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a start in development mode would say of the route files is said without a start, so that {@code -Pcheck} tells it to
 * who edits them. {@link FailEarlyIT} has all that can be wrong.
 */
class RouteFilesTest {

    private static final String CALL = """
                    - to:
                        uri: "{{provider.bridge-xyz.url}}"
                        parameters:
                          httpClient: "#bridge-xyz-http"
            """;

    @Test
    void theyNameOnlyWhatThereIs() throws Exception {
        assertThat(mistakes("fraudspect", "", "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "fraudspect | method: findLink | method: findLinks | the bean 'delivery' has no method 'findLinks'",
                "fraudspect | ref: delivery | ref: delivary | there is no bean 'delivary'",
                "fraudspect | name: fraudspect-customer | name: fraudspect-custmer | no route begins with direct:fraudspect-custmer",
                "fraudspect | expression: POST | expression: Post | 'Post' is no method of HTTP; they are in capitals",
                "fraudspect | method: findLink | method: json | no step of fraudspect-request is the method 'findLink' of the bean 'delivery'",
                "fraudspect | method: readAnswer | method: json | no step of fraudspect-call is the method 'readAnswer' of the bean 'delivery'",
                "yativo | method: readFound | method: json | no step of yativo-find is the method 'readFound' of the bean 'delivery'",
                "xbridge | method: settleFound | method: json | no step of xbridge-find is the method 'settleFound' of the bean 'delivery'",
                "xbridge | method: bytesToSend | method: json | no step of xbridge-call is the method 'bytesToSend' of the bean 'delivery'",
                "yativo | name: page\\n                  expr | name: pge\\n                  expr | nothing reads the variable 'pge'",
                "yativo | variable.page} | variable.pge} | nothing sets the variable 'pge'",
                "xbridge | variable:\\n                    expression: wanted | variable:\\n                    expression: wnted | nothing sets the variable 'wnted'",
                "bridge-xyz | \"*\"\\n | \"*\"\\n        - setBody:\\n            expression:\\n              simple:\\n                expression: ${exchangeProperty.delivery.field('emial')}\\n | there is no field 'emial' in what mappings/bridge-xyz/request.schema.json accepts",
                "bridge-xyz | \"*\"\\n | \"*\"\\n        - setBody:\\n            expression:\\n              simple:\\n                expression: ${exchangeProperty.delivery.json('emial')}\\n | there is no field 'emial' in what mappings/bridge-xyz/request.schema.json accepts",
                "fraudspect | exchangeProperty.delivery.upd | exchangeProperty.delivry.upd | nothing sets the property 'delivry.update' of the exchange",
                "fraudspect | id: fraudspect-call | id: fraudspect-call\\n    errorHandlerRef: x | 'errorHandlerRef' is not for what a provider's route goes on to; with it a failure is neither tried again nor recorded",
                "yativo | \"*\"\\n        - bean | \"*\"\\n        - log: ${body}\\n        - bean | a line of the log with an expression in it can show the customer, so it has fixed words only",
                "yativo | \"*\"\\n        - bean | \"*\"\\n        - log:\\n            message: ${body}\\n        - bean | a line of the log with an expression in it can show the customer, so it has fixed words only",
                "yativo | \"*\"\\n        - bean | \"*\"\\n        - log: $simple{body}\\n        - bean | a line of the log with an expression in it can show the customer, so it has fixed words only",
                "yativo | \"*\"\\n        - bean | \"*\"\\n        - log:\\n            message: $.email\\n            logLanguage: jsonpath\\n        - bean | a line of the log with an expression in it can show the customer, so it has fixed words only",
                "bridge-xyz | \"*\"\\n | \"*\"\\n        - setBody:\\n            expression:\\n              simple:\\n                expression: '${exchangeProperty.delivery.json(\"emial\")}'\\n | there is no field 'emial' in what mappings/bridge-xyz/request.schema.json accepts",
                "bridge-xyz | \"*\"\\n | \"*\"\\n        - setBody:\\n            expression:\\n              simple:\\n                expression: ${exchangeProperty.delivery.jsn('email')}\\n | a delivery has no 'jsn'",
                "bridge-xyz | \"*\"\\n | \"*\"\\n        - setBody:\\n            expression:\\n              simple:\\n                expression: ${exchangeProperty.delivery?.json('emial')}\\n | there is no field 'emial' in what mappings/bridge-xyz/request.schema.json accepts",
                "fraudspect | \"*\"\\n | \"*\"\\n        - to: direct:fraudspect-call\\n | 'to' needs 'uri:' and 'parameters:' below it, which are checked",
                "fraudspect | fraudspect.url}}\" | fraudspect.url}}?httpClient=#fraudspect-http\" | parameters stand below 'parameters:', where they are checked",
                "fraudspect | \"*\"\\n | \"*\"\\n        - toD:\\n            uri: ${variable.path}\\n | 'toD' goes where no start can check; use 'to'",
                "fraudspect | httpMethod: PUT | httpMethod: put | 'put' is no method of HTTP; they are in capitals",
                "fraudspect | constant:\\n                    expression: POST | constant: Post | 'Post' is no method of HTTP; they are in capitals",
                "xbridge | 200-299,404 | 200-499 | any other status than 200-299 must fail the call, but for 404 in a look-up (200-299,404)",
                "bridge-xyz | http\" | http\"\\n              okStatusCodeRange: 200-299,404 | any other status than 200-299 must fail the call, but for 404 in a look-up (200-299,404)",
                "bridge-xyz | http\" | http\"\\n              throwExceptionOnFailure: false | a refusal must fail the call; without that it is read as an answer of success",
                "fraudspect | id: fraudspect-call | id: fraudspect-call\\n    autoStartup: false | a route of a provider that does not start by itself leaves its deliveries waiting for good",
                "yativo | - loop: | - doTry: {}\\n        - loop: | 'doTry' is not for what a provider's route goes on to; with it a failure is neither tried again nor recorded",
                "bridge-xyz | http\" | http\"\\n            uri: direct | 'uri' is there twice",
                "bridge-xyz | expression: /customers | expression: '/customers/{id}' | a constant is sent as it is; 'expand' fills '{id}' in",
                "xbridge | variable:\\n                    expression: wanted | xpath:\\n                    expression: /wanted | there is no language 'xpath'",
                "fraudspect | name: method\\n | description: x\\n | 'variables' needs 'name'",
                "bridge-xyz | - filter:\\n            expression:\\n              method:\\n                ref: delivery\\n                method: isCreate | - filter: | 'filter' needs 'expression'",
                "bridge-xyz | name: Idempotency-Key | id: key | 'setHeader' needs 'name'",
                "fraudspect | ${exchangeProperty.delivery.update} && | ${bean:delivary.update} && | there is no bean 'delivary'",
                "bridge-xyz | expand('/customers/{id}', ${exchangeProperty.delivery}) | expand('/customers/{id}') | 'expand' needs what is filled in, and the delivery: expand('/path/{id}', ${exchangeProperty.delivery})",
                "fraudspect | expression: POST | expression: GET | a customer is sent by POST, PUT or PATCH",
                "bridge-xyz | name: Api-Key | name: CamelHttpUri | 'CamelHttpUri' goes where no start can check; use 'uri'",
                "yativo | asyncDelayed: false | asyncDelayed: true | 'delay' needs asyncDelayed: false; else Camel goes on in a thread of its own",
                "bridge-xyz | method: bytesToSend | method: idempotencyKey | 'idempotencyKey' is for an expression; as a step its value would be the body",
                "xbridge | \"*\"\\n        - setHeaders:\\n            headers:\\n              - name: Content | \"*\"\\n        - bean:\\n            ref: delivery\\n            method: authorize\\n        - setHeaders:\\n            headers:\\n              - name: Content | a log-in that waits for a token waits for itself",
                "xbridge | name: xbridge-call\\n      steps: | name: xbridge-call\\n      steps:\\n        - to:\\n            uri: direct\\n            parameters:\\n              name: xbridge-log-in | Herald goes to direct:xbridge-log-in itself",
                "xbridge | \"*\"\\n        - bean: | \"*\"\\n        - setHeader:\\n            name: X-Session\\n            expression:\\n              jsonpath:\\n                expression: $.id\\n                suppressExceptions: true\\n        - bean: | without what it looks for the customer would be sent all the same; leave it out",
                "yativo | - loop: | - stop: {}\\n        - loop: | 'stop' is no step of a provider's route; these are: bean, choice, delay, filter, log, loop, pipeline, removeHeader, removeHeaders, setBody, setHeader, setHeaders, setProperty, setVariable, setVariables, split, to, transform",
                "bridge-xyz | name: Idempotency-Key | disabled: true\\n                  name: Idempotency-Key | a step that is disabled is not taken; leave it out",
                "bridge-xyz | id: bridge-xyz-call | id: bridge-xyz-call\\n    precondition: '{{x:false}}' | a route of a provider that does not start by itself leaves its deliveries waiting for good",
                "yativo | - loop: | - setProperty:\\n            name: delivery\\n            expression:\\n              constant:\\n                expression: x\\n        - loop: | the property 'delivery' is not for a provider's route to set",
                "bridge-xyz | http\" | http\"\\n              authMethod: Basic | 'authMethod' does nothing beside httpClient, whose settings are those of provider.bridge-xyz; a header, or the step 'authorize', says who calls",
                "bridge-xyz | http\" | http\"\\n              responseTimeout: 5 | 'responseTimeout' does nothing beside httpClient, whose settings are those of provider.bridge-xyz; a header, or the step 'authorize', says who calls",
                "fraudspect | fraudspect-connections\\n      steps: | fraudspect-connections\\n      steps:\\n        - to:\\n            uri: direct\\n            parameters:\\n              name: fraudspect-connections | comes back to direct:fraudspect-connections, and so on without end",
                "yativo | - loop: | - onException: {}\\n        - loop: | 'onException' is not for what a provider's route goes on to; with it a failure is neither tried again nor recorded",
            })
    void aMistakeInAProvidersFileIsTold(String provider, String right, String wrong, String mistake) throws Exception {
        assertThat(mistakes(provider, right.replace("\\n", "\n"), wrong.replace("\\n", "\n")))
                .hasSizeBetween(1, 2)
                .anyMatch(told -> told.startsWith("routes/providers/" + provider + ".camel.yaml:")
                        && told.endsWith(": " + mistake));
    }

    /** Else what was never sent would count as answered, a preview send something, and what failed be of another call. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "fraudspect | `method: mustBeInHand` | `method: json` | a further call needs 'mustBeInHand' before it",
                "fraudspect | `method: readFurtherAnswer` | `method: json` | a further call needs 'readFurtherAnswer' after it",
                "bridge-xyz | `method: readAnswer\n` | `method: readAnswer\n        - to:\n            uri: \"{{provider.bridge-xyz.url}}\"\n            parameters:\n              httpClient: \"#bridge-xyz-http\"\n` | a further call needs 'mustBeInHand' before it",
                "bridge-xyz | `        - bean:\n            ref: delivery\n            method: readAnswer\n` | `        - bean:\n            ref: delivery\n            method: bytesToSend\n        - bean:\n            ref: delivery\n            method: readAnswer\n` | 'bytesToSend' is taken a second time, which would send the customer twice",
                "bridge-xyz | `        - bean:\n            ref: delivery\n            method: readAnswer\n` | `        - bean:\n            ref: delivery\n            method: readAnswer\n        - bean:\n            ref: delivery\n            method: bytesToSend\n        - to:\n            uri: \"{{provider.bridge-xyz.url}}\"\n            parameters:\n              httpClient: \"#bridge-xyz-http\"\n` | 'bytesToSend' is taken a second time, which would send the customer twice",
                "xbridge | `        - bean:\n            ref: delivery\n            method: findLink\n        - bean:\n            ref: delivery\n            method: map\n` | `        - bean:\n            ref: delivery\n            method: map\n        - bean:\n            ref: delivery\n            method: findLink\n` | 'findLink' has to come before 'map'",
                "xbridge | `        - bean:\n            ref: delivery\n            method: map\n` | `        - bean:\n            ref: delivery\n            method: map\n        - to:\n            uri: \"{{provider.xbridge.url}}\"\n            parameters:\n              httpClient: \"#xbridge-http\"\n              httpMethod: GET\n` | a preview takes this step too, and must send nothing: it belongs to the route that sends",
                "xbridge | `        - bean:\n            ref: delivery\n            method: readFound\n        - bean:\n            ref: delivery\n            method: settleFound\n` | `        - bean:\n            ref: delivery\n            method: settleFound\n        - bean:\n            ref: delivery\n            method: readFound\n` | 'readFound' has to come before 'settleFound'",
                "xbridge | `        - delay:` | `        - to:\n            uri: \"{{provider.xbridge.url}}\"\n            parameters:\n              httpClient: \"#xbridge-http\"\n        - delay:` | 'beginLookUp' has to come before 'to'",
            })
    void stepsInAWrongOrderAreTold(String provider, String right, String wrong, String mistake) throws Exception {
        assertThat(mistakes(provider, right.replace("\\n", "\n"), wrong.replace("\\n", "\n")))
                .singleElement(InstanceOfAssertFactories.STRING)
                .matches("routes/providers/" + provider + "\\.camel\\.yaml:\\d+:\\d+: \\Q" + mistake + "\\E");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "clear, body, to, bytesToSend, to, readAnswer",
                "either<clear, bytesToSend, to, readAnswer> or <clear, get, clear, bytesToSend, to, readAnswer>",
                "clear, bytesToSend, either<to, readAnswer> or <to, readAnswer>, if(clear, body, mustBeInHand, to, readFurtherAnswer)",
                "clear, bytesToSend, to, readAnswer, clear, body, mustBeInHand, either<to> or <to>, readFurtherAnswer",
                "clear, bytesToSend, new(to, readAnswer), old(to, readAnswer)",
                "clear, new(bytesToSend, to, readAnswer), old(bytesToSend, to, readAnswer)",
                "clear, bytesToSend, to, again(clear, mustBeInHand, get), readAnswer, again(clear, body, mustBeInHand, to, readFurtherAnswer)",
                "clear, bytesToSend, to, readAnswer, clear, each(mustBeInHand, to, readFurtherAnswer)",
                "clear, bytesToSend, to, new(clear, mustBeInHand, get), readAnswer",
                "clear, bytesToSend, to, readAnswer, old(clear, mustBeInHand, get, readFurtherAnswer)",
                "some, clear, authorize, bytesToSend, to, readAnswer",
                "clear, bytesToSend, wrapped, to, readAnswer",
            })
    void thereAreSeveralRightOrders(String steps) throws Exception {
        assertThat(mistakesOfCall(steps)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`clear, bytesToSend, to, to, readAnswer` | nothing reads what this call is answered; one that opens a session comes before 'bytesToSend'",
                "`clear, bytesToSend, to, readAnswer, if(clear, body), to, readAnswer` | a further call needs 'mustBeInHand' before it",
                "`clear, bytesToSend, to, readAnswer, if(clear, body, to, readFurtherAnswer)` | a further call needs 'mustBeInHand' before it",
                "`clear, bytesToSend, to, readAnswer, if(clear, body, mustBeInHand, to)` | a further call needs 'readFurtherAnswer' after it",
                "`clear, bytesToSend, to, readAnswer, clear, body, mustBeInHand, to, to, readFurtherAnswer` | a further call needs 'readFurtherAnswer' after it",
                "`clear, bytesToSend, to, readAnswer, clear, body, mustBeInHand, to, readAnswer` | a further call needs 'readFurtherAnswer' after it",
                "`clear, bytesToSend, if(to, readAnswer), to, readAnswer` | a further call needs 'mustBeInHand' before it",
                "`clear, bytesToSend, to, readAnswer, bytesToSend, to, readAnswer` | 'bytesToSend' is taken a second time, which would send the customer twice",
                "`clear, bytesToSend, to, readAnswer, new(clear, body, mustBeInHand, to, readFurtherAnswer)` | a further call that only a create makes is left out when it has failed and is made later: the customer is known by then",
                "`clear, bytesToSend, to, readAnswer, readAnswer` | the answer is read already",
                "`get, readAnswer, bytesToSend` | 'bytesToSend' has to come before 'readAnswer'",
                "`clear, bytesToSend, readAnswer, to` | nothing is called between 'bytesToSend' and 'readAnswer'",
                "`clear, bytesToSend, to, readFurtherAnswer, readAnswer` | 'readAnswer' has to come before 'readFurtherAnswer'",
                "`bytesToSend, to, readAnswer` | 'removeHeaders' has to come before it, with \"*\": the headers of what came before would be sent",
                "`clear, body, to, clear, bytesToSend, to, readAnswer, body, mustBeInHand, to, readFurtherAnswer` | a further call needs 'removeHeaders' before it, with \"*\": the path of the call before would be its own",
                "`clear, bytesToSend, to, readAnswer, clear, mustBeInHand, to, readFurtherAnswer` | another call than the customer's needs 'setBody' before it, or httpMethod: GET; else what was answered before would be sent",
                "`clear, to, bytesToSend, to, readAnswer` | another call than the customer's needs 'setBody' before it, or httpMethod: GET; else what was answered before would be sent",
                "`clear, bytesToSend, body, to, readAnswer` | would be sent instead of the customer; what is made of it has ${body} in it",
                "`clear, bytesToSend, get, readAnswer` | the variable 'method' says how the customer is sent; httpMethod would go before it",
                "`clear, bytesToSend, to, readAnswer, clear, body, again(mustBeInHand, to, readFurtherAnswer)` | a further call needs 'removeHeaders' before it, with \"*\": the path of the call before would be its own",
                "`clear, bytesToSend, authorize, to, readAnswer` | 'authorize' has to come before 'bytesToSend'",
                "`clear, bytesToSend, clear, to, readAnswer` | removes headers that 'bytesToSend' has put on: it has to come before that",
                "`clear, authorize, some, bytesToSend, to, readAnswer` | removes headers that 'authorize' has put on: it has to come before that",
                "`clear, bytesToSend, to, readAnswer, body, mustBeInHand, clear, to, readFurtherAnswer` | removes headers that 'mustBeInHand' has put on: it has to come before that",
            })
    void andManyWrongOnes(String steps, String mistake) throws Exception {
        assertThat(mistakesOfCall(steps).stream()
                        .filter(told -> !told.contains(" can come to the end of fraudspect-call and not be sent")))
                .singleElement(InstanceOfAssertFactories.STRING)
                .endsWith(": " + mistake);
    }

    /** Whom no way sends, is sent anew at each start, for good. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`clear, bytesToSend, new(to, readAnswer), new(to, readAnswer)` | an update",
                "`clear, old(bytesToSend, to, readAnswer)` | a create",
                "`clear, bytesToSend, to, readAnswer, new(clear)` |",
                "`clear, if(bytesToSend, to, readAnswer)` | a create,an update",
                "`clear, bytesToSend, again(to, readAnswer)` | a create,an update",
                "`clear, either<bytesToSend, to, readAnswer> or <clear>` | a create",
            })
    void whoIsNotSentIsTold(String steps, String who) throws Exception {
        List<String> notSent = who == null
                ? List.of()
                : Stream.of(who.split(","))
                        .map(operation -> "routes/providers/fraudspect.camel.yaml: " + operation
                                + " can come to the end of fraudspect-call and not be sent")
                        .toList();

        assertThat(mistakesOfCall(steps).stream().filter(told -> told.endsWith(" and not be sent")))
                .containsExactlyElementsOf(notSent);
    }

    /** Else a create that may have arrived is sent again as another one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`clear, key, bytesToSend, to, readAnswer` | 0",
                "`clear, new(key), bytesToSend, to, readAnswer` | 0",
                "`kept, clear, bytesToSend, to, readAnswer` | 0",
                "`clear, new(key, bytesToSend, to, readAnswer), old(bytesToSend, to, readAnswer)` | 0",
                "`clear, old(key), bytesToSend, to, readAnswer` | 1",
                "`clear, if(key), bytesToSend, to, readAnswer` | 1",
                "`clear, bytesToSend, to, key, readAnswer` | 1",
                "`clear, key, get, clear, bytesToSend, to, readAnswer` | 1",
                "`clear, key, get, some, bytesToSend, to, readAnswer` | 1",
            })
    void eachCreateHasTheKey(String steps, int mistakes) throws Exception {
        Map<String, String> remembered =
                Map.of("provider.fraudspect.upsert", "false", "provider.fraudspect.idempotency-lifetime", "1h");

        assertThat(mistakesOfCall(steps, remembered).stream()
                        .filter(told -> !told.contains(": an update does not say which customer it is of: ")))
                .hasSize(mistakes)
                .allMatch(told -> told.endsWith(
                        ": a create can come here without the header of 'idempotencyKey'; one that may have arrived"
                                + " would be sent again without it"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "bridge-xyz | `expand('/customers/{id}'` | `expand('/customers/{email}'`",
                "bridge-xyz | `method: isUpdate` | `method: isCreate`",
                "yativo | `expand('{{provider.yativo.update-path}}'` | `expand('/customer'`",
                "yativo | `{{provider.yativo.update-path}}` | `{{provider.yativo.url}}`",
            })
    void anUpdateSaysWhoseItIs(String provider, String right, String wrong) throws Exception {
        assertThat(mistakes(provider, right, wrong))
                .singleElement(InstanceOfAssertFactories.STRING)
                .startsWith("routes/providers/" + provider + ".camel.yaml:")
                .endsWith(": an update does not say which customer it is of: its path has no '{id}', and mappings/"
                        + provider + "/request.jslt no '$link'");
    }

    /** What stands there would be taken for sent. */
    @Test
    void aRouteThatNothingGoesToIsTold() throws Exception {
        String connections = """
                - to:
                                  uri: direct
                                  parameters:
                                    name: fraudspect-connections
                """;

        assertThat(mistakes(
                        "fraudspect", connections.stripTrailing(), "- removeHeaders:\n                  pattern: X"))
                .singleElement(InstanceOfAssertFactories.STRING)
                .endsWith(": nothing goes to direct:fraudspect-connections");
    }

    /** In the route that sends, a look-up would be asked for before it is known that one is needed. */
    @Test
    void eachStepIsInItsOwnRoute() throws Exception {
        String right = Files.readString(Path.of("routes/providers/xbridge.camel.yaml"));
        String link = "        - bean:\n            ref: delivery\n            method: findLink\n";
        String authorize = "        - bean:\n            ref: delivery\n            method: authorize\n";
        assertThat(right).contains(link).contains(authorize);

        assertThat(mistakes("xbridge", right, right.replace(link, "").replace(authorize, link + authorize)))
                .containsExactly("routes/providers/xbridge.camel.yaml:"
                        + " no step of xbridge-request is the method 'findLink' of the bean 'delivery'");
    }

    /** What a route does that begins with something else is none of the steps of the route before it. */
    @Test
    void aRouteMayBeginWithSomethingElse() throws Exception {
        String end = "            method: readAnswer\n";
        String another = """
                - route:
                    id: bridge-xyz-ping
                    from:
                      uri: file
                      parameters:
                        directoryName: ping
                      steps:
                """ + CALL;

        assertThat(mistakes("bridge-xyz", end, end + another)).isEmpty();
    }

    private static List<String> mistakesOfCall(String steps) throws Exception {
        return mistakesOfCall(steps, Map.of());
    }

    /**
     * With these steps where fraudspect is sent a customer, and with nothing after them; {@code if}, {@code new}, {@code old},
     * {@code again}, {@code each} and {@code either} have steps of their own.
     */
    private static List<String> mistakesOfCall(String steps, Map<String, String> settings) throws Exception {
        String method = "expression: {method: {ref: delivery, method: %s}}";
        String key = "name: key, " + method.formatted("idempotencyKey");
        String update = method.formatted("isUpdate") + ", steps: [";
        String any = "expression: {simple: {expression: '${body} != null'}}, steps: [";
        String call = "{to: {uri: \"{{provider.fraudspect.url}}\", parameters: {httpClient: \"#fraudspect-http\"%s}}}";
        String written = steps.replaceAll(
                        "\\b(?!(?:to|get|clear|some|body|wrapped|key|kept|if|new|old|again|each|either|or)\\b)\\w+",
                        "{bean: {ref: delivery, method: $0}}")
                .replaceAll("\\bget\\b", Matcher.quoteReplacement(call.formatted(", httpMethod: GET")))
                .replaceAll("\\bto\\b(?!:)", Matcher.quoteReplacement(call.formatted("")))
                .replaceAll("\\bclear\\b", "{removeHeaders: {pattern: '*'}}")
                .replaceAll("\\bsome\\b", "{removeHeaders: {pattern: 'X-*'}}")
                .replaceAll("\\bbody\\b", "{setBody: {expression: {constant: {expression: '{}'}}}}")
                .replaceAll("\\bwrapped\\b", "{setBody: {expression: {simple: {expression: '[\\${body}]'}}}}")
                .replaceAll("\\bkept\\b", "{setVariable: {" + key.replace("key,", "path,") + "}}")
                .replaceAll("\\bkey\\b", "{setHeader: {" + key + "}}")
                .replace("if(", "{filter: {" + any)
                .replace("old(", "{filter: {" + update)
                .replace("new(", "{filter: {" + update.replace("isUpdate", "isCreate"))
                .replace("again(", "{loop: {doWhile: true, " + any)
                .replace("each(", "{split: {" + any)
                .replace("either<", "{choice: {when: [{" + update)
                .replace("> or <", "]}], otherwise: {steps: [")
                .replace(")", "]}}")
                .replace(">", "]}}}");
        String right = Files.readString(Path.of("routes/providers/fraudspect.camel.yaml"));
        String customer = right.substring(right.indexOf("        - to:\n            uri: direct"));
        return mistakes("fraudspect", customer, "        - pipeline: {steps: [" + written + "]}\n", settings).stream()
                .filter(told -> !told.endsWith(": no route begins with direct:fraudspect-log-in"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "provider.fraudspect.upsert | false | routes/providers/fraudspect.camel.yaml: nothing keeps a create that comes again from making a second customer: set provider.fraudspect.upsert=true where it is an update, provider.fraudspect.idempotency-lifetime where a key is honoured (0s where nothing can tell), or add the route fraudspect-find and find.jslt",
                "provider.yativo.upsert | true | provider.yativo.upsert: yativo has a look-up, which is for a provider that does not take a create that comes again for an update",
                "provider.bridge-xyz.upsert | true | provider.bridge-xyz.upsert: bridge-xyz has an idempotency-lifetime, which is for a provider that does not take a create that comes again for an update",
            })
    void oneThingKeepsACreateFromBeingMadeTwice(String property, String value, String mistake) throws Exception {
        assertThat(mistakes("fraudspect", "", "", Map.of(property, value))).contains(mistake);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "account-id | simple:\\n                  expression: ${variable.account-id}",
                "account.id | simple:\\n                  expression: ${variables.account.id}",
                "account | simple:\\n                  expression: ${variable.account.name}",
                "account | simple:\\n                  expression: ${variable:account}",
                "account | simple:\\n                  expression: ${variable?.account}",
                "account | simple:\\n                  expression: ${variable[account]}",
                "account | simple:\\n                  expression: ${variableAs(account, String)}",
                "account | variable:\\n                  expression: account",
                "account | jsonpath:\\n                  expression: $.id\\n                  source: variable:account",
            })
    void aVariableIsReadHoweverItIsNamed(String name, String read) throws Exception {
        String steps = """
                "*"
                        - setVariable:
                            name: %s
                            expression:
                              constant:
                                expression: x
                        - setBody:
                            expression:
                              %s
                        - bean\
                """.formatted(name, read.replace("\\n                  ", "\n                "));

        assertThat(mistakes("yativo", "\"*\"\n        - bean", steps)).isEmpty();
        assertThat(mistakes("yativo", "\"*\"\n        - bean", steps.replace("name: " + name, "name: other")))
                .hasSize(2)
                .anyMatch(mistake -> mistake.endsWith(": nothing reads the variable 'other'"))
                .anyMatch(mistake -> mistake.contains(": nothing sets the variable 'account"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"200", "200-204", "200,201,204"})
    void notEachSuccessNeedBeOne(String statuses) throws Exception {
        assertThat(mistakes("bridge-xyz", "http\"\n", "http\"\n              okStatusCodeRange: " + statuses + "\n"))
                .isEmpty();
    }

    @Test
    void aCallIsNeeded() throws Exception {
        assertThat(mistakes("bridge-xyz", CALL, ""))
                .singleElement(InstanceOfAssertFactories.STRING)
                .endsWith(": nothing is called between 'bytesToSend' and 'readAnswer'");
    }

    @Test
    void aVariableMayBeWhatACallReceivesOrSends() throws Exception {
        String steps = """
                "*"
                        - to:
                            uri: "{{provider.yativo.url}}"
                            parameters:
                              httpClient: "#yativo-http"
                              httpMethod: GET
                            variableReceive: answer
                        - to:
                            uri: "{{provider.yativo.url}}"
                            parameters:
                              httpClient: "#yativo-http"
                              httpMethod: GET
                            variableSend: answer
                        - bean\
                """;

        assertThat(mistakes("yativo", "\"*\"\n        - bean", steps)).isEmpty();
        assertThat(mistakes("yativo", "\"*\"\n        - bean", steps.replace("Send: answer", "Send: other")))
                .hasSize(2)
                .anyMatch(mistake -> mistake.endsWith(": nothing reads the variable 'answer'"))
                .anyMatch(mistake -> mistake.endsWith(": nothing sets the variable 'other'"));
    }

    /** Misspelt, the customer would go to the bare URL. */
    @Test
    void theVariablesThatHeraldReadsAreSet() throws Exception {
        assertThat(mistakes("xbridge", "name: path", "name: paht"))
                .hasSize(2)
                .contains("routes/providers/xbridge.camel.yaml: no step sets the variable 'path'")
                .anyMatch(mistake -> mistake.endsWith(": nothing reads the variable 'paht'"));
    }

    /** With one place of the file of a provider changed. */
    private static List<String> mistakes(String provider, String right, String wrong) throws Exception {
        return mistakes(provider, right, wrong, Map.of());
    }

    private static List<String> mistakes(String provider, String right, String wrong, Map<String, String> settings)
            throws Exception {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withProfile("dev")
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(
                        Path.of("application.properties").toUri().toURL()))
                .withSources(new PropertiesConfigSource(settings, "settings", 1_000))
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValue("herald.sandbox.port", "8089")
                .withValidateUnknown(false)
                .build();
        Providers providers = new Providers(config.getConfigMapping(ProviderConfig.class));
        Optional<String> none = Optional.empty();
        Bundle bundle = new Bundle(Optional.empty(), Optional.empty());
        List<String> mistakes = new ArrayList<>();
        CamelContext context = new DefaultCamelContext();
        try {
            context.getPropertiesComponent().addPropertiesSource(properties(config));
            context.start();
            List<Resource> files = bundle.routeFiles(context).stream()
                    .map(file -> file.getLocation().endsWith("/" + provider + ".camel.yaml")
                            ? ResourceHelper.fromString(file.getLocation(), first(RouteFiles.text(file), right, wrong))
                            : file)
                    .toList();
            Mappings mappings = Mappings.load(bundle::mappingFile, providers.ids(), Clock.systemUTC(), mistakes);
            new RouteFiles(
                            context,
                            config,
                            providers,
                            new Partner(none, none, none, none, none),
                            beans(providers.ids()))
                    .check(files, id -> bundle.hasMappingFile(id + "/find.jslt"), mappings, mistakes);
        } finally {
            context.stop();
        }
        return mistakes;
    }

    private static String first(String text, String right, String wrong) {
        int at = text.indexOf(right);
        return text.substring(0, at) + wrong + text.substring(at + right.length());
    }

    private static PropertiesSource properties(SmallRyeConfig config) {
        return new PropertiesSource() {
            @Override
            public String getName() {
                return "application.properties";
            }

            @Override
            public String getProperty(String name) {
                return config.getOptionalValue(name, String.class).orElse(null);
            }
        };
    }

    private static Beans beans(List<String> providers) throws Exception {
        Map<String, Set<Class<?>>> named = new HashMap<>();
        for (Class<?> type : OurClasses.all()) {
            if (type.isAnnotationPresent(Named.class)) {
                named.put(type.getAnnotation(Named.class).value(), Set.of(type));
            }
            for (Method producer : type.getDeclaredMethods()) {
                if (producer.isAnnotationPresent(Named.class)) {
                    named.put(producer.getAnnotation(Named.class).value(), Set.of(producer.getReturnType()));
                }
            }
        }
        return new Beans(name -> named.getOrDefault(name, Set.of()), Preflight.bound(providers));
    }
}
