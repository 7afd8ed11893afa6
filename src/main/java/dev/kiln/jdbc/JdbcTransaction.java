package dev.kiln.jdbc;

import java.io.IOException;
import javax.sql.DataSource;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionStatus;

/** A transaction of plain statements, for those who have no use for what JPA would set up for each. */
@Component
public final class JdbcTransaction {

  private final JdbcTransactionManager transactions;

  JdbcTransaction(DataSource database) {
    this.transactions = new JdbcTransactionManager(database);
  }

  /** Executes statements, all by {@code JdbcTemplate}. */
  @FunctionalInterface
  public interface Work<T> {
    T execute() throws IOException;
  }

  /**
   * Commits what {@code work} does, or nothing of it if it throws. When this returns, it is durable.
   *
   * @throws org.springframework.dao.DataAccessException if it cannot be begun or committed, too
   */
  public <T> T commit(Work<T> work) throws IOException {
    TransactionStatus status = begin();
    boolean complete = false;
    T result;
    try {
      result = work.execute();
      complete = true;
    } finally {
      if (!complete) {
        transactions.rollback(status);
      }
    }
    transactions.commit(status);
    return result;
  }

  private TransactionStatus begin() {
    try {
      return transactions.getTransaction(TransactionDefinition.withDefaults());
    } catch (TransactionException e) {
      throw new DataAccessResourceFailureException("no transaction can be begun", e);
    }
  }
}
