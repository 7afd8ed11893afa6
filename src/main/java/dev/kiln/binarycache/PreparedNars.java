package dev.kiln.binarycache;

import java.io.IOException;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.springframework.stereotype.Component;

import dev.kiln.castore.Castore;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.nar.NarPlan;
import dev.kiln.nar.NarWriter;
import dev.kiln.nar.PreparedNar;
import dev.kiln.pathinfo.PathInfo;

/** Finds what NARs are made of, and keeps the plans of those that were asked for last: what they say of a tree never becomes wrong. */
@Component
final class PreparedNars {

  /** What an entry takes beside the plan, in bytes. */
  private static final int OVERHEAD = 250;
  /** Of NARs, in bytes: the plan of a smaller one is made as quickly as it is found. */
  private static final int PLANNED = 64 << 10;

  private final NarWriter writer;
  private final Cache<Node, NarPlan> plans;

  PreparedNars(Castore castore, ReadCacheProperties properties) {
    this.writer = new NarWriter(castore);
    this.plans = Caffeine.newBuilder().maximumWeight(properties.narPlanMemory().toBytes())
        .<Node, NarPlan>weigher((_, plan) -> Math.toIntExact(plan.footprint()) + OVERHEAD).build();
  }

  /**
   * Makes sure that every byte of a path's NAR can be read.
   *
   * @throws MissingBlobException a blob is lost
   * @throws MissingDirectoryException a directory is lost
   */
  PreparedNar prepare(PathInfo info) throws IOException {
    NarPlan known = plans.getIfPresent(info.root());
    if (known != null && known.isHere()) {
      return known;
    }
    PreparedNar nar = writer.prepare(info.root());
    if (nar instanceof NarPlan plan && info.narSize() > PLANNED) {
      plans.put(info.root(), plan);
    }
    return nar;
  }
}
