package dev.kiln.tar;

import java.util.ArrayList;
import java.util.List;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.PathComponent;

/**
 * Where in the tree an entry belongs.
 *
 * @param names none for the tree's root
 */
record TarPath(List<PathComponent> names) {

  private static final ByteString HERE = ByteString.utf8(".");
  private static final ByteString FROM_HERE = ByteString.utf8("./");

  /**
   * Takes {@code a/b} and {@code ./a/b}; {@code .} and {@code ./} are the root.
   *
   * @param directory whether one '/' may stand at the end
   * @throws InvalidCastore for anything else: an absolute name, "..", or what {@link PathComponent} does not take
   */
  static TarPath parse(ByteString name, boolean directory) {
    if (name.isEmpty()) {
      throw new InvalidCastore("its name is empty");
    }
    if (name.at(0) == '/') {
      throw new InvalidCastore("its name is absolute");
    }
    if (name.equals(HERE) || name.equals(FROM_HERE)) {
      return new TarPath(List.of());
    }
    int from = name.startsWith(FROM_HERE) ? FROM_HERE.length() : 0;
    int end = directory && name.at(name.length() - 1) == '/' ? name.length() - 1 : name.length();
    List<PathComponent> names = new ArrayList<>();
    while (from <= end) {
      int slash = name.indexOf('/', from);
      int to = slash < 0 ? end : Math.min(slash, end);
      names.add(new PathComponent(name.substring(from, to)));
      from = to + 1;
    }
    return new TarPath(names);
  }

  @Override
  public String toString() {
    return String.join("/", names.stream().map(PathComponent::toString).toList());
  }
}
