# syntax=docker/dockerfile:1
FROM eclipse-temurin:25-jdk-noble AS build
WORKDIR /src
COPY mvnw pom.xml ./
COPY .mvn .mvn
COPY db db
COPY src src
# Downloads stay in a cache of the builder, which a change of the sources leaves alone.
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -ntp package -DskipTests -Dspotless.check.skip \
    && java -Djarmode=tools -jar target/kiln-*.jar extract --layers --destination /layers

FROM eclipse-temurin:25-jre-noble AS kiln
# util-linux has setsid and unshare (embedded PostgreSQL), libstdc++6 is what PostgreSQL's ICU wants.
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap busybox-static util-linux libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 kiln \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/kiln --create-home --shell /usr/sbin/nologin kiln \
    && install --directory --owner=kiln --group=kiln --mode=0700 /var/lib/kiln/data
WORKDIR /opt/kiln
# The rarely changed first. Each holds its part of one tree.
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /layers/application/ ./
USER kiln

# Runs Kiln once, for the AOT cache: with the Java and the jars of the image below, because the cache is of use to no others; as its user,
# with a PostgreSQL of its own, and without a network. Sandboxes hardly ever work while an image is built, so that it learns no builds.
FROM kiln AS training
COPY bin/kiln-aot /training/bin/
COPY examples/greeting.tar /training/examples/
USER root
RUN install --directory --owner=kiln /aot
USER kiln
RUN --network=none KILN_LAID_OUT=/aot KILN_EXAMPLES=/training/examples bash /training/bin/kiln-aot '' /opt/kiln

FROM kiln
COPY --from=training /aot/ /opt/kiln/aot/
# Inside a container, "loopback" would be nobody; what is published to the outside is for the operator to decide.
ENV SERVER_ADDRESS=0.0.0.0 \
    KILN_DATA_DIR=/var/lib/kiln/data
VOLUME /var/lib/kiln/data
EXPOSE 8080
# bash speaks TCP: no curl needed. The answer is HTTP/1.0, so that it ends.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /actuator/health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# Exec form: java is process 1 and gets SIGTERM.
# The options are those of the training, with the cache. Where that does not fit, as with another garbage collector, Java starts without it.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=60", "@/opt/kiln/aot/kiln.options"]
