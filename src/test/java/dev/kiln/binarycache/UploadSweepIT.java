package dev.kiln.binarycache;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;

import static org.assertj.core.api.Assertions.assertThat;

/** NARs whose narinfo never comes. */
@KilnTest
@TestPropertySource(properties = "kiln.cache.upload-ttl=2h")
class UploadSweepIT {

  @LocalServerPort
  int port;
  @Autowired
  UploadSweep sweep;
  @Autowired
  JdbcTemplate jdbc;

  private int put(String target, byte[] body) {
    return new Client(port).send("PUT", target, body).statusCode();
  }

  private int head(String target) {
    return new Client(port).send("HEAD", target, new byte[0]).statusCode();
  }

  private void sentBefore(Push push, Duration age) {
    assertThat(put(push.narTarget(), push.file())).isEqualTo(201);
    assertThat(jdbc.update("update uploaded_nar set uploaded_at = ? where file_name = ?",
        Timestamp.from(Instant.now().minus(age)), push.narTarget().substring("/nar/".length()))).isEqualTo(1);
  }

  @Test
  void areForgottenAfterTheTimeThatIsConfigured() {
    Push old = Push.fresh();
    Push recent = Push.fresh();
    Push used = Push.fresh();
    sentBefore(old, Duration.ofMinutes(121));
    sentBefore(recent, Duration.ofMinutes(119));
    sentBefore(used, Duration.ofMinutes(121));
    assertThat(put(used.narInfoTarget(), used.narInfoBytes())).isEqualTo(201);
    sweep.sweep();
    assertThat(head(old.narTarget())).isEqualTo(404);
    assertThat(put(old.narInfoTarget(), old.narInfoBytes())).isEqualTo(422);
    assertThat(put(recent.narInfoTarget(), recent.narInfoBytes())).isEqualTo(201);
    assertThat(head(used.narTarget())).isEqualTo(200);
    assertThat(new Client(port).get("/store/" + used.path().baseName()).statusCode()).isEqualTo(200);
  }

  @Test
  void liveOnWhenTheyComeAgain() {
    Push push = Push.fresh();
    sentBefore(push, Duration.ofMinutes(121));
    assertThat(put(push.narTarget(), push.file())).isEqualTo(201);
    sweep.sweep();
    assertThat(put(push.narInfoTarget(), push.narInfoBytes())).isEqualTo(201);
  }
}
