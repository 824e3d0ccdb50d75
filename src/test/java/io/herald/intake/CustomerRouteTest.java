package io.herald.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.Customers;
import io.herald.SandboxResource;
import io.herald.delivery.Dispatch;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;

/** The route {@code customer} alone: what it hands over, and that it hands over only what it accepted. */
@QuarkusTest
@TestProfile(CustomerRouteTest.Alone.class)
@QuarkusTestResource(value = SandboxResource.class, restrictToAnnotatedClass = true)
class CustomerRouteTest {

    public static final class Alone implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("herald.park.poll", "1h");
        }
    }

    @Inject
    CamelContext context;

    @Inject
    ProducerTemplate routes;

    Sandbox sandbox;

    @Test
    void handsOverWhatItAcceptedAndNothingElse() throws Exception {
        AdviceWith.adviceWith(context, "customer", route -> route.weaveById("hand-over")
                .replace()
                .to("mock:dispatch"));
        MockEndpoint dispatch = context.getEndpoint("mock:dispatch", MockEndpoint.class);
        dispatch.expectedMessageCount(1);

        Exchange refused = submit("{\"reference\": \"CUST-refused\", \"type\": \"person\"}");
        Exchange accepted = submit(Customers.person("CUST-accepted").toString());

        dispatch.assertIsSatisfied();
        Dispatch handedOver = dispatch.getExchanges().get(0).getProperty("dispatch", Dispatch.class);
        assertThat(handedOver.getMessage().reference()).isEqualTo("CUST-accepted");
        assertThat(handedOver.getRoutes())
                .containsExactly("direct:bridge-xyz", "direct:fraudspect", "direct:xbridge", "direct:yativo");
        assertThat(refused.getException()).isNotNull();
        assertThat(accepted.getException()).isNull();
        assertThat(sandbox.requests("xbridge"))
                .as("nothing goes round the lanes")
                .isEmpty();
    }

    private Exchange submit(String body) {
        return routes.request("direct:customer", exchange -> {
            exchange.setProperty("prefer", "wait=0");
            exchange.getMessage().setBody(body.getBytes(StandardCharsets.UTF_8));
        });
    }
}
