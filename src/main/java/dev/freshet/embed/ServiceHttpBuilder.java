package dev.freshet.embed;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;

/** How LangChain4j's models come to a {@link ServiceHttp}. They may not change its timeout: it is the configuration's. */
final class ServiceHttpBuilder implements HttpClientBuilder {

    private final Duration timeout;
    private final ServiceHttp.Protocol protocol;
    private final List<String> secrets;
    private final Semaphore places;

    ServiceHttpBuilder(Duration timeout, ServiceHttp.Protocol protocol, List<String> secrets, Semaphore places) {
        this.timeout = timeout;
        this.protocol = protocol;
        this.secrets = secrets;
        this.places = places;
    }

    @Override
    public Duration connectTimeout() {
        return timeout;
    }

    @Override
    public HttpClientBuilder connectTimeout(Duration ignored) {
        return this;
    }

    @Override
    public Duration readTimeout() {
        return timeout;
    }

    @Override
    public HttpClientBuilder readTimeout(Duration ignored) {
        return this;
    }

    @Override
    public HttpClient build() {
        return new ServiceHttp(timeout, protocol, secrets, places);
    }
}
