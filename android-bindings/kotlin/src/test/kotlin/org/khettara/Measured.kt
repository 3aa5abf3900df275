package org.khettara

import java.io.File
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject

/**
 * A process that does what a line says, and answers with one number: nanoseconds that it took, or KiB that are held.
 * `tests/benches/kotlin.rs` says the lines.
 */
internal object Measured {
    private var tablet: BlockingTablet? = null
    private var after: Cursor? = null

    @JvmStatic
    fun main(arguments: Array<String>) {
        require(arguments.isEmpty()) { "what is to be done is said line by line" }
        for (line in generateSequence(::readLine)) {
            println(answer(line.substringBefore(' '), line.substringAfter(' ', "")))
            System.out.flush()
        }
    }

    private fun answer(what: String, argument: String): Long = when (what) {
        "open" -> spent { tablet = BlockingTablet.open(File(argument)) }
        "close" -> spent {
            open().close()
            after = null
        }
        "getter" -> getter(argument.toInt())
        "record" -> record(argument.toInt())
        "save" -> save(File(argument))
        "page" -> page(argument.toInt())
        "household" -> household()
        "held" -> memoryKib("VmRSS")
        "most" -> memoryKib("VmHWM")
        else -> error("nobody does $what")
    }

    private fun open(): BlockingTablet = checkNotNull(tablet) { "no tablet is open" }

    private inline fun spent(work: () -> Unit): Long {
        val began = System.nanoTime()
        work()
        return System.nanoTime() - began
    }

    private fun getter(times: Int): Long {
        val tablet = open()
        var seen = 0
        val spent = spent { repeat(times) { if (tablet.isOpen) seen += 1 } }
        check(seen == times)
        return spent
    }

    private fun record(times: Int): Long {
        var letters = 0
        val spent = spent { repeat(times) { letters += BlockingTablet.about().software.length } }
        check(letters == times * BlockingTablet.about().software.length)
        return spent
    }

    /** Each line of [file] is a visit; the forms are made of them before the clock starts. */
    private fun save(file: File): Long {
        val tablet = open()
        val forms = file.readLines().map(::form)
        var saved = 0
        val spent = spent { for (form in forms) saved += tablet.save(form.copy()).records.size }
        check(saved == forms.sumOf { 1 + it.needs.size })
        return spent
    }

    private fun form(line: String): VisitForm {
        val form = WIRE.decodeFromString(VisitForm.serializer(), line)
        check(form.json() == Json.parseToJsonElement(line) as JsonObject) { "the form says what the line says" }
        return form
    }

    /** The next page; behind the last one, the first again. */
    private fun page(rows: Int): Long {
        val tablet = open()
        val began = System.nanoTime()
        val page = tablet.households(after, rows)
        val spent = System.nanoTime() - began
        check(page.rows.size == rows || page.next == null)
        after = page.next
        return spent
    }

    /** The household at which the page that was read last ends, or the first of all. */
    private fun household(): Long {
        val tablet = open()
        val id = after?.id ?: tablet.households(null, 1).rows.single().id
        return spent { check(tablet.household(id).household.id == id) }
    }

    private fun memoryKib(name: String): Long {
        System.gc()
        val line = File("/proc/self/status").readLines().first { it.startsWith("$name:") }
        return line.substringAfter(':').trim().substringBefore(' ').toLong()
    }
}
