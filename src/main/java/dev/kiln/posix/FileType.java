package dev.kiln.posix;

/** What a directory entry is: the S_IFMT part of a mode. The names read well after "is a". */
public enum FileType {
  REGULAR("regular file", 010), //
  DIRECTORY("directory", 004), //
  SYMLINK("symbolic link", 012), //
  FIFO("fifo", 001), //
  SOCKET("socket", 014), //
  CHARACTER_DEVICE("character device", 002), //
  BLOCK_DEVICE("block device", 006), //
  UNKNOWN("file of unknown type", 000);

  private static final FileType[] BY_CODE = new FileType[16];

  static {
    for (FileType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final String text;
  private final int code;

  FileType(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /** @param code mode >> 12, which is also d_type of a directory entry; a file system may leave the latter 0 */
  static FileType ofCode(int code) {
    FileType type = BY_CODE[code & 017];
    return type == null ? UNKNOWN : type;
  }

  @Override
  public String toString() {
    return text;
  }
}
