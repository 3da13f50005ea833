# Freshet as an image: build it with `docker build -t freshet .`, run it as docs/docker.md shows.

FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /build
COPY pom.xml ./
COPY src/main src/main
RUN mvn -B -q -Dmaven.test.skip=true -Dspotless.check.skip=true package

# A whole JDK: Lucene's vector functions are in an incubator module, which a smaller runtime may lack.
FROM eclipse-temurin:21-jdk
RUN groupadd --gid 10001 freshet \
    && useradd --uid 10001 --gid freshet --home-dir /var/lib/freshet --create-home freshet
COPY --from=build /build/target/freshet/lib /opt/freshet/lib
COPY freshet /opt/freshet/freshet
USER freshet
WORKDIR /var/lib/freshet
# Everything Freshet keeps between runs; the configuration's `state` must be in it.
VOLUME /var/lib/freshet
EXPOSE 7070
# Ready means connected to the log. Without curl, which the base image need not have.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD bash -c "exec 3<>/dev/tcp/127.0.0.1/7070 && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"
ENTRYPOINT ["/opt/freshet/freshet"]
CMD ["run", "--config", "/etc/freshet/freshet.yaml"]
