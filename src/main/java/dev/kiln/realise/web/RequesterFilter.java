package dev.kiln.realise.web;

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

import dev.kiln.realise.Requester;

/** Remembers who asks, while the request is answered: it goes on record with the builds that it begins. */
@Component
class RequesterFilter extends OncePerRequestFilter {

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Requester requester = Requester.of(request.getRemoteAddr(), request.getHeader(HttpHeaders.USER_AGENT));
    try {
      ScopedValue.where(Requester.CURRENT, requester).<Void, IOException>call(() -> {
        try {
          chain.doFilter(request, response);
          return null;
        } catch (ServletException e) {
          throw new Refused(e);
        }
      });
    } catch (Refused e) {
      throw e.cause;
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
