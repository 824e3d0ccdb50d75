package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidationMessage;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Set;

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
        return new Validator(location, path, this, years, clock);
    }

    private static final class Validator extends OneMessage {

        private final int years;
        private final Clock clock;

        Validator(SchemaLocation location, JsonNodePath path, MinimumAge keyword, JsonNode years, Clock clock) {
            super(location, path, keyword, years);
            this.years = years.intValue();
            this.clock = clock;
        }

        @Override
        public Set<ValidationMessage> validate(
                ExecutionContext context, JsonNode node, JsonNode root, JsonNodePath instance) {
            if (!node.isTextual() || isOldEnough(node.textValue())) {
                return Set.of();
            }
            return message(node, instance);
        }

        /** Born on 29 February, one comes of age on 1 March of a common year. */
        private boolean isOldEnough(String birthDate) {
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
}
