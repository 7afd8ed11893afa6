package dev.kiln.store.web;

/** A URL that names nothing that could be in a store. The message quotes the part that is wrong. */
final class MalformedUrl extends IllegalArgumentException {

  MalformedUrl(String message) {
    super(message);
  }
}
