package redisproxy.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static final int SAMPLES = 360;

  /** Judges samples in which all quantities but one are always 100. */
  private static Verdict of(Quantity quantity, IntToDoubleFunction values) {
    List<Map<Quantity, Double>> samples = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      Map<Quantity, Double> sample = new EnumMap<>(Quantity.class);
      for (Quantity each : Quantity.values()) {
        sample.put(each, 100.0);
      }
      sample.put(quantity, values.applyAsDouble(i));
      samples.add(sample);
    }
    return new Verdict(samples);
  }

  @Test
  void constantQuantity_isGood() {
    for (Quantity quantity : Quantity.values()) {
      assertTrue(of(quantity, i -> 100 + i % 7).isGood());
    }
  }

  @Test
  void growingQuantity_isFound() {
    for (Quantity quantity : Quantity.values()) {
      assertEquals(!quantity.isJudged(), of(quantity, i -> 100 + i).isGood(), quantity.name());
      assertEquals(!quantity.isJudged(), !of(quantity, i -> 100 + i).table().contains("GROWS"));
    }
  }

  @Test
  void warmUpAndSinglePeaks_areNoGrowth() {
    assertTrue(of(Quantity.RESIDENT, i -> i < 50 ? 1 + i : 100).isGood());
    assertTrue(of(Quantity.RESIDENT, i -> i > 300 && i % 4 == 0 ? 10_000 : 100).isGood());
  }

  @Test
  void quantitySampledRarely_isJudged_andOneNeverSampled_isNotGood() {
    assertFalse(of(Quantity.HEAP_AFTER_GC, i -> i % 6 == 0 ? 100 + i : Double.NaN).isGood());
    assertTrue(of(Quantity.HEAP_AFTER_GC, i -> i % 6 == 0 ? 100 : Double.NaN).isGood());
    assertFalse(of(Quantity.HEAP_AFTER_GC, i -> Double.NaN).isGood());
  }
}
