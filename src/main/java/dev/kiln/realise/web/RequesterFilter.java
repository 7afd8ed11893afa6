package dev.kiln.realise.web;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

import dev.kiln.build.Priority;
import dev.kiln.http.Connections;
import dev.kiln.http.Prefer;
import dev.kiln.realise.Abandoned;
import dev.kiln.realise.Reader;
import dev.kiln.realise.Requester;

/**
 * Remembers who asks, and what its {@code Prefer} header says of builds, while the request is answered: it goes on record with the
 * builds that it begins. When the answer is given, or the client has gone, nobody waits for them.
 */
@Component
class RequesterFilter extends OncePerRequestFilter {

  private final Connections connections;

  RequesterFilter(Connections connections) {
    this.connections = connections;
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Requester requester = Requester.of(request.getRemoteAddr(), request.getHeader(HttpHeaders.USER_AGENT));
    List<String> prefer = Collections.list(request.getHeaders("Prefer"));
    Presence presence = new Presence(request);
    Reader reader = Reader.of(requester, named(Priority.values(), Prefer.value(prefer, "priority")),
        named(Abandoned.values(), Prefer.value(prefer, "abandon")), presence);
    try {
      ScopedValue.where(Reader.CURRENT, reader).<Void, IOException>call(() -> {
        try {
          chain.doFilter(request, response);
          return null;
        } catch (ServletException e) {
          throw new Refused(e);
        }
      });
    } catch (Refused e) {
      throw e.cause;
    } finally {
      presence.close();
      reader.leave();
    }
  }

  /** What is not understood is ignored, as RFC 7240 has it. */
  private static <T extends Enum<T>> Optional<T> named(T[] all, Optional<String> name) {
    return Arrays.stream(all).filter(each -> name.filter(each.name()::equalsIgnoreCase).isPresent()).findFirst();
  }

  /** Looks after the client's connection, from when something depends on it. */
  private final class Presence implements Reader.Presence, AutoCloseable {
    private final HttpServletRequest request;
    private volatile Connections.@Nullable Watch watch;

    private Presence(HttpServletRequest request) {
      this.request = request;
    }

    @Override
    public void watch(Runnable gone) {
      watch = connections.watch(request, gone);
    }

    @Override
    public void close() {
      Connections.Watch watching = watch;
      if (watching != null) {
        watching.close();
      }
    }
  }

  /** Carries the one checked exception out that the scope cannot. */
  private static final class Refused extends RuntimeException {
    private final ServletException cause;

    private Refused(ServletException cause) {
      super(cause);
      this.cause = cause;
    }
  }
}
