package io.herald.delivery;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.Message;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What it says that a look-up found nobody. */
class LookUpsTest {

    private final LookUps lookUps = new LookUps(null, null, null, null, null, null);
    private final ObjectNode request = JsonNodeFactory.instance.objectNode();
    private final Delivery delivery =
            new Delivery(new Message(UUID.randomUUID(), 1, "CUST-1", Instant.EPOCH, request, List.of("acme")), "acme");

    /** As where its body is made of {@code json('email')}, which is null then. */
    @Test
    void nothingWhereTheRequestHasNotWhatItWasLookedUpBy() {
        delivery.setRequest(request, new byte[0]);
        delivery.doubt().raise(Instant.EPOCH);
        delivery.beginLookUp(Instant.MAX);

        assertThatThrownBy(() -> lookUps.settle(delivery, "{email}"))
                .isInstanceOf(UnclearException.class)
                .hasMessageContaining("there is nothing to look the customer up by");

        request.put("email", "jane@example.com");
        assertThatCode(() -> lookUps.settle(delivery, "{email}")).doesNotThrowAnyException();
    }
}
