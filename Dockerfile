FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
# Copies the pom alone first, so that dependencies and plugins stay a cached layer until it changes.
COPY pom.xml ./
COPY .mvn .mvn
RUN mvn -B -ntp -q -Dmaven.test.skip=true package
COPY src/main src/main
RUN mvn -B -ntp -q -Dmaven.test.skip=true clean package
COPY src/test/java/redisproxy/dev/Training.java ./
RUN javac -d target/training Training.java

FROM eclipse-temurin:25-jre AS proxy
WORKDIR /opt/redis-proxy
COPY LICENSE ./
COPY bin/redis-proxy bin/health bin/
COPY conf conf
COPY --from=build /src/target/redis-proxy.jar lib/

# The AOT cache fits only this Java runtime and this jar, so it is made with them. It needs no network.
FROM proxy AS trained
COPY --from=build /src/target/training /training
RUN java -cp /training redisproxy.dev.Training .

FROM proxy
COPY --from=trained /opt/redis-proxy/lib/*.aot lib/

# Settings come from the environment: the path in capitals, with _ for dots and dashes (redis.url is REDIS_URL).
# The admin port stays on loopback, where the health check reaches it.
ENV HTTP_HOST=0.0.0.0 \
    RESP_HOST=0.0.0.0
EXPOSE 8000 8001
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["/opt/redis-proxy/bin/health"]
ENTRYPOINT ["/opt/redis-proxy/bin/redis-proxy"]

# Comes last, so that a change here does not repeat the slow steps. Publishers set the source: --build-arg SOURCE=https://…
ARG VERSION=0.1.0
ARG SOURCE=""
LABEL org.opencontainers.image.title="redis-proxy" \
      org.opencontainers.image.description="Answers Redis reads from a strict LRU cache, over HTTP and RESP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}"
