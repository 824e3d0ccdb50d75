package io.herald.caller;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Issues tokens, good ones and bad ones, with a key that is made when the tests begin. */
public final class Issuer {

    public static final String NAME = "https://issuer.example.com";
    public static final String AUDIENCE = "herald";

    /** The one that programs under test trust. */
    public static final Issuer TRUSTED = new Issuer("trusted");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final KeyPair keys;
    private String everybody;

    /** @param name the same one has the same key, in all tests of a build: without the JVM's second compiler a new one takes seconds */
    Issuer(String name) {
        try {
            Path file = Files.createDirectories(Path.of("target/test-keys")).resolve(name + ".pkcs8");
            if (!Files.exists(file)) {
                keep(file);
            }
            KeyFactory factory = KeyFactory.getInstance("RSA");
            RSAPrivateCrtKey key =
                    (RSAPrivateCrtKey) factory.generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(file)));
            keys = new KeyPair(
                    factory.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())), key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first one is kept, of several JVMs that make one at once. */
    private static void keep(Path file) throws GeneralSecurityException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        Path made = Files.createTempFile(file.getParent(), "", ".tmp");
        Files.write(made, generator.generateKeyPair().getPrivate().getEncoded());
        try {
            Files.createLink(file, made);
        } catch (FileAlreadyExistsException e) {
            // another test was faster
        } finally {
            Files.delete(made);
        }
    }

    /** What a program needs to trust it. */
    public Map<String, String> settings() {
        return Map.of("quarkus.oidc.public-key", publicKey(), "quarkus.oidc.token.issuer", NAME);
    }

    public String publicKey() {
        return Base64.getEncoder().encodeToString(keys.getPublic().getEncoded());
    }

    /** The key set that a server shows. */
    String keySet(String id) {
        RSAPublicKey key = (RSAPublicKey) keys.getPublic();
        ObjectNode set = JSON.createObjectNode();
        set.putArray("keys")
                .addObject()
                .put("kty", "RSA")
                .put("use", "sig")
                .put("alg", "RS256")
                .put("kid", id)
                .put("n", BASE64.encodeToString(unsigned(key.getModulus())))
                .put("e", BASE64.encodeToString(unsigned(key.getPublicExponent())));
        return set.toString();
    }

    private static byte[] unsigned(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    /** The header {@code Authorization} of a caller whose token is good. */
    public String bearer(String subject, String... roles) {
        return "Bearer " + token(subject, claims -> {}, roles);
    }

    /** {@link #bearer(String, String...)} of a caller who may do everything, for a day: signing takes longer than a call. */
    public synchronized String bearer() {
        if (everybody == null) {
            long tomorrow = Instant.now().plus(Duration.ofDays(1)).getEpochSecond();
            everybody = "Bearer " + token("everybody", claims -> claims.put("exp", tomorrow), "submitter", "operator");
        }
        return everybody;
    }

    /** A signed token that is good but for what is changed. */
    String token(String subject, Consumer<ObjectNode> change, String... roles) {
        return token(header("RS256"), subject, change, roles);
    }

    String token(ObjectNode header, String subject, Consumer<ObjectNode> change, String... roles) {
        String text = text(header, subject, change, roles);
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.getPrivate());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One that nobody signed. */
    String unsigned(String subject, String... roles) {
        return text(header("none"), subject, claims -> {}, roles) + ".";
    }

    /** One that is signed by anybody who knows the public key, as if it were a secret. */
    String signedWithThePublicKey(byte[] key, String subject, String... roles) {
        String text = text(header("HS256"), subject, claims -> {}, roles);
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return text + "." + BASE64.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    byte[] publicKeyBytes() {
        return keys.getPublic().getEncoded();
    }

    static ObjectNode header(String algorithm) {
        return JSON.createObjectNode().put("typ", "JWT").put("alg", algorithm);
    }

    private static String text(ObjectNode header, String subject, Consumer<ObjectNode> change, String... roles) {
        Instant now = Instant.now();
        ObjectNode claims = JSON.createObjectNode()
                .put("iss", NAME)
                .put("aud", AUDIENCE)
                .put("sub", subject)
                .put("iat", now.getEpochSecond())
                .put("exp", now.plus(Duration.ofHours(1)).getEpochSecond());
        claims.set("groups", JSON.valueToTree(roles));
        change.accept(claims);
        return part(header) + "." + part(claims);
    }

    private static String part(ObjectNode node) {
        return BASE64.encodeToString(node.toString().getBytes(StandardCharsets.UTF_8));
    }
}
