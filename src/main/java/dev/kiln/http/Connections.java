package dev.kiln.http;

import jakarta.servlet.http.HttpServletRequest;

/** The connections that requests came on. */
public interface Connections {

  /** A look at one connection. */
  interface Watch extends AutoCloseable {

    /** Looks no more. */
    @Override
    void close();
  }

  /**
   * Looks after the connection of a request whose answer takes long, and which has been read whole. A client that only has ended its
   * side of the connection is taken to be gone, too.
   *
   * @param gone is run at most once, on a thread of its own, when the client has gone; never where that cannot be known
   */
  Watch watch(HttpServletRequest request, Runnable gone);
}
