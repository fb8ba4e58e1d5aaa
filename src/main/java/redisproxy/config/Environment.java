package redisproxy.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads settings from environment variables. */
final class Environment {
  private static final String FILE_SUFFIX = "_FILE";
  private static final int MAX_SECRET_BYTES = 64 << 10;

  private Environment() {}

  /** The variables that hold a setting, or the name of a file with a secret setting. */
  static List<String> names() {
    List<String> names = new ArrayList<>();
    for (Setting<?> setting : SettingsTable.rows()) {
      names.add(setting.environmentName());
      if (setting.secret()) {
        names.add(setting.environmentName() + FILE_SUFFIX);
      }
    }
    return names;
  }

  /**
   * Returns the texts of the variables by path, without line breaks at their ends. An empty
   * variable counts as not set. Blocks, because it reads the files of secrets. Adds what is wrong
   * to the faults.
   */
  static Map<String, Given> parse(Map<String, String> variables, Faults faults) {
    Map<String, Given> given = new LinkedHashMap<>();
    for (Setting<?> setting : SettingsTable.rows()) {
      String name = setting.environmentName();
      String text = withoutLineBreak(variables.getOrDefault(name, ""));
      String file =
          setting.secret() ? withoutLineBreak(variables.getOrDefault(name + FILE_SUFFIX, "")) : "";
      if (!text.isEmpty() && !file.isEmpty()) {
        faults.add(name + FILE_SUFFIX, setting.path() + ": " + name + " is set too; unset one");
      } else if (text.indexOf('\uFFFD') >= 0) {
        // The JVM replaced bytes that it could not decode. The password would be a different one.
        faults.add(
            name,
            setting.path()
                + ": has characters that this locale cannot read; set LC_ALL=C.UTF-8"
                + (setting.secret() ? " or use " + name + FILE_SUFFIX : ""));
      } else if (!text.isEmpty()) {
        given.put(setting.path(), new Given(text, name));
      } else if (!file.isEmpty()) {
        String secret = secret(setting, name + FILE_SUFFIX, file, faults);
        given.put(setting.path(), new Given(secret, name + FILE_SUFFIX));
      }
    }
    return given;
  }

  /**
   * A variable from a Kubernetes Secret often ends with the line break of the file that the Secret
   * was created from.
   */
  private static String withoutLineBreak(String text) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
      end--;
    }
    return text.substring(0, end);
  }

  private static String secret(Setting<?> setting, String variable, String file, Faults faults) {
    String fault;
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      byte[] bytes = in.readNBytes(MAX_SECRET_BYTES + 1);
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (bytes.length <= MAX_SECRET_BYTES && !text.isBlank()) {
        return text.strip();
      }
      fault = text.isBlank() ? "is empty" : "is larger than 64 KiB";
    } catch (CharacterCodingException e) {
      fault = "is not UTF-8 text";
    } catch (IOException | InvalidPathException e) {
      fault = "cannot be read: " + Configuration.reason(e);
    }
    faults.add(variable, setting.path() + ": the file " + Setting.quoted(file) + " " + fault);
    return "";
  }
}
