package io.herald.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.provider.Providers;
import io.herald.schema.Fault;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The rules of a canonical customer that a schema cannot say. Each passes over what is not of the right form, because the
 * schema has told that already.
 */
final class Rules {

    private static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");
    private static final Pattern SUBDIVISION = Pattern.compile("[A-Z]{2}-[A-Z0-9]{1,3}");

    private static final Pattern TARGET = Pattern.compile(Providers.ID);

    private final List<Fault> faults;

    private Rules(List<Fault> faults) {
        this.faults = faults;
    }

    static void check(JsonNode customer, Clock clock, List<Fault> faults) {
        Rules rules = new Rules(faults);
        rules.notInTheFuture(customer.path("person").path("birthDate"), "/person/birthDate", clock);
        rules.assigned(customer.path("person").path("nationality"), "/person/nationality");
        rules.address(customer.path("address"), "/address");
        rules.address(customer.path("business").path("physicalAddress"), "/business/physicalAddress");
        rules.identifiers(customer.path("identifiers"));
        rules.attributes(customer.path("attributes"), customer.path("identifiers"));
    }

    /** A well-formed target that is not among the providers. */
    static List<Fault> targets(JsonNode customer, Collection<String> providers) {
        JsonNode targets = customer.path("targets");
        return IntStream.range(0, targets.size())
                .filter(i -> matches(targets.path(i), TARGET)
                        && !providers.contains(targets.path(i).textValue()))
                .mapToObj(i -> new Fault(
                        "/targets/" + i, "is not one of the enabled providers: " + String.join(", ", providers)))
                .toList();
    }

    private void notInTheFuture(JsonNode date, String at, Clock clock) {
        try {
            if (date.isTextual()
                    && LocalDate.parse(date.textValue()).isAfter(LocalDate.now(clock.withZone(ZoneOffset.UTC)))) {
                faults.add(new Fault(at, "must not be in the future"));
            }
        } catch (DateTimeParseException e) {
            // The schema says so.
        }
    }

    private void assigned(JsonNode country, String at) {
        if (matches(country, COUNTRY) && !Countries.isAssigned(country.textValue())) {
            faults.add(new Fault(at, "is not a country code that ISO 3166-1 assigns"));
        }
    }

    private void address(JsonNode address, String at) {
        JsonNode country = address.path("country");
        JsonNode subdivision = address.path("subdivision");
        assigned(country, at + "/country");
        if (matches(subdivision, SUBDIVISION)
                && (country.isMissingNode() || matches(country, COUNTRY))
                && !subdivision.textValue().substring(0, 2).equals(country.textValue())) {
            faults.add(new Fault(at + "/subdivision", "must be a subdivision of the country of the same address"));
        }
    }

    private void identifiers(JsonNode identifiers) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < identifiers.size(); i++) {
            String at = "/identifiers/" + i;
            JsonNode type = identifiers.path(i).path("type");
            JsonNode country = identifiers.path(i).path("country");
            assigned(country, at + "/country");
            if (type.isTextual() && !seen.add(country + " " + type)) {
                faults.add(new Fault(at, "is the second identifier of its type and country; there may be one"));
            }
        }
    }

    /** A further identifier of a type goes to fraudspect under its type and its country. */
    private void attributes(JsonNode attributes, JsonNode identifiers) {
        Set<String> types = new HashSet<>();
        for (JsonNode identifier : identifiers) {
            JsonNode type = identifier.path("type");
            if (type.isTextual() && identifier.has("number") && !types.add(type.textValue())) {
                JsonNode country = identifier.path("country");
                String name = type.textValue() + "_"
                        + (country.isTextual() ? country.textValue().toLowerCase(Locale.ROOT) : "unknown");
                if (attributes.has(name)) {
                    faults.add(new Fault(
                            "/attributes/" + name,
                            "is a name that a provider's mapping makes of an identifier; choose another"));
                }
            }
        }
    }

    private static boolean matches(JsonNode value, Pattern pattern) {
        return value.isTextual() && pattern.matcher(value.textValue()).matches();
    }
}
