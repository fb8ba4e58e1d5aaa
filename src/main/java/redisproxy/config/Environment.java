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

/** Reads the settings among the environment variables. */
final class Environment {
  private static final String FILE_SUFFIX = "_FILE";
  private static final int MAX_SECRET_BYTES = 64 << 10;

  private Environment() {}

  /** The variables that are settings, or name the file of a secret one. */
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
   * The texts of the variables by path, without line breaks at their ends; an empty one counts as
   * not set. Reads the files of secrets, so it blocks; what is wrong with them goes to the faults.
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
        // What the JVM could not decode, it has replaced: the password would be another one.
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
   * A variable from a Kubernetes secret often ends in the line break of the file it was made of.
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
