package dev.kiln.postgres;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

final class PostgresFailureAnalyzer extends AbstractFailureAnalyzer<PostgresException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, PostgresException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
  }
}
