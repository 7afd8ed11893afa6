package dev.kiln.store.web;

import java.io.IOException;
import java.nio.ByteBuffer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Component;

import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.server.FastLane;
import dev.kiln.store.FileContent;
import dev.kiln.store.FileContents;
import dev.kiln.store.FoundHere;
import dev.kiln.store.Location;
import dev.kiln.store.ReadMemoryProperties;
import dev.kiln.store.StoreReader;
import dev.kiln.storepath.InvalidStorePath;

/** {@code GET /store/…} of files that are here. Whatever is not, or is asked for in another way than most do, is the controllers'. */
@Component
class FileLane implements FastLane {

  /** What an entry takes beside its target and its file, in bytes. */
  private static final int OVERHEAD = 150;

  private final StoreReader reader;
  private final FileContents contents;
  private final Dispositions dispositions;
  private final Cache<String, HeldFile> files;

  FileLane(StoreReader reader, FileContents contents, Dispositions dispositions, ReadMemoryProperties properties) {
    this.reader = reader;
    this.contents = contents;
    this.dispositions = dispositions;
    this.files = Caffeine.newBuilder().maximumWeight(properties.pathMemory().toBytes() / 4 * 3)
        .<String, HeldFile>weigher((target, file) -> OVERHEAD + target.length() + file.footprint()).build();
  }

  @Override
  public boolean answer(String path, Request request, Response response, Callback callback) throws IOException {
    if (!path.startsWith(StoreController.PREFIX)) {
      return false;
    }
    FileQuestion question = FileQuestion.of(request.getHeaders());
    if (question == null) {
      return false;
    }
    HeldFile held = files.getIfPresent(path);
    if (held != null && !held.here().isStale(System.nanoTime())) {
      FileContent content = contents.held(held.file());
      if (content != null) {
        return answer(held, question, content, request, response, callback);
      }
    }
    return path.indexOf(';') < 0 && !request.getHttpURI().hasViolations()
        && find(path, question, request, response, callback);
  }

  private boolean find(String path, FileQuestion question, Request request, Response response, Callback callback)
      throws IOException {
    HeldFile held;
    FileContent content;
    try {
      held = locate(path);
      if (held == null) {
        return false;
      }
      content = contents.hold(held.file());
    } catch (IOException | InvalidCastore | NestedRuntimeException _) {
      // the controllers meet the same, and say what there is to say
      return false;
    }
    if (content == null) {
      return stream(held, question, request, response, callback);
    }
    files.put(path, held);
    return answer(held, question, content, request, response, callback);
  }

  /** @return null if no file is there, or nobody knows without a build */
  private @Nullable HeldFile locate(String path) throws IOException {
    Location asked;
    try {
      asked = StoreUrl.parse(path.substring(StoreController.PREFIX.length()));
    } catch (MalformedUrl | InvalidStorePath _) {
      return null;
    }
    FoundHere here = reader.findHere(asked).orElse(null);
    return here != null && here.found().node() instanceof FileNode file
        ? HeldFile.of(here, file, asked, dispositions.of(path))
        : null;
  }

  /** @param content is released */
  private static boolean answer(HeldFile held, FileQuestion question, FileContent content, Request request,
      Response response, Callback callback) {
    FileAnswer answer = FileAnswer.of(held, question, request.getMethod());
    if (answer == null) {
      content.release();
      return false;
    }
    answer.begin(response);
    if (answer.length() == 0) {
      content.release();
      callback.succeeded();
    } else {
      ByteBuffer bytes = content.bytes();
      bytes.position((int) answer.from()).limit((int) answer.to());
      response.write(true, bytes, Callback.from(callback, content::release));
    }
    return true;
  }

  private boolean stream(HeldFile held, FileQuestion question, Request request, Response response, Callback callback)
      throws IOException {
    FileAnswer answer = FileAnswer.of(held, question, request.getMethod());
    if (answer == null) {
      return false;
    }
    answer.begin(response);
    contents.write(held.file(), answer.from(), answer.to(), bytes -> Content.Sink.write(response, false, bytes));
    callback.succeeded();
    return true;
  }
}
