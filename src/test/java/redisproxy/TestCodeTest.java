package redisproxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Collections;
import java.util.List;

/** Rules for the test code. */
@AnalyzeClasses(packages = "redisproxy")
class TestCodeTest {
  /** An assertion iterates the list while another thread adds to it. */
  @ArchTest
  static final ArchRule sharedLists_areSafeToIterate =
      noClasses()
          .should()
          .callMethod(Collections.class, "synchronizedList", List.class)
          .because("iterating such a list races with its writers; use CopyOnWriteArrayList");
}
