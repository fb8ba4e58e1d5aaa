package redisproxy;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethodWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.EventBus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redisproxy.front.http.HttpAnswers;
import redisproxy.front.http.UnreadResponses;
import redisproxy.front.resp.ClientConnection;
import redisproxy.front.resp.RespVerticle;
import redisproxy.front.resp.ValueRelay;
import redisproxy.http.HeapBodies;
import redisproxy.upstream.connection.Dialer;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.connection.Transport;

/** Holds the layers that the docs and package-infos describe. */
@AnalyzeClasses(packages = "redisproxy", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final int MAX_IN_A_CYCLE = 6;
  private static final int MAX_PARAMETERS = 7;
  private static final Path SOURCES = Path.of("src/main/java");

  /** Nullness annotations are for the compiler only, and not in the jar. */
  private static final String NULLNESS = "org.jspecify.annotations";

  @ArchTest
  static final ArchRule cache_isPlainJava =
      classes()
          .that()
          .resideInAPackage("redisproxy.cache")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", NULLNESS, "redisproxy.cache");

  @ArchTest
  static final ArchRule snapshot_isPlainJavaAndKeys =
      classes()
          .that()
          .resideInAPackage("redisproxy.snapshot")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", NULLNESS, "redisproxy.cache", "redisproxy.snapshot");

  @ArchTest
  static final ArchRule resp_isPlainJavaAndByteBuf =
      classes()
          .that()
          .resideInAPackage("redisproxy.resp")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", NULLNESS, "io.netty.buffer", "redisproxy.resp");

  @ArchTest
  static final ArchRule command_isPlainJavaByteBufAndResp =
      classes()
          .that()
          .resideInAPackage("redisproxy.command")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", NULLNESS, "io.netty.buffer", "redisproxy.command", "redisproxy.resp");

  /** Only the fronts turn failures into errors of a protocol. */
  @ArchTest
  static final ArchRule bus_knowsNoProtocol =
      noClasses()
          .that()
          .resideInAnyPackage("redisproxy.bus", "redisproxy.cacheverticle")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("redisproxy.resp", "redisproxy.http", "io.vertx.core.http..");

  @ArchTest
  static final ArchRule redisClient_isUsedOnlyByUpstream =
      noClasses()
          .that()
          .resideOutsideOfPackage("redisproxy.upstream..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vertx.redis..");

  @ArchTest
  static final ArchRule vertxConfig_isUsedOnlyByConfig =
      noClasses()
          .that()
          .resideOutsideOfPackage("redisproxy.config")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vertx.config..");

  /** The layers from top to bottom. Packages that are not named here are below all of them. */
  @ArchTest
  static final ArchRule layers_areUsedOnlyByLayersAbove =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("start")
          .definedBy("redisproxy")
          .layer("admin")
          .definedBy("redisproxy.admin")
          .layer("http")
          .definedBy("redisproxy.front.http")
          .layer("session")
          .definedBy("redisproxy.front.resp")
          .layer("cache")
          .definedBy("redisproxy.cacheverticle")
          .layer("bus")
          .definedBy("redisproxy.bus")
          .layer("toolkit")
          .definedBy("redisproxy.http")
          .layer("access")
          .definedBy("redisproxy.auth")
          .layer("upstream")
          .definedBy("redisproxy.upstream..")
          .layer("ground")
          .definedBy(
              "redisproxy.accept",
              "redisproxy.transport",
              "redisproxy.cache",
              "redisproxy.command",
              "redisproxy.resp",
              "redisproxy.config",
              "redisproxy.metrics",
              "redisproxy.tls",
              "redisproxy.tracing",
              "redisproxy.admission",
              "redisproxy.snapshot",
              "redisproxy.log")
          .whereLayer("start")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("admin")
          .mayOnlyBeAccessedByLayers("start")
          .whereLayer("http")
          .mayOnlyBeAccessedByLayers("start")
          .whereLayer("session")
          .mayOnlyBeAccessedByLayers("start")
          .whereLayer("cache")
          .mayOnlyBeAccessedByLayers("start", "admin")
          .whereLayer("bus")
          .mayOnlyBeAccessedByLayers("start", "admin", "http", "session", "cache")
          .whereLayer("toolkit")
          .mayOnlyBeAccessedByLayers("start", "admin", "http")
          .whereLayer("access")
          .mayOnlyBeAccessedByLayers("start", "admin", "http", "session", "toolkit")
          .whereLayer("upstream")
          .mayOnlyBeAccessedByLayers("start", "admin", "http", "session", "cache", "bus");

  @ArchTest
  static final ArchRule config_knowsNoOtherLayer =
      noClasses()
          .that()
          .resideInAPackage("redisproxy.config")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "redisproxy.cache",
              "redisproxy.command",
              "redisproxy.resp",
              "redisproxy.metrics",
              "redisproxy.log");

  @ArchTest
  static final ArchRule packages_haveNoCycles =
      slices().assignedFrom(new Packages()).should().beFreeOfCycles();

  /**
   * Classes in a cycle can only be understood together. Config is exempt: it is one table in many
   * files.
   */
  @ArchTest
  static void cyclesOfClasses_areSmall(JavaClasses all) {
    Map<JavaClass, Set<JavaClass>> known = new HashMap<>();
    for (JavaClass type : all) {
      if (!type.getPackageName().equals("redisproxy.config")) {
        known
            .computeIfAbsent(outermost(type), first -> new HashSet<>())
            .addAll(
                type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> outermost(dependency.getTargetClass()))
                    .filter(target -> target.getPackageName().equals(type.getPackageName()))
                    .toList());
      }
    }
    for (JavaClass type : known.keySet()) {
      Set<JavaClass> circle =
          known.keySet().stream()
              .filter(other -> reaches(type, other, known) && reaches(other, type, known))
              .collect(Collectors.toSet());
      assertTrue(circle.size() <= MAX_IN_A_CYCLE, () -> circle + " depend on each other");
    }
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  private static boolean reaches(
      JavaClass from, JavaClass to, Map<JavaClass, Set<JavaClass>> known) {
    Set<JavaClass> seen = new HashSet<>(Set.of(from));
    Queue<JavaClass> next = new ArrayDeque<>(seen);
    while (!next.isEmpty()) {
      JavaClass at = next.remove();
      if (at.equals(to)) {
        return true;
      }
      known.getOrDefault(at, Set.of()).stream().filter(seen::add).forEach(next::add);
    }
    return false;
  }

  /** A class that needs more parameters does too much. A record is only a list of named values. */
  @ArchTest
  static final ArchRule constructors_takeFewParameters =
      constructors()
          .that(
              describe(
                  "are not of a record or an enum",
                  constructor ->
                      !constructor.getOwner().isRecord() && !constructor.getOwner().isEnum()))
          .should(
              new ArchCondition<>("take " + MAX_PARAMETERS + " parameters at most") {
                @Override
                public void check(JavaConstructor constructor, ConditionEvents events) {
                  int count = constructor.getRawParameterTypes().size();
                  events.add(
                      new SimpleConditionEvent(
                          constructor,
                          count <= MAX_PARAMETERS,
                          constructor.getFullName() + " takes " + count));
                }
              });

  @ArchTest
  static final ArchRule admission_isPlainJavaSettingsAndLog =
      classes()
          .that()
          .resideInAPackage("redisproxy.admission")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              NULLNESS,
              "org.slf4j..",
              "redisproxy.config",
              "redisproxy.admission",
              "redisproxy.log");

  @ArchTest
  static final ArchRule names_sayWhatAClassIs =
      noClasses().should().haveNameMatching(".*(Impl|Manager|Utils?|Helper)");

  /**
   * Without a context, a timeout completes its promise on a Netty thread that is not an event loop,
   * and its handlers run there.
   */
  @ArchTest
  static final ArchRule timeouts_belongToPromisesWithAContext =
      classes()
          .that()
          .resideOutsideOfPackage("redisproxy")
          .and(
              describe(
                  "have timeouts",
                  type ->
                      type.getMethodCallsFromSelf().stream()
                          .anyMatch(
                              call ->
                                  call.getName().equals("timeout")
                                      && call.getTargetOwner().isAssignableTo(Future.class))))
          .should(
              never(
                  callMethodWhere(
                      describe(
                          "it is Promise.promise()",
                          call ->
                              call.getName().equals("promise")
                                  && call.getTargetOwner().isEquivalentTo(Promise.class)))));

  /**
   * Vert.x internals may change with any release. docs/decisions.md says why these classes need
   * them.
   */
  @ArchTest
  static final ArchRule vertxInternals_areUsedOnlyByTheseClasses =
      noClasses()
          .that(
              not(
                  belongToAnyOf(
                      HttpAnswers.class,
                      HeapBodies.class,
                      UnreadResponses.class,
                      ClientConnection.class,
                      RespVerticle.class,
                      ValueRelay.class,
                      Dialer.class,
                      Transport.class,
                      RedisConnection.class)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.vertx..internal..", "io.vertx..impl..");

  @ArchTest
  static final ArchRule micrometer_isUsedOnlyByMetrics =
      noClasses()
          .that()
          .resideOutsideOfPackage("redisproxy.metrics")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.micrometer..", "io.prometheus..");

  @ArchTest
  static final ArchRule openTelemetry_isUsedOnlyByTracing =
      noClasses()
          .that()
          .resideOutsideOfPackage("redisproxy.tracing")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.opentelemetry..");

  @ArchTest
  static final ArchRule metrics_knowNoOtherLayer =
      noClasses()
          .that()
          .resideInAPackage("redisproxy.metrics")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("redisproxy.cache", "redisproxy.resp", "redisproxy.config");

  @ArchTest
  static final ArchRule eventBusRequest_isNotUsed =
      noClasses()
          .should()
          .callMethodWhere(
              target(owner(assignableTo(EventBus.class)))
                  .and(target(name("request")))
                  .as("EventBus.request"));

  @ArchTest
  static final ArchRule cache_hasNoLocks =
      noClasses()
          .that()
          .resideInAPackage("redisproxy.cache")
          .should()
          .dependOnClassesThat(
              JavaClass.Predicates.resideInAPackage("java.util.concurrent..")
                  .and(not(assignableTo(ThreadLocalRandom.class))));

  @ArchTest
  static final ArchRule cache_hasNoSynchronizedMethods =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAPackage("redisproxy.cache")
          .should()
          .haveModifier(SYNCHRONIZED);

  @Test
  void cacheSources_holdNoSynchronizedBlocksAndNoVolatileFields() throws IOException {
    for (Path source : sources(SOURCES.resolve("redisproxy/cache"))) {
      String text = Files.readString(source);
      assertTrue(!text.contains("synchronized") && !text.contains("volatile"), source::toString);
    }
  }

  private static List<Path> sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
      assertTrue(sources.size() > 5, "no sources in " + folder);
      return sources;
    }
  }

  private static final class Packages implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
      return SliceIdentifier.of(javaClass.getPackageName());
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }
}
