package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Requests of several kinds, like those of an application. Writes store the value that is there
 * already, so that every reply stays the same. For one thread.
 */
final class MixedBatch implements Batch {
  private final Map<Command, Template> templates = new EnumMap<>(Command.class);
  private final Template[] byPercent = new Template[100];
  private final SplittableRandom random = new SplittableRandom();
  private final ByteBuf bytes = Unpooled.directBuffer();

  MixedBatch(Workload workload) {
    int end = 0;
    for (Map.Entry<Command, Integer> share : workload.command().shares()) {
      Command command = share.getKey();
      Template template = workload.template(command, command.request(workload), 1);
      templates.put(command, template);
      for (int i = 0; i < share.getValue(); i++) {
        byPercent[end++] = template;
      }
    }
  }

  @Override
  public void put(int request, int key) {
    if (request == 0) {
      bytes.clear();
    }
    Template template = byPercent[random.nextInt(byPercent.length)];
    template.put(0, key);
    bytes.writeBytes(template.bytes(), 0, template.bytes().readableBytes());
  }

  @Override
  public ByteBuf bytes() {
    return bytes;
  }

  @Override
  public void release() {
    templates.values().forEach(Template::release);
    bytes.release();
  }
}
