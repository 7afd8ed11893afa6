package dev.kiln.posix;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Permissions mean nothing to root: runs something as nobody, as far as files go, even if the test runs as root. */
public final class OrdinaryUser {

  private static final int NOBODY = 65534;
  private static final MethodHandle SETFSGID = downcall("setfsgid");
  private static final MethodHandle SETFSUID = downcall("setfsuid");

  private OrdinaryUser() {}

  /** Runs in a thread of its own, because Linux keeps this identity per thread. Without root, it is who it was. */
  public static <T> T call(Callable<T> action) throws Exception {
    FutureTask<T> task = new FutureTask<>(() -> {
      become();
      return action.call();
    });
    Thread.ofPlatform().start(task);
    return task.get();
  }

  private static void become() {
    try {
      int _ = (int) SETFSGID.invokeExact(NOBODY);
      int _ = (int) SETFSUID.invokeExact(NOBODY);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static MethodHandle downcall(String name) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT));
  }
}
