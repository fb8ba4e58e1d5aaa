package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real headless browser: the system's Chromium. */
final class Browser implements AutoCloseable {
  private static final Path PICTURES = Path.of("target/pictures");

  private final ChromeDriver driver;

  Browser() {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(onPath("chromium"));
    options.addArguments(
        "--headless=new", "--disable-dev-shm-usage", "--force-device-scale-factor=1");
    if (System.getProperty("user.name").equals("root")) {
      options.addArguments("--no-sandbox");
    }
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(new File(onPath("chromedriver")))
                .build(),
            options);
  }

  private static String onPath(String name) {
    for (String directory : System.getenv("PATH").split(File.pathSeparator)) {
      File file = new File(directory, name);
      if (file.canExecute()) {
        return file.getPath();
      }
    }
    throw new AssertionError(
        "no " + name + " on the PATH; on Debian: apt-get install chromium chromium-driver");
  }

  void open(RunningProxy proxy) {
    driver.get("http://127.0.0.1:" + proxy.adminPort() + "/");
  }

  String text(String css) {
    return driver.findElement(By.cssSelector(css)).getText();
  }

  int count(String css) {
    return driver.findElements(By.cssSelector(css)).size();
  }

  /** The value of a JavaScript expression. */
  Object eval(String expression) {
    return driver.executeScript("return " + expression);
  }

  void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** Presses the tab key until an element has the focus, as a user without a mouse does. */
  void tabTo(String css) {
    WebElement wanted = driver.findElement(By.cssSelector(css));
    for (int i = 0; i < 60; i++) {
      if (driver.switchTo().activeElement().equals(wanted)) {
        return;
      }
      press(Keys.TAB);
    }
    throw new AssertionError("the tab key does not lead to " + css);
  }

  /** Sets the color scheme: dark or light. */
  void scheme(String scheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  void size(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /** Saves a screenshot as target/pictures/NAME.png, for people to look at. */
  void picture(String name) {
    try {
      Files.createDirectories(PICTURES);
      Files.write(PICTURES.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The browser's warnings and errors since the last call: of scripts and of the CSP. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(Object::toString)
        .toList();
  }

  void await(BooleanSupplier condition) {
    await(20, condition);
  }

  void await(int seconds, BooleanSupplier condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(seconds))
        .ignoreExceptions()
        .untilAsserted(() -> assertTrue(condition.getAsBoolean(), () -> text("body")));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
