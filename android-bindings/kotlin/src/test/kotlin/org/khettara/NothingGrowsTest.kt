package org.khettara

import java.io.File
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** An application that opens and closes all day, and one that asks all day, hold no more in the evening. */
class NothingGrowsTest {
    /** In memory where the system has such a folder: the flash has nothing to say here. */
    private fun <T> inMemory(work: (File) -> T): T {
        val shared = File("/dev/shm").toPath()
        val parent = if (Files.isWritable(shared)) Files.createTempDirectory(shared, "khettara") else Files.createTempDirectory("khettara")
        try {
            return work(parent.toFile())
        } finally {
            parent.toFile().deleteRecursively()
        }
    }

    /** What a process of its own holds after each span of so many times: its heap has one size throughout. */
    private fun held(what: String, folder: File, times: Int): List<Held> {
        val spans = List(SPANS) { "${times / SPANS}" }
        val process = Programs.jvm(
            "org.khettara.Worker", what, folder.path, *spans.toTypedArray(),
            options = listOf("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch"),
            // With several arenas the C library keeps what was freed, more or less of it from run to run.
            environment = mapOf("MALLOC_ARENA_MAX" to "1"),
        )
        val lines = process.inputStream.bufferedReader().readLines()
        assertEquals(0, process.waitFor())
        assertEquals(SPANS, lines.size)
        return lines.map { line ->
            val (threads, files, memory) = line.split(' ')
            Held(threads.toInt(), files.toInt(), memory.toLong())
        }
    }

    /**
     * What leaks grows in every span. What a virtual machine still compiles and a C library keeps for later grows by leaps,
     * and then no more: the span that grew least tells the two apart.
     */
    private fun nothingGrew(held: List<Held>) {
        val grown = held.zipWithNext()
        assertTrue(grown.minOf { (before, after) -> after.threads - before.threads } <= 0, "$held")
        assertTrue(grown.minOf { (before, after) -> after.files - before.files } <= 0, "$held")
        assertTrue(grown.minOf { (before, after) -> after.memoryKib - before.memoryKib } <= MEMORY_KIB_MAX, "$held")
    }

    @Test
    fun `twelve thousand openings leave no memory, thread or file behind`() = inMemory { folder ->
        BlockingTablet.create(folder).close()
        nothingGrew(held("open", folder, OPENINGS))
    }

    @Test
    fun `a hundred and twenty thousand calls leave no memory, thread or file behind`() = inMemory { folder ->
        Town().use { town ->
            BlockingTablet.create(folder).use { tablet ->
                tablet.enroll(town.invite().ticket)
                tablet.save(visitTo(tablet.saveFamily(), "ملاحظة"))
            }
            nothingGrew(held("ask", folder, CALLS))
        }
    }

    private companion object {
        const val SPANS = 6
        const val OPENINGS = 12_000
        const val CALLS = 120_000

        /** Of one opening this would be 262 bytes, of one call 26. */
        const val MEMORY_KIB_MAX = 512L
    }
}
