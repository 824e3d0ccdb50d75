package io.herald.rest;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.parser.reference.DereferencerContext;
import io.swagger.v3.parser.reference.DereferencersFactory;
import io.swagger.v3.parser.reference.OpenAPIDereferencer;
import io.swagger.v3.parser.reference.Reference;
import io.swagger.v3.parser.reference.Traverser;
import io.swagger.v3.parser.reference.Visitor;
import java.util.Iterator;

/**
 * Puts into the OpenAPI contract what Camel reads of it where the contract only refers to it: the parameters of the operations,
 * and their types. The parser's own dereferencer copies every schema to wherever it is referred to, which was an eighth of the
 * processor time of a start.
 */
public final class ContractReferences implements OpenAPIDereferencer {

    private ContractReferences() {}

    /** From now on, for every contract that is parsed. */
    public static void resolveWhatIsRead() {
        DereferencersFactory.getInstance().addDereferencer(new ContractReferences());
    }

    @Override
    public boolean canDereference(DereferencerContext context) {
        return true;
    }

    @Override
    public void dereference(DereferencerContext context, Iterator<OpenAPIDereferencer> others) {
        Components components = context.getOpenApi().getComponents();
        for (PathItem path : context.getOpenApi().getPaths().values()) {
            for (Operation operation : path.readOperations()) {
                if (operation.getParameters() != null) {
                    operation.getParameters().replaceAll(parameter -> resolved(parameter, components));
                }
            }
        }
    }

    private static Parameter resolved(Parameter parameter, Components components) {
        Parameter found = parameter.get$ref() == null
                ? parameter
                : components.getParameters().get(name(parameter.get$ref()));
        Schema<?> schema = found.getSchema();
        if (schema.get$ref() != null) {
            found.setSchema(components.getSchemas().get(name(schema.get$ref())));
        }
        return found;
    }

    private static String name(String reference) {
        return reference.substring(reference.lastIndexOf('/') + 1);
    }

    @Override
    public Traverser buildTraverser(DereferencerContext context) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Visitor buildReferenceVisitor(DereferencerContext context, Reference reference, Traverser traverser) {
        throw new UnsupportedOperationException();
    }
}
