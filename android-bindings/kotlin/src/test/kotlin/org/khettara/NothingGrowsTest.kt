package org.khettara

import java.io.File
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** An application that opens and closes all day, and one that asks all day, hold no more in the evening. */
class NothingGrowsTest {
    private data class Held(val threads: Int, val files: Int, val memoryKib: Long)

    private fun held(): Held {
        System.gc()
        val status = File("/proc/self/status").readLines().associate { it.substringBefore(':') to it.substringAfter(':').trim() }
        val memory = status.getValue("VmRSS").substringBefore(' ').toLong()
        return Held(status.getValue("Threads").toInt(), File("/proc/self/fd").list()!!.size, memory)
    }

    private fun grew(before: Held, after: Held, memoryKibMax: Long) {
        assertTrue(after.threads <= before.threads, "$before $after")
        assertTrue(after.files <= before.files, "$before $after")
        assertTrue(after.memoryKib - before.memoryKib <= memoryKibMax, "$before $after")
    }

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

    @Test
    fun `ten thousand openings leave no memory, thread or file behind`() = inMemory { folder ->
        BlockingTablet.create(folder).close()
        repeat(WARMING) { BlockingTablet.open(folder).close() }
        val before = held()
        repeat(OPENINGS) { BlockingTablet.open(folder).close() }
        grew(before, held(), MEMORY_KIB_MAX)
    }

    @Test
    fun `a hundred thousand calls leave no memory, thread or file behind`() = inMemory { folder ->
        Town().use { town ->
            BlockingTablet.create(folder).use { tablet ->
                tablet.enroll(town.invite().ticket)
                val family = tablet.saveFamily()
                tablet.save(visitTo(family, "ملاحظة"))
                fun ask(times: Int) = repeat(times) { turn ->
                    when (turn % 5) {
                        0 -> assertEquals(1, tablet.households().rows.size)
                        1 -> assertEquals(2, tablet.household(family).members.size)
                        2 -> assertEquals(1, tablet.visits().size)
                        3 -> refused<KhettaraException.Invalid> { tablet.save(HouseholdForm(id = family, phone = "1")) }
                        else -> assertEquals(0, tablet.conflicts().size)
                    }
                }
                ask(CALLS / 10)
                val before = held()
                ask(CALLS)
                grew(before, held(), MEMORY_KIB_MAX)
            }
        }
    }

    private companion object {
        const val WARMING = 1_000
        const val OPENINGS = 10_000
        const val CALLS = 100_000

        /** The JVM's own memory goes up and down by about this much. */
        const val MEMORY_KIB_MAX = 65_536L
    }
}
