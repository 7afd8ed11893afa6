package dev.kiln.build.jpa;

import java.util.ArrayDeque;
import java.util.Deque;

/** The lanes that builds were taken from last, by this process: of two that have as many running, the other one's turn comes first. */
final class ServedLanes {

  /** Beyond these, whose turn it was longer ago is not remembered. */
  private static final int REMEMBERED = 100;

  private final Deque<Integer> lanes = new ArrayDeque<>();

  synchronized void served(int lane) {
    lanes.remove(lane);
    lanes.addLast(lane);
    if (lanes.size() > REMEMBERED) {
      lanes.removeFirst();
    }
  }

  /** @return from the one whose turn was longest ago */
  synchronized Integer[] inOrder() {
    return lanes.toArray(Integer[]::new);
  }
}
