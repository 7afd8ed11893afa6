package dev.kiln.castore;

class InMemoryDirectoriesTests extends DirectoriesContract {

  @Override
  protected Directories create() {
    return new InMemoryDirectories();
  }
}
