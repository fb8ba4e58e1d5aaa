package redisproxy.config;

import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads the settings file.
 *
 * <p>It walks the tree of YAML nodes, not the objects made from it. In the objects 010 has become
 * eight, 1:30 has become ninety and yes has become true. The first of two sections with the same
 * name is lost, and so are the line numbers.
 */
final class YamlText {
  private final String file;
  private final Faults faults;
  private final Map<String, Given> given = new LinkedHashMap<>();

  private YamlText(String file, Faults faults) {
    this.file = file;
    this.faults = faults;
  }

  /** Returns the texts of the file's settings by path, and adds what is wrong to the faults. */
  static Map<String, Given> parse(String text, String file, Faults faults) {
    YamlText yaml = new YamlText(file, faults);
    Node root;
    try {
      root = new Yaml().compose(new StringReader(text));
    } catch (MarkedYAMLException e) {
      // Do not show its message or its problem: they quote the file, which may hold a password.
      Mark mark = e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark();
      faults.add(
          mark == null ? file : file + ":" + (mark.getLine() + 1),
          "not valid YAML"
              + (mark == null ? "" : " from column " + (mark.getColumn() + 1) + " on")
              + ": check the indentation, the quotes and the space after each colon");
      return yaml.given;
    } catch (RuntimeException e) {
      // SnakeYAML throws other exceptions too, for example for an escape cut off by the end.
      faults.add(file, "not valid YAML: nested too deep, too large, cut off or not text");
      return yaml.given;
    }
    yaml.root(root);
    return yaml.given;
  }

  private void root(Node root) {
    if (root instanceof MappingNode sections) {
      section("", sections);
    } else if (root != null && !isNull(root)) {
      faults.add(origin(root), "not a map of settings: expected lines such as \"http:\"");
    }
  }

  private void section(String prefix, MappingNode section) {
    for (NodeTuple entry : section.getValue()) {
      if (entry.getKeyNode() instanceof ScalarNode key) {
        entry(prefix + key.getValue(), key, entry.getValueNode());
      } else {
        faults.add(origin(entry.getKeyNode()), "a key must be a single word");
      }
    }
  }

  private void entry(String path, Node key, Node value) {
    Setting<?> setting = SettingsTable.find(path);
    if (setting != null) {
      setting(setting, key, value);
    } else if (!SettingNames.isSection(path)) {
      unknown(path, key, value);
    } else if (value instanceof MappingNode section) {
      section(path + ".", section);
    } else if (!isNull(value)) {
      // Do not show the value: for "password:x" without a space it would be the password.
      faults.add(
          origin(key), path + ": a section; put its settings below, indented, as \"key: value\"");
    }
  }

  private void setting(Setting<?> setting, Node key, Node value) {
    if (!(value instanceof ScalarNode scalar)) {
      faults.add(origin(key), setting.path() + ": expected one value, not a list or a map");
      return;
    }
    if (setting.secret() && !isNull(value) && !value.getTag().equals(Tag.STR)) {
      faults.add(origin(key), setting.path() + " = ***: not a string in YAML; quote it: '...'");
    }
    String text = isNull(value) ? "" : scalar.getValue();
    Given earlier = given.putIfAbsent(setting.path(), new Given(text, origin(key)));
    if (earlier != null) {
      faults.add(origin(key), setting.path() + ": given twice, first at " + earlier.origin());
    }
  }

  /** Reports each key of an unknown section, because each has its own nearest known key. */
  private void unknown(String path, Node key, Node value) {
    if (path.indexOf('.') < 0
        && value instanceof MappingNode section
        && !section.getValue().isEmpty()) {
      for (NodeTuple entry : section.getValue()) {
        if (entry.getKeyNode() instanceof ScalarNode child) {
          faults.add(origin(child), SettingNames.unknown(path + "." + child.getValue()));
        } else {
          faults.add(origin(key), SettingNames.unknown(path));
        }
      }
    } else {
      faults.add(origin(key), SettingNames.unknown(path));
    }
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  private String origin(Node node) {
    return file + ":" + (node.getStartMark().getLine() + 1);
  }
}
