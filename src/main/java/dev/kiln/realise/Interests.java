package dev.kiln.realise;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.Priority;
import dev.kiln.build.Wish;
import dev.kiln.build.Wishes;

/**
 * What the readers of this replica want of builds. The database knows of each build that somebody here waits for it, but not how many
 * do: it is told when the first one comes, and, within a poll, when the last one has left.
 */
final class Interests {

  /** What is wanted of a build from here. Guarded by the lock. */
  private static final class Interest {
    /** What the database was told; null if it is to be told anew. */
    private @Nullable Wish told;
    /** Who else the database was told of. */
    private final Set<String> names = new HashSet<>();
    /** Under which name this replica waits in the database. */
    private Optional<UUID> replica = Optional.empty();
    /** Readers whose leaving counts. */
    private int present;

    private boolean covers(Wish wish) {
      Wish known = told;
      return known != null && known.priority().compareTo(wish.priority()) >= 0
          && (known.isKept() || !wish.isKept()) && names.contains(wish.requestedBy());
    }

    private void tell(Wish wish) {
      Wish known = told == null ? wish : told;
      Priority priority = wish.priority().compareTo(known.priority()) > 0 ? wish.priority() : known.priority();
      boolean kept = wish.isKept() || known.isKept();
      told = new Wish(wish.requestedBy(), priority, kept ? Optional.empty() : wish.replica());
      names.add(wish.requestedBy());
      replica = wish.replica().or(() -> replica);
    }
  }

  private final Wishes wishes;
  private final Lease lease;
  private final Abandoned configured;
  private final Duration grace;
  private final ReentrantLock lock = new ReentrantLock();
  /** Held while the database is told who comes and who leaves: otherwise it might hear of it in another order. */
  private final ReentrantLock telling = new ReentrantLock();
  private final Map<UUID, Interest> interests = new HashMap<>();

  /** @param grace how long a reader may come back */
  Interests(Wishes wishes, Lease lease, Abandoned configured, Duration grace) {
    this.wishes = wishes;
    this.lease = lease;
    this.configured = configured;
    this.grace = grace;
  }

  /** @param urgency if the reader does not say otherwise; what goes on in the background goes on without it */
  Wish wish(Reader reader, Priority urgency) {
    Abandoned otherwise = urgency == Priority.BACKGROUND ? Abandoned.CONTINUE : configured;
    return new Wish(reader.name(), reader.priority(urgency),
        reader.abandoned(otherwise) == Abandoned.CONTINUE ? Optional.empty() : Optional.of(lease.replica()));
  }

  /** A build was submitted as {@code wish} says. */
  void submitted(UUID build, Wish wish, Reader reader) {
    lock.lock();
    try {
      Interest interest = interests.computeIfAbsent(build, _ -> new Interest());
      interest.tell(wish);
      interest.present += wish.isKept() ? 0 : 1;
    } finally {
      lock.unlock();
    }
    hold(build, wish, reader);
  }

  /** Wants a build that is live already. @return false if it has ended */
  boolean join(UUID build, Wish wish, Reader reader) {
    boolean covered;
    lock.lock();
    try {
      Interest interest = interests.computeIfAbsent(build, _ -> new Interest());
      covered = interest.covers(wish);
      // from now on, nobody takes it for abandoned
      interest.present += wish.isKept() ? 0 : 1;
    } finally {
      lock.unlock();
    }
    hold(build, wish, reader);
    return covered || tell(build, wish);
  }

  private boolean tell(UUID build, Wish wish) {
    telling.lock();
    try {
      if (!wishes.want(build, wish)) {
        return false;
      }
      lock.lock();
      try {
        interests.computeIfAbsent(build, _ -> new Interest()).tell(wish);
      } finally {
        lock.unlock();
      }
      return true;
    } finally {
      telling.unlock();
    }
  }

  private void hold(UUID build, Wish wish, Reader reader) {
    if (!wish.isKept()) {
      reader.hold(() -> release(build));
    }
  }

  private void release(UUID build) {
    lock.lock();
    try {
      Interest interest = interests.get(build);
      if (interest != null) {
        interest.present--;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Tells the database who has left, and, after a lease ran out, who has not. Forgets what nobody here waits for.
   *
   * @param awaited builds that have not ended, as far as it is known here
   */
  void tell(Set<UUID> awaited) {
    telling.lock();
    try {
      renew();
      Map<UUID, List<UUID>> left = takeLeft(awaited);
      left.forEach((replica, builds) -> {
        wishes.leave(replica, builds, grace);
        forget(builds);
      });
    } finally {
      telling.unlock();
    }
  }

  private void renew() {
    UUID replica = lease.replica();
    List<UUID> lost = new ArrayList<>();
    lock.lock();
    try {
      interests.forEach((build, interest) -> {
        if (interest.present > 0 && interest.replica.isPresent() && !interest.replica.get().equals(replica)) {
          lost.add(build);
        }
      });
    } finally {
      lock.unlock();
    }
    if (!lost.isEmpty()) {
      wishes.renew(replica, lost);
      lock.lock();
      try {
        for (UUID build : lost) {
          Interest interest = interests.get(build);
          if (interest != null) {
            interest.replica = Optional.of(replica);
          }
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** @return the builds that nobody here waits for any more, by the name under which this replica did; who comes now is told anew */
  private Map<UUID, List<UUID>> takeLeft(Set<UUID> awaited) {
    Map<UUID, List<UUID>> left = new HashMap<>();
    lock.lock();
    try {
      interests.entrySet().removeIf(entry -> entry.getValue().present == 0 && entry.getValue().replica.isEmpty()
          && !awaited.contains(entry.getKey()));
      interests.forEach((build, interest) -> {
        if (interest.present == 0 && interest.replica.isPresent()) {
          interest.told = null;
          left.computeIfAbsent(interest.replica.get(), _ -> new ArrayList<>()).add(build);
        }
      });
    } finally {
      lock.unlock();
    }
    return left;
  }

  private void forget(Collection<UUID> builds) {
    lock.lock();
    try {
      for (UUID build : builds) {
        Interest interest = interests.get(build);
        if (interest != null) {
          interest.replica = Optional.empty();
          if (interest.present == 0) {
            interests.remove(build);
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  List<UUID> cancelAbandoned() {
    return wishes.cancelAbandoned(grace);
  }
}
