package redisproxy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.spi.ContextAwareBase;
import redisproxy.log.Logging;

/** {@link Logging} for tests: errors only, because many tests provoke warnings. */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class QuietLogging extends ContextAwareBase implements Configurator {
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    ExecutionStatus status = new Logging().configure(context);
    for (Logger logger : context.getLoggerList()) {
      logger.setLevel(Level.ERROR);
    }
    return status;
  }
}
