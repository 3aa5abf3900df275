package org.khettara

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

/** What the README shows is what is compiled here, and it does what it says. */
class TheExampleInTheReadmeTest {
    private val example = File("src/test/kotlin/org/khettara/Example.kt").readText()
        .substringAfter("// <example>\n").substringBefore("    // </example>").trimIndent().trim()

    @Test
    fun `the README has the example word for word, in at most twenty lines`() {
        val shown = File("../../README.md").readText().substringAfter("```kotlin\n").substringBefore("\n```")
        assertEquals(example, shown)
        assertTrue(shown.lines().size <= 20)
    }

    @Test
    fun `the example records a morning and delivers it`() {
        Town().use { town ->
            val (out, said) = System.out to ByteArrayOutputStream()
            System.setOut(PrintStream(said, true, "UTF-8"))
            try {
                runBlocking { Example.aMorning(town.folder("amina"), town.invite().ticket) }
            } finally {
                System.setOut(out)
            }
            val lines = said.toString("UTF-8").trim().lines()
            assertContains(lines, "0 visits left")
            assertEquals("Transmise", lines.last())
        }
    }
}
