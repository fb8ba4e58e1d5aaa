package redisproxy.config;

import io.vertx.config.ConfigRetriever;
import io.vertx.config.ConfigRetrieverOptions;
import io.vertx.config.ConfigStoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Loads the {@link Settings}. */
public final class Configuration {
  /** The name of the file's text among the retrieved values. No variable has a lower-case name. */
  private static final String FILE_TEXT = "file";

  private Configuration() {}

  /**
   * Loads the settings from the file, if given, and from the environment, which overrides it. Reads
   * nothing else: no system properties and no files of the working directory.
   *
   * @param file the YAML file, or null
   * @return fails with a {@link ConfigurationException} that names all faults
   */
  public static Future<Loaded> load(Vertx vertx, @Nullable Path file) {
    Faults faults = new Faults();
    Future<JsonObject> retrieved =
        file == null
            ? retrieve(vertx, List.of(environmentStore()))
            : retrieve(vertx, List.of(fileStore(file), environmentStore()))
                .recover(
                    failure -> {
                      faults.add(file.toString(), "cannot be read: " + reason(failure));
                      return retrieve(vertx, List.of(environmentStore()));
                    });
    return retrieved.compose(
        found -> vertx.executeBlocking(() -> loaded(found, file, faults), false));
  }

  /**
   * Returns the defaults, with these values changed.
   *
   * @param values texts by path, such as {@code "http.port" -> "0"}
   * @throws ConfigurationException that names all faults
   */
  public static Settings parse(Map<String, String> values) {
    Map<String, Given> given = new LinkedHashMap<>();
    values.forEach((path, text) -> given.put(path, new Given(text, "given")));
    return parse(given, Machine.current());
  }

  /**
   * Settings from texts by path.
   *
   * @throws ConfigurationException that names all faults
   */
  public static Settings parse(Map<String, Given> given, Machine machine) {
    return new SettingsReader(given, machine, new Faults()).read();
  }

  /** Returns the settings of a file and the environment. The environment wins. Blocks. */
  static Settings parse(
      Map<String, Given> file, Map<String, String> variables, Machine machine, Faults faults) {
    return new SettingsReader(merged(file, variables, faults), machine, faults).read();
  }

  private static Map<String, Given> merged(
      Map<String, Given> file, Map<String, String> variables, Faults faults) {
    Map<String, Given> given = new LinkedHashMap<>(file);
    given.putAll(Environment.parse(variables, faults));
    return given;
  }

  /** Returns the settings in the retrieved values, with or without a file's text. Blocks. */
  static Loaded loaded(JsonObject found, @Nullable Path file, Faults faults) {
    Map<String, String> variables = new LinkedHashMap<>();
    found.forEach(variable -> variables.put(variable.getKey(), (String) variable.getValue()));
    String text = variables.remove(FILE_TEXT);
    if (text == null && file != null && faults.count() == 0) {
      faults.add(file.toString(), "cannot be read");
    }
    Map<String, Given> given =
        merged(
            text == null || file == null ? Map.of() : YamlText.parse(text, file.toString(), faults),
            variables,
            faults);
    return new Loaded(new SettingsReader(given, Machine.current(), faults).read(), given);
  }

  private static Future<JsonObject> retrieve(Vertx vertx, List<ConfigStoreOptions> stores) {
    ConfigRetriever retriever = retriever(vertx, stores, -1);
    return retriever.getConfig().eventually(retriever::close);
  }

  /** Checks for changes at this interval in milliseconds. The file may be missing at times. */
  static ConfigRetriever scanning(Vertx vertx, Path file, long everyMs) {
    return retriever(
        vertx, List.of(fileStore(file).setOptional(true), environmentStore()), everyMs);
  }

  private static ConfigRetriever retriever(
      Vertx vertx, List<ConfigStoreOptions> stores, long scanPeriodMs) {
    return ConfigRetriever.create(
        vertx,
        new ConfigRetrieverOptions()
            .setIncludeDefaultStores(false)
            .setScanPeriod(scanPeriodMs)
            .setStores(stores));
  }

  private static ConfigStoreOptions fileStore(Path file) {
    // With a relative path Vert.x would also search the class path.
    return new ConfigStoreOptions()
        .setType("file")
        .setFormat("raw")
        .setConfig(
            new JsonObject()
                .put("path", file.toAbsolutePath().toString())
                .put("raw.key", FILE_TEXT));
  }

  private static ConfigStoreOptions environmentStore() {
    // Without raw data the password 00123 would become the number 123.
    return new ConfigStoreOptions()
        .setType("env")
        .setConfig(
            new JsonObject().put("raw-data", true).put("keys", new JsonArray(Environment.names())));
  }

  /** Why a file cannot be read, in a few words. */
  static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof NoSuchFileException) {
      return "no such file";
    }
    return cause instanceof AccessDeniedException
        ? "permission denied"
        : String.valueOf(cause.getMessage());
  }
}
