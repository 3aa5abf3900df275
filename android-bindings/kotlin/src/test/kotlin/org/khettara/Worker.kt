package org.khettara

import java.io.File
import java.util.UUID
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

/** A process of its own that works on a tablet until somebody kills it: what it wrote on a line is saved. */
internal object Worker {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (what, folder) = arguments
        when (what) {
            "save" -> save(File(folder), syncing = false)
            "sync" -> save(File(folder), syncing = true)
            "hold" -> hold(File(folder))
            "fill" -> fill(File(folder))
            "disk" -> fillTheDisk(File(folder), arguments[2])
            "open" -> counted(arguments.drop(2)) { BlockingTablet.open(File(folder)).close() }
            "ask" -> ask(File(folder), arguments.drop(2))
            else -> error("nobody does $what")
        }
    }

    private fun say(line: String) {
        println(line)
        System.out.flush()
    }

    private fun save(folder: File, syncing: Boolean) {
        val tablet = BlockingTablet.open(folder)
        if (syncing) thread(isDaemon = true) { while (true) runCatching { tablet.sync() } }
        val family = tablet.saveFamily()
        while (true) say("$family ${tablet.save(visitTo(family, "ملاحظة")).records.single().id}")
    }

    private fun hold(folder: File) {
        val tablet = BlockingTablet.open(folder)
        say("${tablet.handle}")
        CountDownLatch(1).await()
    }

    /** Does it so many times, and says what the process holds after each of them. */
    private fun counted(times: List<String>, work: (Int) -> Unit) {
        for (count in times) {
            repeat(count.toInt(), work)
            val held = Held.now()
            say("${held.threads} ${held.files} ${held.memoryKib}")
        }
    }

    /** What an application asks all day, an error among it. */
    private fun ask(folder: File, times: List<String>): Unit = BlockingTablet.open(folder).use { tablet ->
        val family = tablet.households().rows.single().id
        counted(times) { turn ->
            when (turn % 5) {
                0 -> check(tablet.households().rows.size == 1)
                1 -> check(tablet.household(family).members.size == 2)
                2 -> check(tablet.visits().size == 1)
                3 -> refused<KhettaraException.Invalid> { tablet.save(HouseholdForm(id = family, phone = "1")) }
                else -> check(tablet.conflicts().isEmpty())
            }
        }
    }

    /** Saves until the disk is full, and then says what it is told. */
    private fun fill(folder: File) {
        val tablet = BlockingTablet.open(folder)
        val note = "ملاحظة طويلة ".repeat(400)
        try {
            while (true) {
                val family = tablet.saveFamily()
                repeat(20) { say("$family ${tablet.save(visitTo(family, note)).records.single().id}") }
            }
        } catch (error: KhettaraException) {
            say("${error.kind} ${error.code} ${tablet.visits().size}")
        }
    }

    /** The same on a small file system of its own, which is gone with this process; and how it goes on with space. */
    private fun fillTheDisk(folder: File, ticket: String) {
        val tablet = BlockingTablet.create(File(folder, "tablet")).apply { enroll(ticket) }
        val family = tablet.saveFamily()
        val photos = File(folder, "photos")
        photos.outputStream().use { out -> while (folder.usableSpace > FREE_BYTES) out.write(ByteArray(65_536)) }
        val note = "ملاحظة طويلة ".repeat(400)
        val saved = HashSet<UUID>()
        val error = runCatching { while (true) saved.add(tablet.save(visitTo(family, note)).records.single().id) }.exceptionOrNull()
        val told = error as? KhettaraException ?: throw checkNotNull(error)
        say("${told.kind} ${told.code} ${tablet.status().full} ${folder.usableSpace < FREE_BYTES}")
        say("${saved.size} ${tablet.visits().map { it.id }.toSet() == saved}")
        tablet.close()
        // Without a byte left it opens all the same, and everything can be read.
        BlockingTablet.open(File(folder, "tablet")).use { full ->
            check(full.mended.any { it.en.startsWith("The tablet is full") }) { "${full.mended.map { it.en }}" }
            check(full.visits().map { it.id }.toSet() == saved && full.household(family).visits.size == saved.size)
            refused<KhettaraException.Full> { full.save(visitTo(family, note)) }
        }
        check(photos.delete())
        BlockingTablet.open(File(folder, "tablet")).use { again ->
            check(again.visits().map { it.id }.toSet() == saved)
            again.save(visitTo(family, note))
            say("${again.visits().size} ${again.household(family).visits.size}")
        }
    }

    /** Left free before the last visits. */
    private const val FREE_BYTES = 1_048_576L
}

/** What this process holds of the system. */
internal data class Held(val threads: Int, val files: Int, val memoryKib: Long) {
    companion object {
        fun now(): Held {
            System.gc()
            val lines = File("/proc/self/status").readLines()
            val status = lines.associate { it.substringBefore(':') to it.substringAfter(':').trim() }
            val memory = status.getValue("VmRSS").substringBefore(' ').toLong()
            return Held(status.getValue("Threads").toInt(), File("/proc/self/fd").list()!!.size, memory)
        }
    }
}
