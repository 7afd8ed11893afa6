package dev.kiln.binarycache;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.Signature;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.storepath.StorePath;

/** Gives Kiln's word for paths. Signatures are not stored: Ed25519 gives the same one each time. */
public final class Signer {

  /** Signatures remembered, about 300 bytes each: to make one takes longer than all the rest of a look-up. */
  private static final int REMEMBERED = 20_000;

  private final SigningKey key;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<NixHash, Signature> remembered = new LinkedHashMap<>(16, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<NixHash, Signature> eldest) {
      return size() > REMEMBERED;
    }
  };

  Signer(SigningKey key) {
    this.key = key;
  }

  /** @return {@code <name>:<base64>}, as a client's {@code trusted-public-keys} takes it */
  public String publicKey() {
    return key.publicKey();
  }

  public Signature sign(PathInfo info) {
    return sign(fingerprint(info));
  }

  public Signature sign(RealisedOutput output) {
    return sign(output.fingerprint());
  }

  private Signature sign(String fingerprint) {
    NixHash digest = NixHash.sha256Of(fingerprint);
    lock.lock();
    try {
      Signature known = remembered.get(digest);
      if (known != null) {
        return known;
      }
    } finally {
      lock.unlock();
    }
    Signature signature = key.sign(fingerprint);
    lock.lock();
    try {
      remembered.put(digest, signature);
    } finally {
      lock.unlock();
    }
    return signature;
  }

  /** What is signed (Nix: path-info.cc, ValidPathInfo::fingerprint): references as whole paths, sorted, with commas between. */
  static String fingerprint(PathInfo info) {
    return "1;" + info.path() + ";" + info.narHash().prefixedBase32() + ";" + info.narSize() + ";"
        + info.references().stream().map(StorePath::toString).collect(Collectors.joining(","));
  }
}
