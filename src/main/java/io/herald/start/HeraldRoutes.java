package io.herald.start;

import io.herald.delivery.CallNotifier;
import io.herald.file.Inbox;
import io.herald.lane.Lanes;
import io.herald.provider.ProviderHttp;
import io.herald.provider.Providers;
import io.herald.rest.ContractReferences;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.processor.aggregate.GroupedBodyAggregationStrategy;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.PluginHelper;

/**
 * Loads the checked route files, and gives each provider what they name: its lanes, its HTTP client, and the routes that all
 * providers have.
 */
@ApplicationScoped
@RegisterForReflection(
        targets = {
            ByteBuffer.class,
            Exception.class,
            GroupedBodyAggregationStrategy.class,
            HttpOperationFailedException.class,
            String.class,
            Throwable.class
        },
        // algorithms that JSch loads by name, and its extension does not register
        classNames = {
            "com.jcraft.jsch.DH25519MLKEM768",
            "com.jcraft.jsch.DHEC256MLKEM768",
            "com.jcraft.jsch.DHEC384MLKEM1024",
            "com.jcraft.jsch.jce.KeyPairGenEdDSA",
            "com.jcraft.jsch.jce.MLKEM1024",
            "com.jcraft.jsch.jce.MLKEM768",
            "com.jcraft.jsch.jce.PBKDF2",
            "com.jcraft.jsch.jce.SignatureEd25519",
            "com.jcraft.jsch.jce.SignatureEd448",
            "com.jcraft.jsch.jce.XDH"
        })
public class HeraldRoutes extends RouteBuilder {

    @Inject
    Preflight preflight;

    @Inject
    Providers providers;

    @Inject
    Inbox inbox;

    /** These are asked for when all is in order, because they open the ledger. */
    @Inject
    Instance<Lanes> lanes;

    @Inject
    Instance<ProviderHttp> http;

    @Override
    public void configure() throws Exception {
        var files = preflight.routes();
        inbox.make();
        // camel.main.tracing: it prints bodies and headers, and by the place of each step, for which no level can be
        // fixed
        getContext().setTracing(false);
        ContractReferences.resolveWhatIsRead();
        getContext().getManagementStrategy().addEventNotifier(new CallNotifier());
        Registry registry = getContext().getRegistry();
        for (String id : providers.ids()) {
            registry.bind(id + "-lanes", lanes.get().step(id));
            registry.bind(id + "-http", http.get().clients().get(id));
        }
        PluginHelper.getRoutesLoader(getContext()).loadRoutes(files);
        for (String id : providers.ids()) {
            addRoute(RouteNames.DELIVER, id, id);
            addRoute(RouteNames.SEND, id + "-send", id);
        }
    }

    private void addRoute(String template, String route, String provider) {
        TemplatedRouteBuilder.builder(getContext(), template)
                .routeId(route)
                .parameter(RouteNames.PARAMETER, provider)
                .add();
    }
}
