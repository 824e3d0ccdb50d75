package io.herald.rest;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.sandbox.Received;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Nothing that a caller or a provider sends changes where a request goes, what stands in its headers, or is evaluated: it
 * arrives as it is, or is refused.
 */
@QuarkusTest
@TestProfile(Neighbours.class)
class InjectionTest extends AmongImpostors {

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final List<String> CREATES = List.of(
            "POST /bridge-xyz/customers",
            "POST /fraudspect/api/v1/customers",
            "POST /xbridge/v1/kyc/customers",
            "POST /yativo/customer");

    /** Where a request would go that was led astray. */
    private static ServerSocket trap;

    @BeforeAll
    static void setTrap() throws IOException {
        trap = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        trap.setSoTimeout(1);
    }

    @AfterAll
    static void removeTrap() throws IOException {
        trap.close();
    }

    @AfterEach
    void nobodyWasLedAstray() {
        HeadersTest.nobodyCame(trap);
    }

    /** Each is text to a person, and something else to Camel, Quarkus, Log4j, a file system, a database, a regular expression. */
    static final List<String> TEXTS = List.of(
            "${bean:deadLetters?method=list}",
            "${bean:type:java.lang.Runtime?method=getRuntime}",
            "${properties:provider.xbridge.secret}",
            "${exchangeProperty.delivery}",
            "${header.Authorization}",
            "${headers}",
            "${body}",
            "${env:PATH}",
            "${sys.user.home}",
            "${camelContext.stop}",
            "${jndi:ldap://localhost/x}",
            "${{{provider.xbridge.secret}}}",
            "$simple{body}",
            "$simple{bean:problems}",
            "#{systemProperties}",
            "#{T(java.lang.Runtime).getRuntime()}",
            "%{#context}",
            "{{provider.xbridge.secret}}",
            "{{env:PATH}}",
            "{{?x}}",
            "RAW({{herald.payload-key}})",
            "#bean:problems",
            "#class:java.lang.String",
            "direct:not-delivered",
            "ref:problems",
            "{id}",
            "{customer_email}",
            "$1 \\1 $0",
            "$.data.access_token",
            "%s %n %x",
            "%2e%2e%2f",
            "%0d%0aX-Evil: 1",
            "../../x",
            "..\\..\\x",
            "file:///etc/passwd",
            "classpath:application.properties",
            "?a=1&b=2#c",
            "\", \"type\": \"business",
            "\\\"}, {",
            "'; drop table message; --",
            "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
            "@type");

    @ParameterizedTest
    @FieldSource("TEXTS")
    void aTextArrivesAsItIs(String text) {
        String reference = reference();
        Api.Answer created = herald.submit(person(reference, text));
        Api.Answer updated = herald.submit(person(reference, text));
        for (int tries = 0; tries < 5 && (wasRepeated(created) || wasRepeated(updated)); tries++) {
            resetImpostors();
            reference = reference();
            created = herald.submit(person(reference, text));
            updated = herald.submit(person(reference, text));
        }
        String own = reference;

        assertThat(created.status()).as(created.body()).isEqualTo(200);
        assertThat(updated.status()).as(updated.body()).isEqualTo(200);
        assertThat(lines("bridge-xyz"))
                .containsExactly(
                        "POST /bridge-xyz/customers", "PUT /bridge-xyz/customers/" + id(created, "bridge-xyz"));
        assertThat(lines("yativo"))
                .containsExactly("POST /yativo/customer", "PUT /yativo/customer/" + id(created, "yativo"));
        assertThat(lines("xbridge"))
                .containsExactly("POST /xbridge/v1/kyc/customers", "POST /xbridge/v1/kyc/customers");
        assertThat(lines("fraudspect"))
                .containsExactly("POST /fraudspect/api/v1/customers", "POST /fraudspect/api/v1/customers");
        assertThat(customers("bridge-xyz")).allSatisfy(request -> {
            assertThat(request.path("first_name").textValue()).isEqualTo(text);
            assertThat(request.path("last_name").textValue()).isEqualTo(text);
            assertThat(request.at("/residential_address/street_line_1").textValue())
                    .isEqualTo(text);
            assertThat(request.at("/residential_address/city").textValue()).isEqualTo(text);
        });
        assertThat(customers("fraudspect")).allSatisfy(request -> {
            assertThat(request.path("name").textValue()).isEqualTo(text + " " + text);
            assertThat(request.path("referenceId").textValue()).isEqualTo(own);
            assertThat(request.path(text).textValue()).isEqualTo(text);
            assertThat(request.path("deep").path(text).textValue()).isEqualTo(text);
        });
        for (String provider : List.of("xbridge", "yativo")) {
            assertThat(customers(provider)).as(provider).allSatisfy(request -> assertThat(texts(request))
                    .anyMatch(sent -> sent.contains(text)));
        }
        assertHeadersAreOurs();
    }

    private static ObjectNode person(String reference, String text) {
        ObjectNode customer = Customers.person(reference);
        customer.withObject("/person").put("firstName", text).put("lastName", text);
        customer.withObject("/address")
                .put("city", text)
                .put("postalCode", "12345")
                .putArray("lines")
                .add(text)
                .add(text);
        customer.withObject("/attributes").put(text, text).putObject("deep").put(text, text);
        return customer;
    }

    /** As it is told, because a provider's deadline passed on a machine that does much else: then requests cannot be counted. */
    private static boolean wasRepeated(Api.Answer answer) {
        return answer.json()
                .path("deliveries")
                .valueStream()
                .anyMatch(delivery -> delivery.path("attempts").asInt() > 1
                        || delivery.at("/error/reason").asText().equals("timeout"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "CamelHttpUri | TRAP",
                "CamelHttpUrl | TRAP",
                "CamelHttpBaseUri | TRAP",
                "CamelHttpRestUri | TRAP",
                "CamelHttpPath | /../../x",
                "CamelHttpPath | ?x=1",
                "CamelHttpRawQuery | page=2",
                "CamelHttpQuery | page=2",
                "CamelHttpMethod | DELETE",
                "CamelHttpHost | localhost:1",
                "CamelHttpPort | 1",
                "CamelHttpServletRequest | x",
                "CamelHttpResponseCode | 299",
                "CamelHttpCharacterEncoding | UTF-16",
                "CamelCharsetName | UTF-16",
                "CamelAuthentication | x",
                "CamelFileName | ../../x",
                "CamelFileNameConsumed | ../../x",
                "CamelOverruleFileName | ../../x",
                "CamelBeanMethodName | preview",
                "CamelBeanSpecialHeader | x",
                "CamelJacksonUnmarshalType | java.lang.Runtime",
                "CamelJsonPathJsonSource | x",
                "CamelJsltString | .",
                "CamelToEndpoint | direct:not-delivered",
                "CamelSlipEndpoint | direct:not-delivered",
                "CamelRecipientListEndpoint | direct:not-delivered",
                "CamelRedelivered | true",
                "CamelRedeliveryCounter | 99",
                "CamelRedeliveryDelay | 60000",
                "CamelExceptionCaught | x",
                "CamelRouteStop | true",
                "CamelLanguageScript | x",
                "CamelVertxPlatformHttpX | x",
                "org.apache.camel.Exchange | x",
                "camelhttpuri | TRAP",
                "Authorization | Bearer x",
                "Proxy-Authorization | Basic eDp4",
                "X-Api-Key | x",
                "Api-Key | x",
                "Cookie | session=x",
                "Host | evil.example",
                "Forwarded | host=evil.example;proto=https;for=1.2.3.4",
                "X-Forwarded-Host | evil.example",
                "X-Forwarded-Proto | https",
                "X-Forwarded-Prefix | /evil",
                "X-Forwarded-For | 1.2.3.4",
                "X-Original-URL | /v1/dead-letters",
                "X-Rewrite-URL | /v1/dead-letters",
                "X-HTTP-Method-Override | DELETE",
                "X-HTTP-Method | DELETE",
                "Content-Encoding | ${body}",
                "Content-Language | ${body}",
                "Accept | ${bean:problems}",
                "User-Agent | {{provider.xbridge.secret}}",
                "Idempotency-Key | ../../x?y=1",
                "Idempotency-Key | ${bean:problems}",
                "Idempotency-Key | '; drop table message; --",
                "Prefer | wait=10, ${bean:problems}",
                "Trailer | Authorization",
                "X | a\tb",
            })
    void aHeaderChangesNothing(String name, String value) throws IOException {
        String header = value.replace("TRAP", trapUrl());
        Map<String, Map<String, List<String>>> usual = usual();
        String reference = reference();
        String key = header + (name.equals("Idempotency-Key") ? reference : "");

        HeadersTest.Answer answer = HeadersTest.call(
                "POST", "/v1/customers", Customers.person(reference).toString(), Map.of(name, key.replace(" ", "-")));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().path("reference").textValue()).isEqualTo(reference);
        assertThat(HeadersTest.headerNames(answer)).isSubsetOf(HeadersTest.ANSWERED);
        assertThat(answer.headers().get("location"))
                .isEqualTo("/v1/messages/" + answer.json().path("message").textValue());
        assertThat(HeadersTest.received(impostors)).isEqualTo(usual);
        assertHeadersAreOurs();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CamelHttpUri=TRAP",
                "CamelHttpPath=/../../x",
                "CamelHttpMethod=DELETE",
                "CamelBeanMethodName=preview",
                "CamelHttpResponseCode=299",
                "CamelFileName=..%2F..%2Fx",
                "Authorization=Bearer%20x",
                "Location=TRAP",
                "x-api-key=x",
                "Content-Length=0",
                "Transfer-Encoding=chunked",
                "token=x&path=/x&method=DELETE&page=2",
                "id=x&reference=x&provider=x&delivery=x",
                "httpMethod=DELETE&bridgeEndpoint=true&throwExceptionOnFailure=false",
                "a%0d%0aX-Evil:%201=b%0d%0aX-Evil:%201",
                "%24%7Bbean:problems%7D=%24%7Bbody%7D",
                "%7B%7Bprovider.xbridge.secret%7D%7D",
                "&&&=&=?",
            })
    void aQueryChangesNothing(String query) throws IOException {
        Map<String, Map<String, List<String>>> usual = usual();
        String reference = reference();

        HeadersTest.Answer answer = HeadersTest.call(
                "POST",
                "/v1/customers?" + query.replace("TRAP", trapUrl()),
                Customers.person(reference).toString(),
                Map.of());

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().path("reference").textValue()).isEqualTo(reference);
        assertThat(HeadersTest.headerNames(answer)).isSubsetOf(HeadersTest.ANSWERED);
        assertThat(HeadersTest.received(impostors)).isEqualTo(usual);
        assertHeadersAreOurs();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/reference | ../../x",
                "/reference | ..",
                "/reference | a/b",
                "/reference | a%2Fb",
                "/reference | a?b=c",
                "/reference | ${bean:problems}",
                "/reference | {{provider.xbridge.secret}}",
                "/reference | a;b",
                "/targets/0 | direct:xbridge",
                "/targets/0 | ../xbridge",
                "/targets/0 | xbridge,direct:not-delivered",
                "/targets/0 | ${bean:problems}",
                "/targets/0 | xbridge-log-in",
                "/connections/0/reference | ../../x",
                "/contact/phone | +1/../../x",
                "/contact/phone | +1?x=1",
                "/CamelHttpUri | x",
                "/Authorization | x",
                "/__proto__ | x",
                "/@class | java.lang.Runtime",
                "/$ref | file:///etc/passwd",
                "/${bean:problems} | x",
                "/providerCustomerId | x",
                "/attributes/referenceId | x",
            })
    void whatMayNotBeSaidIsRefused(String pointer, String value) {
        ObjectNode customer = Customers.person("CUST-refused");
        customer.putArray("targets").add("xbridge");
        customer.putArray("connections").addObject().put("reference", "COMP-1").put("role", "ubo");
        customer.putObject("attributes");
        String parent = pointer.substring(0, pointer.lastIndexOf('/'));
        String name = pointer.substring(parent.length() + 1);
        if (customer.at(parent).isArray()) {
            customer.withArray(parent).set(0, value);
        } else {
            ((ObjectNode) customer.at(parent)).put(name, value);
        }

        for (String path : List.of("/v1/customers", "/v1/preview")) {
            Api.Answer answer = herald.send("POST", path, customer.toString());

            assertThat(answer.status()).as(answer.body()).isEqualTo(422);
            assertThat(answer.json().path("errors"))
                    .extracting(error -> error.path("pointer").textValue())
                    .contains(pointer);
        }
        nothingWasSent();
    }

    @ParameterizedTest
    @CsvSource({
        "404, GET,    /v1/customers/..%2F..%2Fx",
        "404, GET,    /v1/customers/%2e%2e",
        "404, GET,    /v1/customers/%00",
        "404, GET,    /v1/customers/CUST%00",
        "404, GET,    /v1/customers/%24%7Bbean:problems%7D",
        "404, GET,    /v1/customers/%7B%7Bprovider.xbridge.secret%7D%7D",
        "404, GET,    /v1/customers/x%0d%0aX-Evil:%201",
        "404, GET,    /v1/messages/%24%7Bbody%7D",
        "404, GET,    /v1/messages/..%2Fdead-letters",
        "404, DELETE, /v1/customers/%25",
        "404, DELETE, /v1/customers/%27%20or%201=1",
        "404, GET,    /v1/dead-letters/%24%7Bbody%7D",
        "404, GET,    /v1//customers/x",
        "404, GET,    /v1/customers/x;jsessionid=1",
        "404, GET,    /v1/../v1/messages/x",
        "400, GET,    /v1/dead-letters?provider=%24%7Bbean:problems%7D",
        "400, GET,    /v1/dead-letters?reason=%27%20or%201=1",
        "400, GET,    /v1/dead-letters?limit=%24%7Bbody%7D",
        "400, GET,    /v1/dead-letters?after=..%2Fx"
    })
    void aPathLeadsNowhereElse(int status, String method, String path) throws IOException {
        HeadersTest.Answer answer = HeadersTest.call(method, path, null, Map.of());

        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(HeadersTest.headerNames(answer)).isSubsetOf(HeadersTest.ANSWERED);
        nothingWasSent();
    }

    @Test
    void whatIsNoAddressIsRefused() throws IOException {
        HeadersTest.Answer answer = HeadersTest.call("GET", "/v1/messages/{{provider.xbridge.secret}}", null, Map.of());

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).isEmpty();
        nothingWasSent();
    }

    /** What yativo is asked when it is not clear whether it took the customer. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a&page=9&x=@example.com   | a%26page%3D9%26x%3D%40example.com",
                "a%26b@example.com         | a%2526b%40example.com",
                "a#b@example.com           | a%23b%40example.com",
                "a?b=c@example.com         | a%3Fb%3Dc%40example.com",
                "{{user}}@example.com      | %7B%7Buser%7D%7D%40example.com",
                "${body}@example.com       | %24%7Bbody%7D%40example.com",
                "a+b@example.com           | a%2Bb%40example.com",
            })
    void anEmailStaysOneValueOfAQuery(String email, String encoded) {
        ObjectNode customer = Customers.person(reference(), email);
        customer.putArray("targets").add("yativo");
        answering("/yativo/customer", okJson("{}"));

        herald.submit(customer);

        assertThat(lines("yativo"))
                .containsExactly(
                        "POST /yativo/customer",
                        "GET /yativo/customer?email=" + encoded + "&per_page=100&page=1",
                        "POST /yativo/customer");
    }

    /** An id of a provider stands in the path of the next request to it, as one segment, or in its body, and nowhere else. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "../x?y=1                 | ..%2Fx%3Fy%3D1",
                "../../admin              | ..%2F..%2Fadmin",
                "a/b                      | a%2Fb",
                "a\\b                     | a%5Cb",
                "a#b                      | a%23b",
                "a;b=c                    | a%3Bb%3Dc",
                "a b+c                    | a%20b%2Bc",
                "%2e%2e                   | %252e%252e",
                "%0d%0aX-Evil: 1          | %250d%250aX-Evil%3A%201",
                "...                      | ...",
                "${bean:problems}         | %24%7Bbean%3Aproblems%7D",
                "{{provider.xbridge.key-id}} | %7B%7Bprovider.xbridge.key-id%7D%7D",
                "#{x}                     | %23%7Bx%7D",
                "{id}                     | %7Bid%7D",
                "RAW(x)                   | RAW%28x%29",
                "http://localhost:1/x     | http%3A%2F%2Flocalhost%3A1%2Fx",
                "@localhost:1             | %40localhost%3A1",
                "été                      | %C3%A9t%C3%A9",
            })
    void anIdStaysOneSegmentOfAPath(String id, String encoded) {
        ids(JsonNodeFactory.instance.textNode(id));
        String reference = reference();

        Api.Answer created = herald.submit(Customers.person(reference));
        herald.submit(Customers.person(reference));

        assertThat(created.status()).as(created.body()).isEqualTo(200);
        assertThat(lines("bridge-xyz"))
                .containsExactly("POST /bridge-xyz/customers", "PUT /bridge-xyz/customers/" + encoded);
        assertThat(lines("yativo")).containsExactly("POST /yativo/customer", "PUT /yativo/customer/" + encoded);
        assertThat(lines("fraudspect"))
                .containsExactly("POST /fraudspect/api/v1/customers", "POST /fraudspect/api/v1/customers");
        assertThat(lines("xbridge"))
                .containsExactly("POST /xbridge/v1/kyc/customers", "POST /xbridge/v1/kyc/customers");
        assertThat(customers("xbridge").get(1).path("customerId").textValue())
                .as("there it stands in the body")
                .isEqualTo(id);
        assertThat(customers("fraudspect"))
                .allSatisfy(request -> assertThat(texts(request)).doesNotContain(id));
        assertHeadersAreOurs();
        HeadersTest.nobodyCame(trap);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"'.'", "'..'", "'\\u0000'", "'a\\u000d\\u000aX-Evil: 1'", "'a\\ud800b'", "'a\\u0085b'"})
    void whatCannotBeAnIdIsNone(String id) {
        ids(json('"' + id.replace("'", "") + '"'));

        Api.Answer answer = herald.submit(Customers.person(reference()));

        assertThat(answer.status()).isEqualTo(207);
        for (String provider : Impostors.PROVIDERS) {
            assertThat(answer.delivery(provider).path("state").textValue())
                    .as(provider)
                    .isEqualTo("dead");
            assertThat(answer.delivery(provider).has("providerCustomerId")).isFalse();
        }
    }

    /** With each answer, and each log-in's, come headers that would lead the next request astray. */
    @Test
    void aProvidersHeadersReachNoNextRequestAndNoCaller() {
        Map<String, Map<String, List<String>>> usual = usual();
        impostors.sandbox().revokeTokens("xbridge");
        impostors.sandbox().revokeTokens("yativo");
        ids(JsonNodeFactory.instance.textNode("a-1"));
        impostors
                .sandbox()
                .server()
                .stubFor(any(urlEqualTo("/yativo/customer/a-1"))
                        .willReturn(
                                hostile(okJson("{\"status\": \"success\", \"data\": {\"customer_id\": \"a-1\"}}"))));
        String reference = reference();

        Api.Answer created = herald.submit(Customers.person(reference));
        Set<String> first = HeadersTest.received(impostors).keySet();
        Api.Answer updated = herald.submit(Customers.person(reference));

        assertThat(created.status()).as(created.body()).isEqualTo(200);
        assertThat(first).isEqualTo(usual.keySet());
        assertThat(lines("yativo")).last().isEqualTo("PUT /yativo/customer/a-1");
        for (Api.Answer answer : List.of(created, updated)) {
            assertThat(answer.headers().map().keySet()).isSubsetOf(HeadersTest.ANSWERED);
            assertThat(answer.header("location")).startsWith("/v1/messages/");
            assertThat(answer.body()).doesNotContain("evil");
        }
        assertHeadersAreOurs();
        assertThat(all())
                .allSatisfy(request -> assertThat(request.headers().toString()).doesNotContain("evil", "[299]"));
    }

    /** The words in which a provider refuses are told as they are. */
    @Test
    void aProvidersWordsAreNotEvaluated() {
        for (String text : TEXTS) {
            impostors.reset();
            ObjectNode words =
                    JsonNodeFactory.instance.objectNode().put("message", text).put("code", text);
            impostors
                    .sandbox()
                    .server()
                    .stubFor(post(urlEqualTo("/bridge-xyz/customers"))
                            .willReturn(okJson(words.toString()).withStatus(400)));
            ObjectNode customer = Customers.person(reference());
            customer.putArray("targets").add("bridge-xyz");

            Api.Answer answer = herald.submit(customer);

            assertThat(answer.status()).isEqualTo(207);
            JsonNode error = answer.delivery("bridge-xyz").path("error");
            assertThat(error.path("message").textValue()).isEqualTo(text);
            assertThat(error.path("code").textValue()).isEqualTo(text);
            assertThat(lines("bridge-xyz")).containsExactly("POST /bridge-xyz/customers");
        }
    }

    /** A token goes to the provider that gave it, in one header, whatever is in it. */
    @Test
    void aTokenIsOneHeaderOfItsOwnProvider() {
        for (String token :
                List.of("a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\u0000b", "${bean:problems}", "{{x}}", "a, b")) {
            impostors.reset();
            ObjectNode answer = JsonNodeFactory.instance.objectNode().put("token", token);
            impostors.sandbox().revokeTokens("xbridge");
            impostors
                    .sandbox()
                    .server()
                    .stubFor(post(urlEqualTo("/xbridge/generate-token")).willReturn(okJson(answer.toString())));

            Api.Answer refused = herald.submit(Customers.person(reference()));

            assertThat(refused.status()).as(refused.body()).isIn(202, 207);
            assertThat(refused.delivery("xbridge").path("error").path("reason").textValue())
                    .isEqualTo("unauthorized");
            assertThat(impostors.sandbox().customers("xbridge")).isEmpty();
            assertHeadersAreOurs();
            for (String provider : List.of("bridge-xyz", "fraudspect", "yativo")) {
                assertThat(refused.delivery(provider).path("state").textValue()).isEqualTo("delivered");
                assertThat(impostors.sandbox().requests(provider))
                        .allSatisfy(request -> assertThat(request.headers().toString())
                                .doesNotContain(token.substring(0, 1) + "\r", "bean:", "{{", "a, b"));
            }
        }
    }

    private static String reference() {
        return "CUST-inject-" + NUMBER.incrementAndGet();
    }

    private static String trapUrl() {
        return "http://localhost:" + trap.getLocalPort() + "/x";
    }

    /** What the providers receive of a customer with whom nothing is wrong. */
    private Map<String, Map<String, List<String>>> usual() {
        assertThat(herald.submit(Customers.person(reference())).status()).isEqualTo(200);
        Map<String, Map<String, List<String>>> usual = HeadersTest.received(impostors);
        assertThat(usual.keySet()).hasSameSizeAs(CREATES);
        impostors.reset();
        return usual;
    }

    /** Makes each provider give that id to the next customer, with hostile headers beside it. */
    private void ids(JsonNode id) {
        answering("/bridge-xyz/customers", okJson("{\"id\": " + id + "}"));
        answering("/fraudspect/api/v1/customers", okJson("{\"data\": {\"id\": " + id + "}}"));
        answering("/xbridge/v1/kyc/customers", okJson("{\"customerId\": " + id + "}"));
        answering("/yativo/customer", okJson("{\"status\": \"success\", \"data\": {\"customer_id\": " + id + "}}"));
    }

    private void answering(String path, ResponseDefinitionBuilder answer) {
        impostors.sandbox().server().stubFor(post(urlEqualTo(path)).willReturn(hostile(answer)));
    }

    private static ResponseDefinitionBuilder hostile(ResponseDefinitionBuilder answer) {
        String elsewhere = trapUrl() + "/evil";
        for (String name :
                List.of("CamelHttpUri", "CamelHttpBaseUri", "Location", "Content-Location", "Refresh", "Link")) {
            answer.withHeader(name, elsewhere);
        }
        return answer.withHeader("CamelHttpPath", "/evil")
                .withHeader("CamelHttpQuery", "evil=1")
                .withHeader("CamelHttpMethod", "DELETE")
                .withHeader("CamelHttpResponseCode", "299")
                .withHeader("CamelBeanMethodName", "evil")
                .withHeader("CamelFileName", "../evil")
                .withHeader("Authorization", "Bearer evil")
                .withHeader("x-api-key", "evil")
                .withHeader("Api-Key", "evil")
                .withHeader("Idempotency-Key", "evil")
                .withHeader("Set-Cookie", "evil=1; Path=/")
                .withHeader("Retry-After", "299")
                .withHeader("X-Evil", "evil");
    }

    private void assertHeadersAreOurs() {
        assertThat(all()).isNotEmpty().allSatisfy(request -> {
            assertThat(request.headers().keySet())
                    .usingElementComparator(String.CASE_INSENSITIVE_ORDER)
                    .isSubsetOf(
                            "Accept",
                            "Accept-Encoding",
                            "Api-Key",
                            "Authorization",
                            "Connection",
                            "Content-Length",
                            "Content-Type",
                            "Host",
                            "Idempotency-Key",
                            "Transfer-Encoding",
                            "User-Agent",
                            "x-api-key");
            assertThat(request.header("Host").orElseThrow()).matches("localhost:\\d+");
            request.header("Idempotency-Key").ifPresent(key -> assertThat(key).matches("[0-9a-f-]{36}"));
        });
        assertThat(keys("fraudspect", "x-api-key")).isSubsetOf("sandbox-fraudspect-key");
        assertThat(keys("bridge-xyz", "Api-Key")).isSubsetOf("sandbox-bridge-xyz-key");
        for (String provider : Impostors.PROVIDERS) {
            if (!provider.equals("fraudspect")) {
                assertThat(keys(provider, "x-api-key")).isEmpty();
            }
            if (!provider.equals("bridge-xyz")) {
                assertThat(keys(provider, "Api-Key")).isEmpty();
            }
        }
        Set<String> shared = new HashSet<>(keys("xbridge", "Authorization"));
        shared.retainAll(keys("yativo", "Authorization"));
        assertThat(shared).isEmpty();
        assertThat(keys("fraudspect", "Authorization")).isEmpty();
        assertThat(keys("bridge-xyz", "Authorization")).isEmpty();
    }

    private List<String> keys(String provider, String header) {
        return impostors.sandbox().requests(provider).stream()
                .flatMap(request -> request.header(header).stream())
                .toList();
    }

    private List<Received> all() {
        return Impostors.PROVIDERS.stream()
                .flatMap(provider -> impostors.sandbox().requests(provider).stream())
                .toList();
    }

    private void nothingWasSent() {
        for (String provider : Impostors.PROVIDERS) {
            assertThat(impostors.of(provider).requests()).as(provider).isZero();
        }
    }

    /** What came over the wire, log-ins aside. */
    private List<String> lines(String provider) {
        return impostors.of(provider).lines().stream()
                .filter(line -> !line.endsWith("/generate-token") && !line.endsWith("/auth/login"))
                .toList();
    }

    /** The customers that a provider was sent. */
    private List<JsonNode> customers(String provider) {
        return impostors.sandbox().requests(provider).stream()
                .filter(request -> !request.path().contains("token")
                        && !request.path().contains("login")
                        && request.body().length > 0)
                .map(Received::json)
                .toList();
    }

    private static List<String> texts(JsonNode tree) {
        List<String> texts = new ArrayList<>();
        if (tree.isTextual()) {
            texts.add(tree.textValue());
        }
        tree.forEach(child -> texts.addAll(texts(child)));
        return texts;
    }

    private static String id(Api.Answer answer, String provider) {
        return answer.delivery(provider).path("providerCustomerId").textValue();
    }

    private static JsonNode json(String text) {
        return JsonNodeFactory.instance.rawValueNode(new com.fasterxml.jackson.databind.util.RawValue(text));
    }
}
