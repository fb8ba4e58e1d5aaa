package redisproxy.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Levenshtein distance: the number of characters to insert, delete or replace. */
final class EditDistance {
  private static final int MAX_LENGTH = 64;

  private EditDistance() {}

  /** Returns the nearest of these names, if it is near enough to be a likely misspelling. */
  static Optional<String> nearest(String name, Collection<String> names) {
    if (name.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    // maxClients, max_clients and MAX-CLIENTS are other spellings of max-clients.
    String dashed =
        name.replaceAll("([a-z])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
    return names.stream()
        .min(Comparator.comparingInt(known -> between(dashed, known)))
        .filter(known -> between(dashed, known) <= 1 + known.length() / 4);
  }

  static int between(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
