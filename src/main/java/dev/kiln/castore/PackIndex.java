package dev.kiln.castore;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.Blake3Digest;

/**
 * In which pack each small blob lies, and where in it. A pack is registered when its file is durable; the file tells what is in it, so the
 * index of a large pack may come later: see {@link #notIndexed}.
 */
public interface PackIndex {

  /**
   * Where a blob is.
   *
   * @param pack the pack's id
   * @param start in the pack's file, in bytes
   * @param length in bytes
   */
  record Place(long pack, int start, int length) {}

  record PackedBlob(Blake3Digest digest, Place place) {}

  /** @return the places that are known; any number may be asked for at once */
  Map<Blake3Digest, Place> find(Collection<Blake3Digest> digests);

  /** Registers a pack without its blobs, if it is not registered yet. */
  void register(long pack);

  /**
   * Registers a pack, if it is not yet, with all its blobs. A blob that lay elsewhere lies here from then on. A pack that is indexed
   * stays as it is: any number of Kilns may do this at once.
   */
  void index(long pack, List<PackedBlob> blobs);

  /**
   * Indexes a pack whose file is not durable yet, as {@link #index}, and keeps what is in the file until {@link #forced}: it
   * can be made again from that.
   *
   * @param content the whole file
   */
  void indexAhead(long pack, List<PackedBlob> blobs, ByteString content);

  /** @return the packs whose files may not be durable: what is in them is kept */
  List<Long> unforced();

  /** @return the whole file of a pack; empty if it is durable, or not here */
  Optional<ByteString> unforced(long pack);

  /** Forgets what is in packs whose files are durable now. */
  void forced(Collection<Long> packs);

  /** @return the registered packs whose blobs are not known here */
  List<Long> notIndexed();

  /** @return those of {@code packs} that are registered */
  Set<Long> registered(Collection<Long> packs);
}
