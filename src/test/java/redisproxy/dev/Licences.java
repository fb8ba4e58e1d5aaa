package redisproxy.dev;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Checks that everything in the jar may be distributed with it. Each component in a CycloneDX file
 * must offer one of these licences. {@code make sbom} runs it as a source file.
 */
final class Licences {
  private static final Set<String> ALLOWED =
      Set.of("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "EPL-1.0", "EPL-2.0");

  private Licences() {}

  public static void main(String[] arguments) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    Element bom = factory.newDocumentBuilder().parse(new File(arguments[0])).getDocumentElement();
    NodeList lists = bom.getElementsByTagName("components");
    // Use the last list: earlier ones list the tools that wrote the file.
    NodeList components =
        ((Element) lists.item(lists.getLength() - 1)).getElementsByTagName("component");
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < components.getLength(); i++) {
      Element component = (Element) components.item(i);
      Set<String> offered = texts(component, "id");
      if (offered.stream().noneMatch(ALLOWED::contains)) {
        offered.addAll(texts(component, "expression"));
        refused.add(texts(component, "name") + " " + offered);
      }
    }
    if (components.getLength() == 0 || !refused.isEmpty()) {
      System.err.println(
          "of "
              + components.getLength()
              + " components, these have no allowed licence: "
              + refused);
      System.exit(1);
    }
    System.out.println(components.getLength() + " components, all under an allowed licence");
  }

  private static Set<String> texts(Element component, String name) {
    Set<String> texts = new TreeSet<>();
    NodeList found = component.getElementsByTagName(name);
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(found.item(i).getTextContent());
    }
    return texts;
  }
}
