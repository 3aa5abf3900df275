package org.khettara

import java.io.File
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
}
