package io.herald.deploy;

import static io.herald.deploy.Manifests.name;
import static io.herald.deploy.Manifests.one;
import static io.herald.deploy.Manifests.stream;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is deployed is valid, fits the program, and follows the files that an integration team edits. */
class KubernetesTest {

    private static final String SINGLE = "kubernetes/overlays/single";
    private static final String CLUSTER = "kubernetes/overlays/cluster";
    private static final String CHECK = "kubernetes/check";

    /** {@code kubectl apply} keeps an object's text in an annotation, and an annotation takes no more. */
    private static final int LARGEST_APPLIED = 262_144;

    /** What docs/configuration.md asks for beyond {@code herald.shutdown.timeout}. */
    private static final int UNTIL_IT_HAS_ENDED = 15;

    private static final long GIB = 1L << 30;

    private static final Map<String, Class<?>> KINDS = Map.ofEntries(
            Map.entry("v1/ConfigMap", ConfigMap.class),
            Map.entry("v1/PersistentVolumeClaim", PersistentVolumeClaim.class),
            Map.entry("v1/Secret", Secret.class),
            Map.entry("v1/Service", Service.class),
            Map.entry("v1/ServiceAccount", ServiceAccount.class),
            Map.entry("apps/v1/Deployment", Deployment.class),
            Map.entry("autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
            Map.entry("batch/v1/Job", Job.class),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
            Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
            Map.entry("monitoring.coreos.com/v1/PrometheusRule", PrometheusRule.class),
            Map.entry("monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class));

    /** Kubernetes' types keep what they do not know; here it is a mistake. */
    private static final ObjectMapper STRICT = new ObjectMapper()
            .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                }
            });

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER, CHECK})
    void everyObjectIsOneOfKubernetes(String folder) {
        Manifests manifests = Manifests.of(Path.of(folder));

        assertThat(manifests.objects()).isNotEmpty().allSatisfy(object -> {
            assertValid(object);
            assertThat(object.at("/metadata/namespace").asText()).isEqualTo("herald");
            assertThat(object.toString().length()).as(name(object)).isLessThan(LARGEST_APPLIED);
        });
        assertThat(manifests.all("Secret"))
                .as("secrets come from the cluster, never from here")
                .isEmpty();
        assertThat(manifests.objects().stream().map(object -> object.get("kind").asText() + "/" + name(object)))
                .doesNotHaveDuplicates();
    }

    private static void assertValid(JsonNode object) {
        String kind =
                object.path("apiVersion").asText() + "/" + object.path("kind").asText();
        assertThat(KINDS).containsKey(kind);
        try {
            STRICT.treeToValue(object, KINDS.get(kind));
        } catch (JsonProcessingException e) {
            throw new AssertionError(kind + " " + name(object) + ": " + e.getOriginalMessage(), e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER, CHECK})
    void theProgramSeesTheFilesThatATeamEdits(String folder) throws IOException {
        Manifests manifests = Manifests.of(Path.of(folder));

        for (String edited : List.of("routes", "mappings")) {
            Map<String, String> files = Volume.files(edited);
            assertThat(manifests.mounted("/herald/" + edited))
                    .containsOnlyKeys(files.keySet())
                    .isEqualTo(files);
        }
        assertThat(manifests.mounted("/herald/config"))
                .isEqualTo(Map.of("application.properties", Files.readString(Path.of("application.properties"))));
    }

    /** So that {@code kubectl apply -k} after an edit starts new pods, and the old ones keep what they were started with. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "routes/customer.camel.yaml",
                "routes/providers/xbridge.camel.yaml",
                "mappings/yativo/find.jslt",
                "mappings/canonical/customer.schema.json",
                "src/config/application.properties",
                CLUSTER + "/environment/environment.properties"
            })
    void anEditMakesNewPods(String edited) throws IOException {
        for (String folder : List.of("kubernetes", "routes", "mappings", "src/config")) {
            copy(Path.of(folder));
        }
        Manifests before = Manifests.of(directory.resolve(CLUSTER));
        Files.writeString(directory.resolve(edited), "\nA=B\n", StandardOpenOption.APPEND);
        Manifests after = Manifests.of(directory.resolve(CLUSTER));

        assertThat(before.pods()).isEqualTo(Manifests.of(Path.of(CLUSTER)).pods());
        assertThat(after.pods()).isNotEqualTo(before.pods());
        Set<String> old = names(before);
        Set<String> made = names(after);
        assertThat(made).hasSameSizeAs(old);
        made.removeAll(old);
        assertThat(made).as("new ConfigMaps").hasSize(1);
    }

    /** kubectl before 1.31 makes them before the namespace, which is a component here: no pod would find them. */
    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER})
    void anOverlayMakesNoConfigMapItself(String folder) throws IOException {
        assertThat(Path.of(folder, "kustomization.yaml")).content().doesNotContain("Generator");
    }

    private static Set<String> names(Manifests manifests) {
        return manifests.all("ConfigMap").map(Manifests::name).collect(Collectors.toCollection(TreeSet::new));
    }

    private void copy(Path folder) throws IOException {
        Files.createDirectories(directory.resolve(folder));
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(path -> !path.toString().contains("/examples"))
                    .filter(Files::isRegularFile)
                    .toList()) {
                Files.createDirectories(directory.resolve(file).getParent());
                Files.copy(file, directory.resolve(file));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER, CHECK})
    void whatIsSetIsReadByTheProgram(String folder) throws IOException {
        Manifests manifests = Manifests.of(Path.of(folder));
        JsonNode container = manifests.container();
        JsonNode environment = manifests
                .configMap(container.at("/envFrom/0/configMapRef/name").asText())
                .path("data");
        List<String> set = new ArrayList<>();
        environment.fieldNames().forEachRemaining(set::add);

        assertThat(set).isNotEmpty().noneMatch(KubernetesTest::isSecret);
        container.path("env").forEach(variable -> set.add(variable.path("name").asText()));
        assertThat(Settings.variables()).containsAll(set);
        assertThat(container.at("/envFrom/1/secretRef/name").asText()).isEqualTo("herald");
        assertThat(container.path("envFrom")).hasSize(2);
    }

    private static boolean isSecret(String variable) {
        return variable.matches(".*(KEY|SECRET|PASSWORD|PASSPHRASE)");
    }

    @Test
    void theExampleOfASecretHasAllThatIsNeeded() throws IOException {
        JsonNode secret = Manifests.parse(Files.readString(Path.of("kubernetes/secret.example.yaml")))
                .get(0);
        Set<String> keys = new TreeSet<>();
        secret.path("stringData").fieldNames().forEachRemaining(keys::add);

        assertValid(secret);
        assertThat(name(secret)).isEqualTo("herald");
        assertThat(secret.path("stringData")).allMatch(value -> value.asText().matches("(https://)?…"));
        assertThat(Settings.variables()).containsAll(keys);
        assertThat(keys)
                .containsAll(Settings.credentials())
                .contains("PROVIDER_FRAUDSPECT_URL", "QUARKUS_DATASOURCE_POSTGRESQL_PASSWORD");
    }

    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER})
    void everyPortIsOneOfTheProgram(String folder) throws IOException {
        Manifests manifests = Manifests.of(Path.of(folder));
        JsonNode ports = manifests.container().path("ports");
        JsonNode served = manifests.only("Service").at("/spec/ports");
        List<String> own = Settings.ports();

        assertThat(stream(ports).map(port -> port.path("containerPort").asText()))
                .containsExactlyElementsOf(own);
        assertThat(stream(served).map(port -> port.path("port").asText())).containsExactlyElementsOf(own);
        served.forEach(port -> one(ports, "name", port.path("targetPort").asText()));
        for (String probe : List.of("startup", "liveness", "readiness")) {
            JsonNode asked = manifests.container().at("/" + probe + "Probe/httpGet");
            assertThat(asked.path("port").asText()).isEqualTo("management");
            assertThat(Files.readString(Path.of("docs/http-api.md")))
                    .contains("`" + asked.path("path").asText() + "`");
        }
        JsonNode scraped = manifests.only("ServiceMonitor").at("/spec/endpoints/0");
        one(served, "name", scraped.path("port").asText());
        assertThat(Files.readString(Path.of("docs/metrics.md")))
                .contains("`" + scraped.path("path").asText() + "`");
        assertThat(manifests
                        .all("NetworkPolicy")
                        .flatMap(policy -> stream(policy.at("/spec/ingress")))
                        .flatMap(rule -> stream(rule.path("ports")))
                        .map(port -> port.path("port").asText()))
                .containsExactlyElementsOf(own);
    }

    @Test
    void whatLeavesGoesToNamesTheDatabaseAndOutside() {
        Map<String, List<String>> allowed = new TreeMap<>();
        Manifests.of(Path.of(CLUSTER))
                .all("NetworkPolicy")
                .flatMap(policy -> stream(policy.at("/spec/egress")))
                .forEach(rule -> stream(rule.path("ports"))
                        .map(port -> port.path("port").asText())
                        .forEach(port -> allowed.computeIfAbsent(port, any -> new ArrayList<>())
                                .add(rule.path("to").toString())));

        assertThat(allowed).containsOnlyKeys("53", "443", "5432");
        assertThat(allowed.get("443")).hasSize(1).allSatisfy(to -> assertThat(to)
                .contains("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7")
                .doesNotContain("Selector"));
        assertThat(allowed.values().stream().flatMap(List::stream)).noneMatch(String::isEmpty);
    }

    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER, CHECK})
    void nothingMayWhatItNeedNot(String folder) {
        Manifests manifests = Manifests.of(Path.of(folder));
        JsonNode pod = manifests.pods().path("spec");
        JsonNode own = manifests.container().path("securityContext");
        String user = Dockerfile.read(Dockerfile.JVM).only("USER").rest();

        assertThat(pod.path("automountServiceAccountToken").isBoolean()).isTrue();
        assertThat(pod.path("automountServiceAccountToken").asBoolean()).isFalse();
        assertThat(pod.path("enableServiceLinks").asBoolean(true)).isFalse();
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/runAsUser") + ":" + pod.at("/securityContext/runAsGroup"))
                .isEqualTo(user);
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(own.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(own.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(own.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        assertThat(stream(pod.path("volumes")).filter(volume -> volume.has("hostPath")))
                .isEmpty();
        assertThat(stream(manifests.container().path("volumeMounts"))
                        .filter(mount -> !mount.path("readOnly").asBoolean())
                        .map(mount -> mount.path("mountPath").asText()))
                .as("where it may write")
                .isSubsetOf(Dockerfile.read(Dockerfile.JVM).only("VOLUME").rest(), "/tmp");
        assertThat(manifests.container().path("image").asText())
                .as("an image, with registry and tag")
                .matches(".+/herald:(?!latest).+");
    }

    @ParameterizedTest
    @ValueSource(strings = {SINGLE, CLUSTER})
    void thereIsTimeToStopAndMemoryToWork(String folder) throws IOException {
        Manifests manifests = Manifests.of(Path.of(folder));
        JsonNode pod = manifests.pods().path("spec");
        int sleep = manifests.container().at("/lifecycle/preStop/sleep/seconds").asInt();
        String memory = manifests.container().at("/resources/limits/memory").asText();

        assertThat(pod.path("terminationGracePeriodSeconds").asInt())
                .isGreaterThanOrEqualTo(sleep + Settings.seconds("herald.shutdown.timeout") + UNTIL_IT_HAS_ENDED);
        assertThat(memory).matches("[0-9]+Gi");
        assertThat(Settings.heap() * GIB * Integer.parseInt(memory.replace("Gi", "")))
                .as("the heap, which should have eight times herald.in-flight.max-bytes")
                .isGreaterThanOrEqualTo(8 * 256 * 1024 * 1024);
    }

    @Test
    void aClusterKeepsItsPodsUntilNewOnesAreReadyAndASingleNeverRunsTwice() {
        Manifests cluster = Manifests.of(Path.of(CLUSTER));
        Manifests single = Manifests.of(Path.of(SINGLE));

        assertThat(cluster.only("Deployment").at("/spec/strategy/rollingUpdate/maxUnavailable"))
                .hasToString("0");
        assertThat(cluster.only("HorizontalPodAutoscaler")
                        .at("/spec/minReplicas")
                        .asInt())
                .isGreaterThan(1);
        assertThat(cluster.only("Deployment").at("/spec").has("replicas"))
                .as("the autoscaler's number would be undone by every apply")
                .isFalse();
        assertThat(cluster.configMap("herald-environment").at("/data/HERALD_LEDGER"))
                .hasToString("\"postgresql\"");
        assertThat(single.only("Deployment").at("/spec/strategy/type").asText()).isEqualTo("Recreate");
        assertThat(single.only("Deployment").at("/spec/replicas").asInt()).isEqualTo(1);
        assertThat(single.all("HorizontalPodAutoscaler")).isEmpty();
        for (Manifests manifests : List.of(cluster, single)) {
            JsonNode labels = manifests.pods().at("/metadata/labels");
            Stream.of(
                            manifests.only("Deployment").at("/spec/selector/matchLabels"),
                            manifests.only("Service").at("/spec/selector"))
                    .forEach(selector -> assertSelects(selector, labels));
            manifests
                    .all("NetworkPolicy")
                    .forEach(policy -> assertSelects(policy.at("/spec/podSelector/matchLabels"), labels));
            manifests
                    .all("PodDisruptionBudget")
                    .forEach(budget -> assertSelects(budget.at("/spec/selector/matchLabels"), labels));
            assertSelects(
                    manifests.only("ServiceMonitor").at("/spec/selector/matchLabels"),
                    manifests.only("Service").at("/metadata/labels"));
        }
    }

    private static void assertSelects(JsonNode selector, JsonNode labels) {
        assertThat(selector).isNotEmpty();
        selector.properties().forEach(label -> assertThat(labels.get(label.getKey()))
                .as(label.getKey())
                .isEqualTo(label.getValue()));
    }

    @Test
    void theCheckIsOfWhatIsAppliedNext() {
        Manifests check = Manifests.of(Path.of(CHECK));
        Manifests single = Manifests.of(Path.of(SINGLE));

        assertThat(check.container().path("image")).isEqualTo(single.container().path("image"));
        assertThat(check.container().path("envFrom"))
                .isEqualTo(single.container().path("envFrom"));
        assertThat(one(check.container().path("env"), "name", "HERALD_CHECK").path("value"))
                .hasToString("\"true\"");
        for (String volume : List.of("config", "routes", "mappings")) {
            assertThat(one(check.pods().at("/spec/volumes"), "name", volume))
                    .isEqualTo(one(single.pods().at("/spec/volumes"), "name", volume));
        }
        assertSelectsNot(
                single.only("Service").at("/spec/selector"), check.pods().at("/metadata/labels"));
    }

    @Test
    void theCheckTalksToNobody() {
        Manifests check = Manifests.of(Path.of(CHECK));
        JsonNode policy = check.only("NetworkPolicy").path("spec");

        assertSelects(policy.at("/podSelector/matchLabels"), check.pods().at("/metadata/labels"));
        assertThat(stream(policy.path("policyTypes")).map(JsonNode::asText)).containsExactly("Ingress", "Egress");
        assertThat(policy.has("ingress") || policy.has("egress"))
                .as("a rule, which would let something through")
                .isFalse();
    }

    private static void assertSelectsNot(JsonNode selector, JsonNode labels) {
        assertThat(stream(selector).toList()).isNotEqualTo(stream(labels).toList());
        assertThat(selector.path("app.kubernetes.io/name")).isNotEqualTo(labels.path("app.kubernetes.io/name"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Complete", "Failed"})
    void aSingleIsAppliedOnlyAfterItsCheck(String condition) throws Exception {
        Path calls = directory.resolve("calls");
        Path kubectl = directory.resolve("kubectl");
        Files.writeString(kubectl, """
                #!/bin/sh
                echo "$@" >> %s
                case "$*" in
                *"get job herald-check"*) [ "$(grep -c 'get job' %s)" -lt 2 ] || echo 'SuccessCriteriaMet %s' ;;
                *"logs job"*) echo 'Herald does not start, 1 mistake:' ;;
                esac
                """.formatted(calls, calls, condition));
        assertThat(kubectl.toFile().setExecutable(true)).isTrue();
        ProcessBuilder builder = new ProcessBuilder("kubernetes/apply-single").redirectErrorStream(true);
        builder.environment().put("PATH", directory + ":" + System.getenv("PATH"));
        Process script = builder.start();
        String output = new String(script.getInputStream().readAllBytes());
        int exit = script.waitFor();

        String applied = "apply --kustomize overlays/single";
        assertThat(Files.readAllLines(calls))
                .startsWith("--namespace herald delete job herald-check --ignore-not-found", "apply --kustomize check");
        if (condition.equals("Complete")) {
            assertThat(exit).as(output).isZero();
            assertThat(Files.readAllLines(calls))
                    .containsSubsequence(applied, "--namespace herald rollout status deployment/herald");
        } else {
            assertThat(exit).isNotZero();
            assertThat(output).contains("Herald does not start, 1 mistake:", "Nothing is applied");
            assertThat(Files.readAllLines(calls)).doesNotContain(applied);
        }
    }
}
