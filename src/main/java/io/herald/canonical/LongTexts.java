package io.herald.canonical;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/**
 * A customer's document is one long text. How long one may be is said when the customer is taken in; what reads it later,
 * from the ledger, must not have a limit of its own.
 */
@Singleton
public final class LongTexts implements ObjectMapperCustomizer {

    @Override
    public void customize(ObjectMapper mapper) {
        JsonFactory factory = mapper.getFactory();
        factory.setStreamReadConstraints(factory.streamReadConstraints()
                .rebuild()
                .maxStringLength(Integer.MAX_VALUE)
                .build());
    }
}
