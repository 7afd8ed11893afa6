package dev.kiln.postgres;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

import dev.kiln.datadir.DataDirectory;

/** Begins to start PostgreSQL before there are beans, so that it is ready when the first of them wants a connection. */
final class EarlyStart implements ApplicationListener<ApplicationPreparedEvent>, Ordered {

  private static final String BEAN = "startingPostgres";

  @Override
  public void onApplicationEvent(ApplicationPreparedEvent event) {
    var environment = event.getApplicationContext().getEnvironment();
    if (!PostgresConfiguration.isNeeded(environment)) {
      return;
    }
    var beans = (DefaultListableBeanFactory) event.getApplicationContext().getBeanFactory();
    // Their bounds are checked when they become a bean, which is before anybody waits for this server.
    var properties = Binder.get(environment).bindOrCreate("kiln.postgres", PostgresProperties.class);
    var directory = beans.getBean(DataDirectory.class).resolve("postgres");
    var starting = StartingPostgres.in(directory, properties);
    beans.registerSingleton(BEAN, starting);
    // Registered after the lock of the data directory, and so closed before it; also where the start of another bean fails.
    beans.registerDisposableBean(BEAN, starting::close);
  }

  /** After the data directory is taken. */
  @Override
  public int getOrder() {
    return 1;
  }
}
