package dev.kiln.build.sandbox;

import java.util.List;
import java.util.SortedMap;

import dev.kiln.bytes.ByteString;

/**
 * A Linux program that does nothing but turn into the builder: one {@code execve} with a given path, argv and environment,
 * all of them bytes.
 *
 * <p>It stands between bubblewrap and the builder because bubblewrap 0.8 takes no argv[0], sets {@code PWD} itself, and
 * counts every variable among its at most 9,000 arguments; a shell in that place would drop the variables whose names are
 * no identifiers. If the builder cannot be executed, the program prints {@code executing '…': <why>}, as Nix does, and ends
 * with exit code 1. Until then stderr is bubblewrap's own, so that its complaints are not mixed with the log.
 *
 * @param personality32 whether the builder is told that it runs on a 32-bit machine
 */
record ExecImage(Architecture architecture, boolean personality32, ByteString path, List<ByteString> argv,
    SortedMap<ByteString, ByteString> environment) {

  /** The descriptor that the program must be run from; the builder does not see it. */
  static final int IMAGE = 9;
  /** The descriptor that the builder gets as stdout and stderr, and not else. */
  static final int LOG = 8;

  // Nix (local-derivation-goal.cc) turns address randomisation off, and gives i686 builds a 32-bit uname
  private static final int ADDR_NO_RANDOMIZE = 0x004_0000;
  private static final int PER_LINUX32 = 0x0008;

  /** @return the program, which then needs to be made executable */
  byte[] bytes() {
    CallProgram program = new CallProgram(architecture);
    int pathAt = program.string(path);
    int argvAt = program.pointers(argv.stream().map(program::string).toList());
    int environmentAt = program.pointers(
        environment.entrySet().stream().map(each -> program.variable(each.getKey(), each.getValue())).toList());
    program.call(SystemCall.PERSONALITY, ADDR_NO_RANDOMIZE | (personality32 ? PER_LINUX32 : 0));
    program.call(SystemCall.DUP3, LOG, 1, 0);
    program.call(SystemCall.DUP3, LOG, 2, 0);
    program.call(SystemCall.CLOSE, LOG);
    program.call(SystemCall.CLOSE, IMAGE);
    program.require("executing", path, SystemCall.EXECVE, pathAt, argvAt, environmentAt);
    return program.bytes();
  }
}
