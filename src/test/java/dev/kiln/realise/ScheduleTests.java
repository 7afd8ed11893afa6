package dev.kiln.realise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

import org.junit.jupiter.api.Test;

import dev.kiln.realise.Plan.Step;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

import static org.assertj.core.api.Assertions.assertThat;

class ScheduleTests {

  private static StorePathHash hash(int number) {
    return new StorePathHash(number, 0, 0);
  }

  private static Step step(int number, Integer... waitsFor) {
    Set<StorePathHash> hashes = new HashSet<>();
    Arrays.stream(waitsFor).forEach(each -> hashes.add(hash(each)));
    return new Step(new StorePath(hash(number), new StorePathName("s-" + number + ".drv")), hashes);
  }

  @Test
  void ofNothingTakesNoTime() {
    Schedule schedule = new Schedule(List.of(), new long[0]);
    assertThat(schedule.elapsed(4)).isZero();
    assertThat(schedule.longestChain()).isZero();
  }

  @Test
  void ofAChainTakesTheSumHoweverManyJobsThereAre() {
    Schedule schedule = new Schedule(List.of(step(2, 1), step(0), step(1, 0)), new long[]{30, 10, 20});
    assertThat(schedule.longestChain()).isEqualTo(60);
    assertThat(schedule.elapsed(1)).isEqualTo(60);
    assertThat(schedule.elapsed(8)).isEqualTo(60);
  }

  @Test
  void sharesIndependentStepsAmongItsJobs() {
    List<Step> steps = List.of(step(0), step(1), step(2), step(3), step(4, 0, 1, 2, 3));
    Schedule schedule = new Schedule(steps, new long[]{10, 10, 10, 10, 5});
    assertThat(schedule.elapsed(1)).isEqualTo(45);
    assertThat(schedule.elapsed(2)).isEqualTo(25);
    assertThat(schedule.elapsed(3)).isEqualTo(25);
    assertThat(schedule.elapsed(4)).isEqualTo(15);
    assertThat(schedule.longestChain()).isEqualTo(15);
  }

  @Test
  void beginsWithWhatTheLongestChainNeeds() {
    // two short ones, and a long one that much waits for: begun last, it would make 30 of 20
    List<Step> steps = List.of(step(0), step(1), step(2), step(3, 2));
    assertThat(new Schedule(steps, new long[]{10, 10, 10, 10}).elapsed(2)).isEqualTo(20);
  }

  @Test
  void isAsLongAsItsBoundsSayForAnyGraph() {
    Random random = new Random(6);
    for (int round = 0; round < 200; round++) {
      int size = 1 + random.nextInt(40);
      List<Step> steps = new ArrayList<>();
      long[] millis = new long[size];
      for (int i = 0; i < size; i++) {
        int limit = i;
        steps.add(step(i, random.ints(random.nextInt(4), 0, Math.max(1, limit)).filter(each -> each < limit).boxed()
            .toArray(Integer[]::new)));
        millis[i] = random.nextInt(100);
      }
      Schedule schedule = new Schedule(steps, millis);
      long work = Arrays.stream(millis).sum();
      int jobs = 1 + random.nextInt(5);
      assertThat(schedule.elapsed(1)).isEqualTo(work);
      assertThat(schedule.elapsed(size)).isEqualTo(schedule.longestChain());
      // Graham: no list schedule is worse
      assertThat(schedule.elapsed(jobs)).isBetween(Math.max(schedule.longestChain(), (work + jobs - 1) / jobs),
          work / jobs + schedule.longestChain());
    }
  }

  @Test
  void ofAHundredThousandStepsInOneChainNeedsNoDeepStack() {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      steps.add(i == 0 ? step(0) : step(i, i - 1));
    }
    long[] millis = new long[steps.size()];
    Arrays.fill(millis, 1);
    assertThat(new Schedule(steps, millis).elapsed(3)).isEqualTo(100_000);
  }
}
