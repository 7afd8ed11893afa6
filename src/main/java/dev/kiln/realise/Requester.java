package dev.kiln.realise;

import org.jspecify.annotations.Nullable;

/**
 * Who asks for something to be built.
 *
 * @param address of the network
 * @param agent what the client calls itself; empty if it does not
 */
public record Requester(String address, String agent) {

  /** In characters: a client may call itself whatever it likes. */
  private static final int MAX_AGENT = 200;

  /** @param agent as its header has it */
  public static Requester of(String address, @Nullable String agent) {
    String name = agent == null ? "" : agent;
    return new Requester(address, name.substring(0, Math.min(name.length(), MAX_AGENT)));
  }

  @Override
  public String toString() {
    return agent.isEmpty() ? address : address + " " + agent;
  }
}
