package dev.kiln.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.test.context.TestPropertySource;

/**
 * A {@link KilnTest} that empties tables, spoils rows, or registers paths without content: its Kiln is shared with none but its
 * like, each of which begins by emptying what it uses.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@KilnTest
@TestPropertySource(properties = "kiln.test.kiln=scratch")
public @interface ScratchKilnTest {
}
