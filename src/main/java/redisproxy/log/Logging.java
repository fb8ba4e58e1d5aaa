package redisproxy.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;
import redisproxy.config.Log;

/**
 * Configures logging by {@code log.level} and {@code log.format}: to standard output, one line for
 * each event.
 *
 * <p>Logback finds this class as a service, and it configures logging until the settings are known.
 * There is no Logback configuration file, because every start would then load an XML parser.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String TEXT =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} level=%level logger=%logger{0} msg=\"%msg\" %kvp%n";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    configure(context, Log.Level.WARN, Log.Format.TEXT);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  public static void configure(Log settings) {
    LoggerContext context = context();
    context.reset();
    configure(context, settings.level(), settings.format());
  }

  private static void configure(LoggerContext context, Log.Level level, Log.Format format) {
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setEncoder(encoder(context, format));
    console.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(console);
    root.setLevel(Level.WARN);
    own(context).setLevel(Level.valueOf(level.name()));
    // The Redis client's warnings repeat what Link reports in more detail.
    context.getLogger("io.vertx.redis").setLevel(Level.ERROR);
    // At a stop, or at a start that fails, it warns of messages to a verticle that has just ended.
    context.getLogger("io.vertx.core.eventbus.impl.MessageConsumerImpl").setLevel(Level.ERROR);
    // An io_uring event loop that ends closes its last sockets, and then says that it has ended.
    context.getLogger("io.netty.channel.AbstractChannel").setLevel(Level.ERROR);
  }

  /** Changes the level of the proxy's own loggers; from any thread. */
  public static void level(Log.Level level) {
    own(context()).setLevel(Level.valueOf(level.name()));
  }

  /** The level of the proxy's own loggers. */
  public static Log.Level level() {
    return Log.Level.valueOf(own(context()).getEffectiveLevel().levelStr);
  }

  private static Logger own(LoggerContext context) {
    return context.getLogger("redisproxy");
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }

  private static Encoder<ILoggingEvent> encoder(LoggerContext context, Log.Format format) {
    if (format == Log.Format.JSON) {
      JsonEncoder json = new JsonEncoder();
      json.setContext(context);
      json.setWithSequenceNumber(false);
      json.setWithNanoseconds(false);
      json.setWithContext(false);
      json.setWithMessage(false);
      json.setWithFormattedMessage(true);
      json.start();
      return json;
    }
    PatternLayoutEncoder text = new PatternLayoutEncoder();
    text.setContext(context);
    text.setPattern(TEXT);
    text.start();
    return text;
  }
}
