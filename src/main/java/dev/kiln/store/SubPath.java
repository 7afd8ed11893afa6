package dev.kiln.store;

import java.util.List;

import dev.kiln.castore.PathComponent;

/** The names that lead from a store path's root to something below it; none is the root itself. */
public record SubPath(List<PathComponent> components) {

  public static final SubPath ROOT = new SubPath(List.of());

  public SubPath { components = List.copyOf(components); }
}
