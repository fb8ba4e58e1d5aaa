package redisproxy.cacheverticle;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Key;
import redisproxy.snapshot.SnapshotReader;
import redisproxy.snapshot.SnapshotWriter;
import redisproxy.upstream.Loop;

/** A snapshot that cannot be read to its end, or is not. The test ends the loads itself. */
class WarmStartTest {
  private static final int SLICE = 4096;
  private static final int KEYS = 2 * SLICE + 1;
  private static final int IN_FLIGHT = 64;
  private static final String REST = "the rest of the snapshot cannot be read";
  private static final String END = "warm start has ended";

  @TempDir Path directory;

  private final Loop loop = new Loop();
  private final AtomicInteger loads = new AtomicInteger();
  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(WarmStart.class);
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          logged.add(event.getMessage());
        }
      };

  private Path file;
  private byte[] before;
  private WarmStart warm;

  @BeforeEach
  void write() throws IOException {
    appender.start();
    logger.setLevel(Level.INFO);
    logger.addAppender(appender);
    file = directory.toRealPath().resolve("keys");
    try (SnapshotWriter writer = new SnapshotWriter(file)) {
      for (int i = 0; i < KEYS; i++) {
        writer.add(Key.of(0, "%0100d".formatted(i).getBytes(StandardCharsets.US_ASCII)));
      }
      writer.finish();
    }
    before = Files.readAllBytes(file);
    warm = new WarmStart(loop.vertx, loop.context, file, key -> loads.incrementAndGet() > 0);
  }

  @AfterEach
  void close() throws Exception {
    logger.detachAppender(appender);
    logger.setLevel(null);
    loop.close();
  }

  private void begin() throws Exception {
    loop.run(() -> warm.begin(KEYS));
    await().until(() -> loads.get() == IN_FLIGHT);
  }

  /** Ends loads until so many have begun. */
  private void loadUntil(int begun) throws Exception {
    for (int i = loads.get(); i < begun; i++) {
      loop.run(warm::loaded);
    }
    await().until(() -> loads.get() == begun);
  }

  private void end() throws Exception {
    var ended = loop.call(() -> warm.end(Collections.emptyIterator(), 0));
    ended.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    // What reads the file runs in order.
    var done = loop.call(() -> loop.context.executeBlocking(() -> true));
    done.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** How many descriptors of this process are open for the file. */
  private long open() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(this::leadsToTheFile).count();
    }
  }

  private boolean leadsToTheFile(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).equals(file);
    } catch (NoSuchFileException closed) {
      return false;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void truncate() throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(before.length / 2);
    }
  }

  /** Loads the first slice, except the last loads, and fails to read the second. */
  private void failToReadTheRest() throws Exception {
    begin();
    truncate();
    loadUntil(SLICE);
    await().until(() -> logged.stream().anyMatch(text -> text.contains("cannot be")));
  }

  @Test
  void fileThatCannotBeReadFurther_isReported_andClosed() throws Exception {
    failToReadTheRest();
    assertEquals(
        List.of(REST), logged.stream().filter(text -> text.contains("cannot be")).toList());
    assertEquals(0, open());
  }

  @Test
  void warmStart_whenTheRestCannotBeRead_endsWithItsLastLoad() throws Exception {
    failToReadTheRest();
    for (int i = 1; i < IN_FLIGHT; i++) {
      loop.run(warm::loaded);
    }
    assertFalse(logged.contains(END));
    loop.run(warm::loaded);
    await().until(() -> logged.contains(END));
    end();
    assertEquals(0, SnapshotReader.count(file), "the cache is empty");
  }

  @Test
  void oldSnapshot_whenTheRestCannotBeRead_isKeptUntilTheLastLoadEnds() throws Exception {
    failToReadTheRest();
    byte[] truncated = Files.readAllBytes(file);
    end();
    assertArrayEquals(truncated, Files.readAllBytes(file));
  }

  @Test
  void stop_beforeTheWholeFileIsRead_closesIt() throws Exception {
    begin();
    assertEquals(1, open());
    end();
    assertEquals(0, open());
    loop.run(warm::loaded);
    assertEquals(IN_FLIGHT, loads.get(), "no load begins after the stop");
    assertArrayEquals(before, Files.readAllBytes(file));
  }

  @Test
  void stop_whileTheFileIsOpened_closesIt() throws Exception {
    loop.run(
        () -> {
          warm.begin(KEYS);
          warm.end(Collections.emptyIterator(), 0);
        });
    end();
    assertEquals(0, open());
    assertEquals(0, loads.get());
  }

  @Test
  void wholeFile_isRead_andClosed() throws Exception {
    begin();
    loadUntil(KEYS);
    assertEquals(0, open());
    for (int i = 0; i < IN_FLIGHT; i++) {
      loop.run(warm::loaded);
    }
    await().until(() -> logged.contains(END));
    assertTrue(logged.stream().noneMatch(text -> text.contains("cannot be")), logged.toString());
  }
}
