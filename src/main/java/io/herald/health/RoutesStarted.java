package io.herald.health;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/** Started, and ready, when all routes are. */
@Startup
@Readiness
@ApplicationScoped
public class RoutesStarted implements HealthCheck {

    private final CamelContext context;

    public RoutesStarted(CamelContext context) {
        this.context = context;
    }

    @Override
    public HealthCheckResponse call() {
        List<String> all = context.getRoutes().stream().map(Route::getId).toList();
        long started = all.stream()
                .filter(id -> context.getRouteController().getRouteStatus(id).isStarted())
                .count();
        return HealthCheckResponse.named("routes")
                .status(context.isStarted() && !all.isEmpty() && started == all.size())
                .withData("started", started)
                .withData("all", all.size())
                .build();
    }
}
