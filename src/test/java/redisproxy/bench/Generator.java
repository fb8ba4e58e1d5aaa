package redisproxy.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * Puts load on servers, one workload after the other, on one event loop. One process runs all
 * workloads, so that its own code is already compiled when it measures.
 */
final class Generator implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  /**
   * Runs a workload to its end.
   *
   * @throws WrongReply if a server sent a wrong reply, or none
   */
  Measured run(Workload workload) throws Exception {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(EpollSocketChannel.class)
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new FixedRecvByteBufAllocator(workload.readBytes()));
    try {
      return new Run(workload, group.next(), bootstrap).start().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /**
   * Reads one workload per line. Answers each with a line: {@code ok} and the results, or the
   * error.
   */
  void serve(BufferedReader in, PrintStream out) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String outcome;
      try {
        outcome = "ok " + run(Workload.of(line));
      } catch (Exception e) {
        outcome = "failed " + e.getMessage();
      }
      out.println(outcome);
      out.flush();
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
