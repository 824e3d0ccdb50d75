package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;

/**
 * The keyword {@code minimumAge}: the person born on that day is at least so many years old on the clock's UTC day. A
 * value that is not a date passes, as {@code format: date} is what refuses it.
 */
final class MinimumAge extends AbstractKeyword {

    static final String NAME = "minimumAge";

    private final Clock clock;

    MinimumAge(Clock clock) {
        super(NAME);
        this.clock = clock.withZone(ZoneOffset.UTC);
    }

    @Override
    public JsonValidator newValidator(
            SchemaLocation location, JsonNodePath path, JsonNode years, JsonSchema parent, ValidationContext context) {
        return new OneMessage(
                location,
                path,
                this,
                years,
                (execution, node, root, instance) ->
                        node.isTextual() && !isOldEnough(node.textValue(), years.intValue()));
    }

    /** Born on 29 February, one comes of age on 1 March of a common year. */
    private boolean isOldEnough(String birthDate, int years) {
        try {
            LocalDate born = LocalDate.parse(birthDate);
            LocalDate comesOfAge = born.plusYears(years);
            if (comesOfAge.getDayOfMonth() != born.getDayOfMonth()) {
                comesOfAge = comesOfAge.plusDays(1);
            }
            return !comesOfAge.isAfter(LocalDate.now(clock));
        } catch (DateTimeParseException e) {
            return true;
        }
    }
}
