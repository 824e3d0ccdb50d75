package io.herald.ledger;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.schema.Fault;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.List;
import java.util.UUID;

/** What the ledger keeps of a customer, sealed for the one place that it belongs to. */
@Singleton
final class Sealing {

    private final PayloadCipher cipher;
    private final ObjectMapper json;
    private final ObjectReader reader;

    Sealing(PayloadCipher cipher, ObjectMapper json) {
        this.cipher = cipher;
        this.json = json;
        this.reader = json.reader()
                .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);
    }

    byte[] payload(UUID message, byte[] text) {
        return cipher.seal("message " + message, text);
    }

    JsonNode openPayload(UUID message, byte[] sealed) {
        return tree(cipher.open("message " + message, sealed));
    }

    byte[] correction(long sequence, String provider, JsonNode customer) {
        return cipher.seal("correction " + sequence + " " + provider, text(customer));
    }

    JsonNode openCorrection(long sequence, String provider, byte[] sealed) {
        return tree(cipher.open("correction " + sequence + " " + provider, sealed));
    }

    byte[] request(long sequence, String provider, byte[] text) {
        return cipher.seal("request " + sequence + " " + provider, text);
    }

    byte[] openRequest(long sequence, String provider, byte[] sealed) {
        return cipher.open("request " + sequence + " " + provider, sealed);
    }

    byte[] lookUp(long sequence, String provider, byte[] digest) {
        return cipher.seal("look-up " + sequence + " " + provider, digest);
    }

    byte[] openLookUp(long sequence, String provider, byte[] sealed) {
        return cipher.open("look-up " + sequence + " " + provider, sealed);
    }

    byte[] outcome(long sequence, String provider, ObjectNode outcome) {
        return cipher.seal("outcome " + sequence + " " + provider, text(outcome));
    }

    ObjectNode openOutcome(long sequence, String provider, byte[] sealed) {
        return (ObjectNode) tree(cipher.open("outcome " + sequence + " " + provider, sealed));
    }

    byte[] words(long sequence, String provider, ObjectNode words) {
        return cipher.seal("words " + sequence + " " + provider, text(words));
    }

    ObjectNode openWords(long sequence, String provider, byte[] sealed) {
        return (ObjectNode) tree(cipher.open("words " + sequence + " " + provider, sealed));
    }

    byte[] faults(DroppedFile.Place place, List<Fault> faults) {
        return cipher.seal("faults " + place.file() + " " + place.position(), text(Fault.toJson(faults)));
    }

    List<Fault> openFaults(DroppedFile.Place place, byte[] sealed) {
        return tree(cipher.open("faults " + place.file() + " " + place.position(), sealed))
                .valueStream()
                .map(fault -> new Fault(
                        fault.get("pointer").textValue(), fault.get("message").textValue()))
                .toList();
    }

    byte[] digest(String idempotency, byte[] digest) {
        return cipher.seal("digest " + idempotency, digest);
    }

    byte[] openDigest(String idempotency, byte[] sealed) {
        return cipher.open("digest " + idempotency, sealed);
    }

    byte[] text(JsonNode tree) {
        try {
            return json.writeValueAsBytes(tree);
        } catch (IOException e) {
            throw new LedgerException("a payload cannot be written as JSON", e);
        }
    }

    /** Numbers are as they came: not what a double makes of them. */
    private JsonNode tree(byte[] text) {
        try {
            return reader.readTree(text);
        } catch (IOException e) {
            throw new LedgerException("a payload in the ledger is not JSON", e);
        }
    }
}
