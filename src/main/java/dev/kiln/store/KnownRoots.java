package dev.kiln.store;

import java.util.Optional;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

import dev.kiln.castore.Node;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The roots of paths that are here, kept for a moment: who reads one file reads others. What is not here is never remembered. */
@Component
class KnownRoots {

  /** What an entry takes, in bytes, more or less: a path, a node and what the cache has around them. */
  private static final int FOOTPRINT = 600;

  /** @param readAt by {@link System#nanoTime} */
  private record Root(StorePath path, Node node, long readAt) {}

  /** A store path is not here. Not an error, and so without a stack trace. */
  static final class NotHere extends Exception {
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  private final PathInfos pathInfos;
  private final Cache<StorePathHash, Root> roots;
  private final long maxStale;

  KnownRoots(PathInfos pathInfos, ReadMemoryProperties properties) {
    this.pathInfos = pathInfos;
    this.maxStale = properties.maxStale().toNanos();
    this.roots = Caffeine.newBuilder().maximumSize(properties.pathMemory().toBytes() / 4 / FOOTPRINT)
        .expireAfterWrite(properties.maxStale()).build();
  }

  /** Begins a way through paths that are here. */
  Visit visit() {
    return new Visit();
  }

  /** One way through the store. */
  final class Visit {

    private long oldest = System.nanoTime();

    /** @throws NotHere it is not */
    Node root(StorePath path) throws NotHere {
      Root root = find(path.hash());
      if (root == null || !root.path().equals(path)) {
        throw new NotHere();
      }
      oldest = root.readAt() - oldest < 0 ? root.readAt() : oldest;
      return root.node();
    }

    /** @return when what was found by these roots is to be looked for again, by {@link System#nanoTime} */
    long staleAt() {
      return oldest + maxStale;
    }
  }

  private @Nullable Root find(StorePathHash hash) {
    Root known = roots.getIfPresent(hash);
    if (known != null) {
      return known;
    }
    long now = System.nanoTime();
    Optional<PathInfo> info = pathInfos.find(hash);
    if (info.isEmpty()) {
      return null;
    }
    Root root = new Root(info.get().path(), info.get().root(), now);
    roots.put(hash, root);
    return root;
  }
}
