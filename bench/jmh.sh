#!/usr/bin/env bash
# The benchmarks of src/bench/java, each in JVMs of its own, with the options that Kiln runs with.
#
#     bench/jmh.sh [regular expression [options of JMH...]]        (bench/jmh.sh -h lists them)
set -euo pipefail
cd "$(dirname "$0")/.."
java=$(cd bench && python3 -c 'import kiln; print(kiln.java())')
./mvnw -q -B -ntp -Pbench test-compile dependency:build-classpath -Dmdep.outputFile=target/bench.classpath
exec "$java" -cp "target/test-classes:target/classes:$(cat target/bench.classpath)" org.openjdk.jmh.Main \
  -jvmArgsPrepend "--enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector -Xmx256m" "$@"
