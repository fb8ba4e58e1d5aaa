package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import redisproxy.cache.Key;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.resp.ProtocolError;

/** Measures a pipelined GET before its lookup, from a direct buffer like those that epoll fills. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestParserBenchmark {
  private static final int PIPELINE = 16;

  private final RequestParser parser = new RequestParser(new RequestBounds(1024 * 1024));
  private final byte[] keys = new byte[512];
  private ByteBuf input;

  @Setup
  public void write() {
    input = PooledByteBufAllocator.DEFAULT.directBuffer();
    Random random = new Random(1);
    for (int i = 0; i < PIPELINE; i++) {
      String request = "*2\r\n$3\r\nGET\r\n$16\r\nkey:%012d\r\n".formatted(random.nextInt(50_000));
      input.writeCharSequence(request, StandardCharsets.US_ASCII);
    }
  }

  @TearDown
  public void release() {
    input.release();
  }

  /** Parses a request and identifies its command. */
  @Benchmark
  @OperationsPerInvocation(PIPELINE)
  public long parse() throws ProtocolError {
    input.readerIndex(0);
    long names = 0;
    while (parser.parse(input)) {
      names += parser.request().name();
    }
    return names;
  }

  /** Also copies and hashes the key, as a front does. */
  @Benchmark
  @OperationsPerInvocation(PIPELINE)
  public long parseAndHash() throws ProtocolError {
    input.readerIndex(0);
    long result = 0;
    int offset = 0;
    while (parser.parse(input)) {
      Request request = parser.request();
      int length = request.length(1);
      request.buffer().getBytes(request.start(1), keys, offset, length);
      result += request.name() + Key.hash(0, keys, offset, length);
      offset += length;
    }
    return result;
  }
}
