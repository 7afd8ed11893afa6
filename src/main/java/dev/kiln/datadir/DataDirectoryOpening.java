package dev.kiln.datadir;

import java.nio.file.Path;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/**
 * Takes the data directory before there is any other bean: what starts beside them, as PostgreSQL does, works in it already. It is given
 * back when all of them are gone, or as soon as one of them fails.
 */
final class DataDirectoryOpening implements ApplicationListener<ApplicationPreparedEvent>, Ordered {

  private static final String BEAN = "dataDirectory";

  @Override
  public void onApplicationEvent(ApplicationPreparedEvent event) {
    var beans = (DefaultListableBeanFactory) event.getApplicationContext().getBeanFactory();
    String path = event.getApplicationContext().getEnvironment().getProperty("kiln.data-dir", "./data");
    DataDirectory directory = DataDirectory.open(Path.of(path));
    beans.registerSingleton(BEAN, directory);
    beans.registerDisposableBean(BEAN, directory::close);
  }

  /** Before those that work in it. */
  @Override
  public int getOrder() {
    return 0;
  }
}
