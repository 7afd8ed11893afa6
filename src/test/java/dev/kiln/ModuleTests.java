package dev.kiln;

import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

class ModuleTests {

  private static final JavaClasses KILN = new ClassFileImporter()
      .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.kiln");

  private static final String[] PURE = Stream.of("bytes", "hash", "storepath", "castore", "nar", "derivation", "json")
      .map(module -> "dev.kiln." + module).toArray(String[]::new);

  @Test
  void dependOnOneAnotherOnlyAsTheirPackageInfoSays() {
    ApplicationModules.of(KilnApplication.class).verify();
  }

  /** The package itself, without its adapters in sub-packages. */
  @Test
  void ofPureValuesKnowNoFramework() {
    noClasses().that().resideInAnyPackage(PURE)
        .and(JavaClass.Predicates.simpleName("package-info").negate()).should().dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "jakarta..", "tools.jackson..", "com.fasterxml.jackson..")
        .check(KILN);
  }
}
