package dev.freshet.index.qdrant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.index.IndexException;
import io.grpc.TlsServerCredentials;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with a certificate that nobody but its owner knows. */
final class QdrantTlsTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    private static Path folder;

    private static Path certificate;
    private static QdrantDouble server;

    @BeforeAll
    static void startServer() throws Exception {
        Path file = folder.resolve("server.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-keystore",
                        file.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        var store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        certificate = Files.writeString(
                folder.resolve("server.pem"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(store.getCertificate("server").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        server = new QdrantDouble(TlsServerCredentials.newBuilder()
                .keyManager(keys.getKeyManagers())
                .build());
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void aTrustedServerIsSpokenTo() {
        try (var index = new QdrantIndex(Configs.withTls(server, certificate))) {
            assertThat(index.describe("nothing")).isEmpty();
        }
    }

    @Test
    void aCertificateThatIsNotTrustedIsNamed() {
        assertThatThrownBy(() -> new QdrantIndex(Configs.withTls(server, null)))
                .isInstanceOf(IndexException.class)
                .hasMessageContaining("certification path")
                .hasMessageContaining("index.qdrant.trustedCertificates");
    }

    @Test
    void certificatesThatCannotBeReadAreNamed() {
        assertThatThrownBy(() -> new QdrantIndex(Configs.withTls(server, folder.resolve("missing.pem"))))
                .isInstanceOf(IndexException.class)
                .hasMessageContaining("missing.pem")
                .hasMessageContaining("index.qdrant.trustedCertificates");
    }

    @Test
    void plainTextToATlsPortIsExplained() {
        assertThatThrownBy(() -> new QdrantIndex(Configs.at(server)))
                .isInstanceOf(IndexException.class)
                .hasMessageContaining("index.qdrant.tls");
    }

    @Test
    void tlsToAPlainTextPortIsExplained() {
        try (var plain = new QdrantDouble()) {
            assertThatThrownBy(() -> new QdrantIndex(Configs.withTls(plain, certificate)))
                    .isInstanceOf(IndexException.class)
                    .hasMessageContaining("index.qdrant.tls");
        }
    }
}
