package io.herald.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.schibsted.spt.data.jslt.Function;
import io.herald.canonical.Countries;

/**
 * The JSLT function {@code alpha3(country)}: ISO 3166-1 alpha-2 to alpha-3. Null, and anything that is not an assigned
 * code, becomes null, so that the key vanishes and the provider's schema names what is missing.
 */
final class Alpha3 implements Function {

    @Override
    public String getName() {
        return "alpha3";
    }

    @Override
    public int getMinArguments() {
        return 1;
    }

    @Override
    public int getMaxArguments() {
        return 1;
    }

    @Override
    public JsonNode call(JsonNode input, JsonNode[] arguments) {
        if (!arguments[0].isTextual()) {
            return NullNode.instance;
        }
        String code = Countries.alpha3(arguments[0].textValue());
        return code == null ? NullNode.instance : TextNode.valueOf(code);
    }
}
