package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.OurClasses;
import io.herald.file.Partner;
import io.herald.mapping.Mappings;
import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.inject.Named;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a start in development mode would say of the route files is said without a start, so that {@code -Pcheck} tells it to
 * who edits them. {@link FailEarlyIT} has all that can be wrong.
 */
class RouteFilesTest {

    @Test
    void theyNameOnlyWhatThereIs() throws Exception {
        assertThat(mistakes("", "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "method: findLink | method: findLinks | the bean 'delivery' has no method 'findLinks'",
                "ref: delivery | ref: delivary | there is no bean 'delivary'",
                "name: fraudspect-customer | name: fraudspect-custmer | no route begins with direct:fraudspect-custmer",
                "expression: POST | expression: Post | 'Post' is no method of HTTP; they are in capitals"
            })
    void aNameThatIsNoneIsTold(String right, String wrong, String mistake) throws Exception {
        assertThat(mistakes(right, wrong))
                .singleElement()
                .asString()
                .contains("routes/providers/fraudspect.camel.yaml:")
                .endsWith(": " + mistake);
    }

    /** With one place of the file of a provider changed. */
    private static List<String> mistakes(String right, String wrong) throws Exception {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withProfile("dev")
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(
                        Path.of("application.properties").toUri().toURL()))
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValue("herald.sandbox.port", "8089")
                .withValidateUnknown(false)
                .build();
        Providers providers = new Providers(config.getConfigMapping(ProviderConfig.class));
        Optional<String> none = Optional.empty();
        Bundle bundle = new Bundle(Optional.empty(), Optional.empty());
        List<String> mistakes = new ArrayList<>();
        CamelContext context = new DefaultCamelContext();
        try {
            context.getPropertiesComponent().addPropertiesSource(properties(config));
            context.start();
            List<Resource> files = bundle.routeFiles(context).stream()
                    .map(file -> file.getLocation().endsWith("/fraudspect.camel.yaml")
                            ? ResourceHelper.fromString(
                                    file.getLocation(), RouteFiles.text(file).replaceFirst(right, wrong))
                            : file)
                    .toList();
            Mappings mappings = Mappings.load(bundle::mappingFile, providers.ids(), Clock.systemUTC(), mistakes);
            new RouteFiles(
                            context,
                            config,
                            providers,
                            new Partner(none, none, none, none, none),
                            beans(providers.ids()))
                    .check(files, id -> bundle.hasMappingFile(id + "/find.jslt"), mappings::mayHave, mistakes);
        } finally {
            context.stop();
        }
        return mistakes;
    }

    private static PropertiesSource properties(SmallRyeConfig config) {
        return new PropertiesSource() {
            @Override
            public String getName() {
                return "application.properties";
            }

            @Override
            public String getProperty(String name) {
                return config.getOptionalValue(name, String.class).orElse(null);
            }
        };
    }

    private static Beans beans(List<String> providers) throws Exception {
        Map<String, Set<Class<?>>> named = new HashMap<>();
        for (Class<?> type : OurClasses.all()) {
            if (type.isAnnotationPresent(Named.class)) {
                named.put(type.getAnnotation(Named.class).value(), Set.of(type));
            }
            for (Method producer : type.getDeclaredMethods()) {
                if (producer.isAnnotationPresent(Named.class)) {
                    named.put(producer.getAnnotation(Named.class).value(), Set.of(producer.getReturnType()));
                }
            }
        }
        return new Beans(name -> named.getOrDefault(name, Set.of()), Preflight.bound(providers));
    }
}
