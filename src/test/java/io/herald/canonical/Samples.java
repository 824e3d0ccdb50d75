package io.herald.canonical;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** A full person, a full business, and a reader whose day is 20 November 2026. */
final class Samples {

    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T10:00:00Z"), ZoneOffset.UTC);
    static final int MAX_BYTES = 64 * 1024 * 1024;
    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
    static final SchemaCheck SCHEMA = schema();
    static final CanonicalReader READER = new CanonicalReader(SCHEMA, MAX_BYTES, CLOCK);

    private static final String PERSON = """
            {
              "reference": "CUST-000123",
              "type": "person",
              "person": {
                "firstName": "Jane", "middleName": "Q", "lastName": "Doe",
                "birthDate": "1995-01-10",
                "nationality": "TZ",
                "transliterated": { "firstName": "Jane", "middleName": "Q", "lastName": "Doe" }
              },
              "contact": { "email": "jane@example.com", "phone": "+255700000000" },
              "address": {
                "lines": ["123 Washington St", "Apt 2F"],
                "city": "New York", "subdivision": "US-NY", "postalCode": "10001", "country": "US",
                "transliterated": { "lines": ["123 Washington St", "Apt 2F"], "city": "New York", "postalCode": "10001" }
              },
              "identifiers": [
                { "type": "national_id", "country": "TZ", "number": "NID12345" },
                { "type": "bvn", "country": "NG", "number": "22012345678" },
                { "type": "drivers_license", "country": "US", "number": "D1234567", "expiresOn": "2030-05-01",
                  "description": "Texas licence",
                  "imageFront": "data:image/png;base64,aW1hZ2U=", "imageBack": "data:image/png;base64,aW1hZ2U=" }
              ],
              "documents": [
                { "purposes": ["proof_of_address"], "file": "data:application/pdf;base64,ZmlsZQ==",
                  "description": "utility bill" }
              ],
              "profile": {
                "accountPurpose": "receive_salary",
                "employmentStatus": "employed", "occupation": "151252",
                "expectedMonthlyPaymentsUsd": "0_4999",
                "sourceOfFunds": "salary", "actingAsIntermediary": false
              },
              "verifications": {
                "governmentIdAt": "2026-01-02T03:04:05Z", "selfieAt": "2026-01-02T03:05:05Z",
                "safetyCheckAt": "2026-01-02T03:06:05Z"
              },
              "consents": { "agreementId": "d3b07384-d9a0-4e9b-8f2d-0a1b2c3d4e5f", "sendKycMail": true },
              "endorsements": ["base"],
              "connections": [ { "reference": "COMP-001", "role": "director" } ],
              "attributes": { "segment": "retail", "branchCode": 12 },
              "targets": ["xbridge", "yativo"]
            }
            """;

    private static final String BUSINESS = """
            {
              "reference": "COMP-001",
              "type": "business",
              "business": {
                "legalName": "Acme Trading Ltd", "tradeName": "Acme",
                "description": "Wholesale of tea", "legalForm": "llc",
                "industries": ["424490"], "website": "https://acme.example",
                "physicalAddress": { "lines": ["1 High St"], "city": "Dar es Salaam", "country": "TZ" }
              },
              "contact": { "email": "ops@acme.example", "phone": "+255711000000" },
              "address": { "lines": ["1 High St"], "city": "Dar es Salaam", "country": "TZ" },
              "identifiers": [ { "type": "tax_id", "country": "TZ", "number": "100-200-300" } ]
            }
            """;

    private Samples() {}

    static ObjectNode person() {
        return (ObjectNode) json(PERSON);
    }

    static ObjectNode business() {
        return (ObjectNode) json(BUSINESS);
    }

    static ObjectNode of(String type) {
        return type.equals("person") ? person() : business();
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** Sets a value, making the objects on the way; an index equal to a list's size adds to it. */
    static ObjectNode with(ObjectNode customer, String pointer, JsonNode value) {
        JsonPointer at = JsonPointer.compile(pointer);
        String last = at.last().getMatchingProperty();
        if (customer.at(at.head()) instanceof ArrayNode list) {
            int index = Integer.parseInt(last);
            if (index == list.size()) {
                list.add(value);
            } else {
                list.set(index, value);
            }
        } else {
            customer.withObject(at.head()).set(last, value);
        }
        return customer;
    }

    static CanonicalCustomer read(JsonNode customer) {
        return read(customer.toString());
    }

    static CanonicalCustomer read(String body) {
        return READER.read(body.getBytes(StandardCharsets.UTF_8));
    }

    /** The faults of a body; none when it is taken. */
    static List<Fault> faults(JsonNode customer) {
        try {
            read(customer);
            return List.of();
        } catch (NotCanonicalException e) {
            return e.faults();
        }
    }

    private static SchemaCheck schema() {
        Path file = Path.of("mappings/canonical/customer.schema.json");
        try {
            return SchemaCheck.compile(file.toString(), Files.readString(file), CLOCK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
