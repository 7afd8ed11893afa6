package dev.kiln.posix;

/**
 * What statx(2) says of a file, links not followed.
 *
 * @param permissions the low twelve bits of the mode
 * @param size in bytes
 * @param allocated what it takes on the disk, in bytes: less than its size where it has holes
 * @param links number of names
 * @param device major number in the upper, minor number in the lower 32 bits
 * @param mount identity of the mount that it is in; 0 where the kernel does not tell (before 5.8)
 * @param modifiedSeconds since the epoch
 * @param modifiedNanos the part of a second
 */
public record FileStatus(FileType type, int permissions, int owner, long size, long allocated, long links, long device,
    long inode,
    long mount, long modifiedSeconds, int modifiedNanos) {

  private static final int OWNER_EXECUTES = 0100;

  /** Nix's rule for what is executable: the owner may execute it (archive.cc). */
  public boolean ownerMayExecute() {
    return (permissions & OWNER_EXECUTES) != 0;
  }

  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  /** @return whether both are the same file, under whatever name */
  public boolean sameFile(FileStatus other) {
    return device == other.device && inode == other.inode;
  }

  /** @return whether both lie in the same mount, or, on kernels that do not tell, on the same file system */
  public boolean sameMount(FileStatus other) {
    return device == other.device && mount == other.mount;
  }
}
