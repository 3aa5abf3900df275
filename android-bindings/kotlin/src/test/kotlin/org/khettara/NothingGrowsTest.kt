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

    /** What a process of its own holds after the first times and after the others: its heap has one size throughout. */
    private fun held(what: String, folder: File, vararg times: Int): List<Held> {
        val process = Programs.jvm(
            "org.khettara.Worker", what, folder.path, *times.map { "$it" }.toTypedArray(),
            options = listOf("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch"),
            // With several arenas the C library keeps what was freed, more or less of it from run to run.
            environment = mapOf("MALLOC_ARENA_MAX" to "1"),
        )
        val lines = process.inputStream.bufferedReader().readLines()
        assertEquals(0, process.waitFor())
        assertEquals(times.size, lines.size)
        return lines.map { line ->
            val (threads, files, memory) = line.split(' ')
            Held(threads.toInt(), files.toInt(), memory.toLong())
        }
    }

    private fun nothingGrew(held: List<Held>) {
        val (before, after) = held
        assertTrue(after.threads <= before.threads && after.files <= before.files, "$held")
        assertTrue(after.memoryKib - before.memoryKib <= MEMORY_KIB_MAX, "$held")
    }

    @Test
    fun `ten thousand openings leave no memory, thread or file behind`() = inMemory { folder ->
        BlockingTablet.create(folder).close()
        nothingGrew(held("open", folder, WARMING, OPENINGS))
    }

    @Test
    fun `a hundred thousand calls leave no memory, thread or file behind`() = inMemory { folder ->
        Town().use { town ->
            BlockingTablet.create(folder).use { tablet ->
                tablet.enroll(town.invite().ticket)
                tablet.save(visitTo(tablet.saveFamily(), "ملاحظة"))
            }
            nothingGrew(held("ask", folder, WARMING * 5, CALLS))
        }
    }

    private companion object {
        const val WARMING = 3_000
        const val OPENINGS = 10_000
        const val CALLS = 100_000

        /** Of one opening this would be 800 bytes, of one call 80. */
        const val MEMORY_KIB_MAX = 8_192L
    }
}
