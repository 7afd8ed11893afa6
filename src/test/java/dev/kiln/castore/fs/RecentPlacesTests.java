package dev.kiln.castore.fs;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static org.assertj.core.api.Assertions.assertThat;

class RecentPlacesTests {

  private static final int BYTES = 1 << 20;

  private final RecentPlaces places = new RecentPlaces(BYTES);

  private static Blake3Digest digest(int number) {
    return Blake3.of(ByteBuffer.allocate(4).putInt(number).array());
  }

  /** Each field at both of its ends. */
  private static Place place(int number) {
    return switch (number % 3) {
      case 0 -> new Place(-number, number, 0);
      case 1 -> new Place(Long.MAX_VALUE - number, Integer.MAX_VALUE - number, Integer.MAX_VALUE);
      default -> new Place(Long.MIN_VALUE + number, 0, number);
    };
  }

  @Test
  void givesBackWhatWasPut() {
    assertThat(places.get(digest(0))).isNull();
    for (int i = 0; i < 2_000; i++) {
      places.put(digest(i), place(i));
      assertThat(places.get(digest(i))).isEqualTo(place(i));
    }
    assertThat(places.get(digest(2_000))).isNull();
  }

  @Test
  void theLastPlaceOfABlobCounts() {
    places.put(digest(1), place(1));
    places.put(digest(1), place(2));
    assertThat(places.get(digest(1))).isEqualTo(place(2));
  }

  @Test
  void remembersAsManyAsFitAndNeverAWrongOne() {
    int fit = BYTES / 48;
    for (int i = 0; i < 10 * fit; i++) {
      places.put(digest(i), place(i));
    }
    long remembered = IntStream.range(0, 10 * fit).filter(i -> {
      Place found = places.get(digest(i));
      assertThat(found == null || found.equals(place(i))).isTrue();
      return found != null;
    }).count();
    assertThat(remembered).isBetween(fit * 9L / 10, (long) fit);
    // those that came last are there
    assertThat(IntStream.range(9 * fit + fit / 2, 10 * fit).filter(i -> places.get(digest(i)) != null).count())
        .isGreaterThan(fit * 45L / 100);
  }

  @Test
  void mayBeUsedByManyAtOnce() throws Exception {
    List<Future<?>> users;
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      users = IntStream.range(0, 8).<Future<?>>mapToObj(user -> executor.submit(() -> {
        for (int i = 0; i < 40_000; i++) {
          int number = (i * (user + 1)) % 50_000;
          places.put(digest(number), place(number));
          Place found = places.get(digest(number + 1));
          assertThat(found == null || found.equals(place(number + 1))).isTrue();
        }
      })).toList();
    }
    for (Future<?> user : users) {
      user.get();
    }
  }
}
