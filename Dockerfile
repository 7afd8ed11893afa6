# syntax=docker/dockerfile:1
FROM eclipse-temurin:25-jdk-noble AS build
WORKDIR /src
COPY mvnw pom.xml ./
COPY .mvn .mvn
COPY db db
COPY src src
# Downloads stay in a cache of the builder, which a change of the sources leaves alone.
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -ntp package -DskipTests -Dspotless.check.skip \
    && java -Djarmode=tools -jar target/kiln-*.jar extract --layers --launcher --destination /layers

FROM eclipse-temurin:25-jre-noble
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
COPY --from=build /layers/spring-boot-loader/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /layers/application/ ./
USER kiln
# Inside a container, "loopback" would be nobody; what is published to the outside is for the operator to decide.
ENV SERVER_ADDRESS=0.0.0.0 \
    KILN_DATA_DIR=/var/lib/kiln/data
VOLUME /var/lib/kiln/data
EXPOSE 8080
# bash speaks TCP: no curl needed. The answer is HTTP/1.0, so that it ends.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /actuator/health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# Exec form: java is process 1 and gets SIGTERM.
ENTRYPOINT ["java", "--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-XX:MaxRAMPercentage=60", "org.springframework.boot.loader.launch.JarLauncher"]
