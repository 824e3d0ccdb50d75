package io.herald.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a schema says of a place is found in all its branches; where nothing may stand, there is none. */
class SchemaTypesTest {

    private static SchemaTypes types;

    @BeforeAll
    static void read() throws Exception {
        types = new SchemaTypes(new ObjectMapper().readTree("""
                {
                  "type": "object",
                  "additionalProperties": false,
                  "properties": {
                    "text": { "type": "string" },
                    "bounded": { "type": "string", "not": { "pattern": "@example" } },
                    "patterned": { "type": "object", "additionalProperties": false, "patternProperties": { "^x-": {} } },
                    "either": { "type": ["integer", "null"] },
                    "choice": { "enum": ["a", 5, true] },
                    "fixed": { "const": false },
                    "named": { "$ref": "#/$defs/named" },
                    "list": { "type": "array", "items": { "$ref": "#/$defs/named" } },
                    "open": { "type": "object" },
                    "any": {},
                    "branched": { "anyOf": [{ "type": "boolean" }, { "allOf": [{ "type": "number" }] }] },
                    "later": true
                  },
                  "if": { "required": ["text"] },
                  "then": { "properties": { "later": { "properties": { "x": { "type": "integer" } } } } },
                  "else": { "properties": { "later": { "not": {} } } },
                  "$defs": {
                    "named": {
                      "type": "object",
                      "additionalProperties": false,
                      "properties": { "of": { "oneOf": [{ "type": "string" }, { "type": "boolean" }] } }
                    }
                  }
                }
                """));
    }

    @Test
    void aTypeIsTheOneNamedOrThoseOfTheValues() {
        assertThat(at("text")).contains(Set.of("string"));
        assertThat(at("bounded")).contains(Set.of("string"));
        assertThat(at("either")).contains(Set.of("integer", "null"));
        assertThat(at("choice")).contains(Set.of("string", "number", "boolean"));
        assertThat(at("fixed")).contains(Set.of("boolean"));
    }

    @Test
    void whatIsReferredToAndEveryBranchCount() {
        assertThat(at("named", "of")).contains(Set.of("string", "boolean"));
        assertThat(at("list", "[0]", "of")).contains(Set.of("string", "boolean"));
        assertThat(at("branched")).contains(Set.of("boolean", "number"));
        assertThat(at("later", "x")).as("in a branch that holds for some").contains(Set.of("integer"));
    }

    @Test
    void anythingMayStandWhereNothingIsSaid() {
        assertThat(at("open", "whatever")).contains(Set.of());
        assertThat(at("any")).contains(Set.of());
        assertThat(at("patterned", "x-any")).contains(Set.of());
    }

    @Test
    void nothingMayStandWhereTheSchemaIsClosed() {
        assertThat(at("unknown")).isEmpty();
        assertThat(at("named", "unknown")).isEmpty();
        assertThat(at("text", "below")).isEmpty();
        assertThat(at("text", "[0]")).isEmpty();
    }

    private static Optional<Set<String>> at(String... path) {
        return types.at(List.of(path));
    }
}
