package dev.kiln.store.web;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * What a client's headers say of the file that it wants.
 *
 * @param range the {@code Range} header
 * @param ifRange the {@code If-Range} header
 * @param ifNoneMatch the {@code If-None-Match} header: one tag, or none
 */
record FileQuestion(@Nullable String range, @Nullable String ifRange, @Nullable String ifNoneMatch) {

  /** Just the file. */
  static final FileQuestion PLAIN = new FileQuestion(null, null, null);

  /** @return null if only the controllers know what it means: conditions of other kinds, several, or whether to wait */
  static @Nullable FileQuestion of(HttpFields headers) {
    String range = null;
    String ifRange = null;
    String ifNoneMatch = null;
    int conditions = 0;
    for (HttpField field : headers) {
      HttpHeader header = field.getHeader();
      if (header == null) {
        if (field.getName().equalsIgnoreCase("Prefer")) {
          return null;
        }
        continue;
      }
      switch (header) {
        case RANGE -> {
          conditions += range == null ? 0 : 2;
          range = field.getValue();
        }
        case IF_RANGE -> {
          conditions += ifRange == null ? 0 : 2;
          ifRange = field.getValue();
        }
        case IF_NONE_MATCH -> {
          conditions++;
          ifNoneMatch = field.getValue();
        }
        case IF_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, EXPECT, CONTENT_LENGTH, TRANSFER_ENCODING -> {
          return null;
        }
        default -> {
        }
      }
    }
    if (conditions > 1 || ifNoneMatch != null && (range != null || !isTag(ifNoneMatch))) {
      return null;
    }
    return range == null && ifRange == null && ifNoneMatch == null
        ? PLAIN
        : new FileQuestion(range, ifRange, ifNoneMatch);
  }

  /** One strong entity tag (RFC 9110, 8.8.3). */
  private static boolean isTag(@Nullable String value) {
    if (value == null || value.length() < 2 || value.charAt(0) != '"' || value.indexOf('"', 1) != value.length() - 1) {
      return false;
    }
    return value.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }
}
