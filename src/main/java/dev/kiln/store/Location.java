package dev.kiln.store;

import java.util.List;

import dev.kiln.castore.PathComponent;
import dev.kiln.storepath.StorePath;

/** Something at or below a store path. */
public record Location(StorePath path, SubPath sub) {

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(path.toString());
    sub.components().forEach(component -> text.append('/').append(component));
    return text.toString();
  }

  static Location of(StorePath path, List<PathComponent> components) {
    return new Location(path, new SubPath(components));
  }
}
