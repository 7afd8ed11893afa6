package dev.kiln.realise;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import dev.kiln.build.Priority;

/** One who asks for paths, from the request until its answer is given, or nobody is there to take it any more. */
public final class Reader {

  /** Whose request is being answered on this thread. */
  public static final ScopedValue<Reader> CURRENT = ScopedValue.newInstance();

  /** Somebody of whom nothing is known, as when there is no request. */
  private static final Reader ANYBODY = new Reader("", Optional.empty(), Optional.of(Abandoned.CONTINUE), _ -> {
  });

  /** Sees whether the reader is still there. */
  public interface Presence {
    /** @param gone to be run when the reader has gone */
    void watch(Runnable gone);
  }

  private final String name;
  private final Optional<Priority> priority;
  private final Optional<Abandoned> abandoned;
  private final Presence presence;
  private final CompletableFuture<Void> left = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();
  /** What the reader's being here holds. */
  private final List<Runnable> holds = new ArrayList<>();
  private boolean watched;

  private Reader(String name, Optional<Priority> priority, Optional<Abandoned> abandoned, Presence presence) {
    this.name = name;
    this.priority = priority;
    this.abandoned = abandoned;
    this.presence = presence;
  }

  /**
   * @param priority asked for; else it follows from what is asked
   * @param abandoned asked for; else the configuration says it
   * @param presence asked only if something depends on it
   */
  public static Reader of(Requester requester, Optional<Priority> priority, Optional<Abandoned> abandoned,
      Presence presence) {
    return new Reader(requester.toString(), priority, abandoned, presence);
  }

  /** @return whose request is being answered on this thread */
  public static Reader current() {
    return CURRENT.orElse(ANYBODY);
  }

  /** @return for people to read */
  String name() {
    return name;
  }

  Priority priority(Priority otherwise) {
    return priority.orElse(otherwise);
  }

  Abandoned abandoned(Abandoned otherwise) {
    return abandoned.orElse(otherwise);
  }

  /** @param release is run when the reader leaves; at once if it has */
  void hold(Runnable release) {
    boolean first;
    boolean gone;
    lock.lock();
    try {
      gone = left.isDone();
      if (!gone) {
        holds.add(release);
      }
      first = !watched;
      watched = true;
    } finally {
      lock.unlock();
    }
    if (gone) {
      release.run();
    } else if (first) {
      presence.watch(this::leave);
    }
  }

  /** The reader waits no more. */
  public void leave() {
    List<Runnable> released;
    lock.lock();
    try {
      released = List.copyOf(holds);
      holds.clear();
      left.complete(null);
    } finally {
      lock.unlock();
    }
    released.forEach(Runnable::run);
  }

  /** @return completes when the reader has left */
  public CompletableFuture<Void> left() {
    return left;
  }
}
