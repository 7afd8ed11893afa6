package dev.kiln.posix;

import java.io.IOException;

/** A signal that ends a process. */
public enum Signal {
  TERM(15), KILL(9);

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  /**
   * Sends this to one process.
   *
   * @return false if there is none with that id any more
   */
  public boolean sendTo(long pid) throws IOException {
    return send(requireOrdinary(pid));
  }

  /**
   * Sends this to every process of a group.
   *
   * @return false if the group has none any more
   */
  public boolean sendToGroup(long leader) throws IOException {
    return send(-requireOrdinary(leader));
  }

  /** 0 and -1 would reach Kiln's own group, or everybody; 1 is the machine's, or container's, first process. */
  private static int requireOrdinary(long pid) {
    if (pid <= 1) {
      throw new IllegalArgumentException("process id " + pid + " is not one to send a signal to");
    }
    return Math.toIntExact(pid);
  }

  private boolean send(int pid) throws IOException {
    try {
      Libc.kill(pid, number);
      return true;
    } catch (PosixException e) {
      if (e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }
}
