package dev.kiln.realise;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;

import dev.kiln.realise.Plan.Step;
import dev.kiln.storepath.StorePathHash;

/** When the steps of a plan would be done, each taking the time that is given. Without recursion: chains are as long as the plan. */
final class Schedule {

  private final long[] millis;
  /** Which steps wait for each. */
  private final int[][] dependents;
  private final int[] waitsFor;
  /** From the step's begin to the end of all that follows from it, in milliseconds. */
  private final long[] height;

  /** @param millis of each step */
  Schedule(List<Step> steps, long[] millis) {
    this.millis = millis;
    this.waitsFor = new int[steps.size()];
    this.dependents = dependents(steps, waitsFor);
    this.height = heights();
  }

  private static int[][] dependents(List<Step> steps, int[] waitsFor) {
    Map<StorePathHash, Integer> places = HashMap.newHashMap(steps.size());
    for (int i = 0; i < steps.size(); i++) {
      places.put(steps.get(i).derivation().hash(), i);
    }
    int[] counts = new int[steps.size()];
    for (Step step : steps) {
      step.waitsFor().forEach(input -> counts[place(places, input)]++);
    }
    int[][] dependents = new int[steps.size()][];
    Arrays.setAll(dependents, i -> new int[counts[i]]);
    for (int i = 0; i < steps.size(); i++) {
      waitsFor[i] = steps.get(i).waitsFor().size();
      for (StorePathHash input : steps.get(i).waitsFor()) {
        int place = place(places, input);
        dependents[place][--counts[place]] = i;
      }
    }
    return dependents;
  }

  private static int place(Map<StorePathHash, Integer> places, StorePathHash step) {
    return Objects.requireNonNull(places.get(step), "a step waits for what is no step");
  }

  private long[] heights() {
    int[] order = order();
    long[] heights = new long[millis.length];
    for (int i = order.length - 1; i >= 0; i--) {
      long above = 0;
      for (int dependent : dependents[order[i]]) {
        above = Math.max(above, heights[dependent]);
      }
      heights[order[i]] = millis[order[i]] + above;
    }
    return heights;
  }

  /** @return the steps, each after what it waits for */
  private int[] order() {
    int[] order = new int[millis.length];
    int[] left = waitsFor.clone();
    int end = 0;
    for (int i = 0; i < left.length; i++) {
      if (left[i] == 0) {
        order[end++] = i;
      }
    }
    for (int next = 0; next < end; next++) {
      for (int dependent : dependents[order[next]]) {
        if (--left[dependent] == 0) {
          order[end++] = dependent;
        }
      }
    }
    if (end < order.length) {
      throw new IllegalStateException("steps wait for each other");
    }
    return order;
  }

  /** @return in milliseconds */
  long longestChain() {
    return Arrays.stream(height).max().orElse(0);
  }

  /** @return in milliseconds, if of all that can begin the one is begun first from which the most follows */
  long elapsed(int jobs) {
    PriorityQueue<Integer> ready = new PriorityQueue<>(Comparator.comparingLong((Integer step) -> -height[step]));
    PriorityQueue<Running> running = new PriorityQueue<>(Comparator.comparingLong(Running::end));
    int[] left = waitsFor.clone();
    for (int i = 0; i < left.length; i++) {
      if (left[i] == 0) {
        ready.add(i);
      }
    }
    long now = 0;
    while (!ready.isEmpty() || !running.isEmpty()) {
      while (!ready.isEmpty() && running.size() < jobs) {
        int step = ready.remove();
        running.add(new Running(step, now + millis[step]));
      }
      Running ended = running.remove();
      now = ended.end;
      for (int dependent : dependents[ended.step]) {
        if (--left[dependent] == 0) {
          ready.add(dependent);
        }
      }
    }
    return now;
  }

  private record Running(int step, long end) {}
}
