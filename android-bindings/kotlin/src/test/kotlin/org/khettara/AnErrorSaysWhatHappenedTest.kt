package org.khettara

import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import org.junit.Assume

/** What can go wrong with a tablet is said by its kind, with a sentence, and loses nothing. */
class AnErrorSaysWhatHappenedTest {
    private fun File.tablet(name: String = "tablet") = File(this, name)

    /** A town is not needed to record. */
    private fun enrolled(town: Town, folder: File): BlockingTablet =
        BlockingTablet.create(folder).apply { enroll(town.invite().ticket) }

    @Test
    fun `a key file of another tablet is refused, and with its own everything is there`() {
        Town().use { town ->
            val mine = town.folder("amina")
            enrolled(town, mine).use { it.save(visitTo(it.saveFamily())) }
            enrolled(town, town.folder("brahim")).close()
            val key = File(mine, "keys").readBytes()
            File(town.folder("brahim"), "keys").copyTo(File(mine, "keys"), overwrite = true)
            val error = refused<KhettaraException.Invalid> { BlockingTablet.open(mine) }
            assertEquals("other_keys", error.code)
            File(mine, "keys").writeBytes(key)
            BlockingTablet.open(mine).use { assertEquals(1, it.visits().size) }
        }
    }

    @Test
    fun `a code of another organisation is refused, and the tablet stays where it is`() {
        Town().use { town ->
            Town("Une autre").use { other ->
                town.tablet("amina").use { tablet ->
                    tablet.save(visitTo(tablet.saveFamily()))
                    val error = refused<KhettaraException.Invalid> { tablet.enroll(other.invite().ticket) }
                    assertEquals("other_organisation", error.code)
                    assertEquals(1, tablet.sync().delivered)
                }
            }
        }
    }

    @Test
    fun `a damaged index is built anew from the journal, and said so`() {
        Town().use { town ->
            val folder = town.folder("amina")
            enrolled(town, folder).use { tablet -> repeat(5) { tablet.save(visitTo(tablet.saveFamily())) } }
            val index = File(folder, "store").walk().filter { it.isFile && it.path.contains("index") && it.length() > 0 }.toList()
            assertTrue(index.isNotEmpty(), "${File(folder, "store").walk().toList()}")
            index.forEach { it.writeBytes(ByteArray(it.length().toInt()) { place -> (place * 31).toByte() }) }
            BlockingTablet.open(folder).use { tablet ->
                assertContains(tablet.mended.single().en, "Nothing was lost")
                assertEquals(listOf(5, 5), listOf(tablet.visits().size, tablet.households().rows.size))
            }
        }
    }

    @Test
    fun `a store that another process has open is not touched, and opens when that one ends`() {
        Town().use { town ->
            val folder = town.folder("amina")
            enrolled(town, folder).close()
            val holder = Programs.jvm("org.khettara.Worker", "hold", folder.path)
            val theirs = holder.inputStream.bufferedReader().readLine().toLong()
            val error = refused<KhettaraException.Retry> { BlockingTablet.open(folder) }
            assertEquals("store_held", error.code)
            assertTrue(error.retryable)
            // Its handle stands for nothing here, even where a tablet is open.
            BlockingTablet.create(town.folder("brahim")).use { assertFalse(Native.isOpen(theirs)) }
            holder.destroyForcibly().waitFor()
            BlockingTablet.open(folder).close()
        }
    }

    @Test
    fun `a full disk is said to be full, and every visit said to be saved is there`() {
        Town().use { town ->
            val folder = town.folder("amina")
            enrolled(town, folder).use { assertEquals(0, it.visits().size) }
            // No file may grow beyond this: what a full disk does, without the right to mount one.
            val limited = listOf("bash", "-c", "ulimit -f 3072; exec \"$@\"", "limited")
            val errors = File(town.folder, "errors")
            val process = Programs.jvm("org.khettara.Worker", "fill", folder.path, before = limited, errors = errors)
            val lines = process.inputStream.bufferedReader().readLines()
            assertEquals(0, process.waitFor(), errors.readText())
            val (kind, code, visits) = lines.last().split(' ')
            assertEquals(listOf("FULL", "tablet_full"), listOf(kind, code))
            assertEquals(lines.size - 1, visits.toInt())
            BlockingTablet.open(folder).use { tablet ->
                val held = tablet.visits().map { it.id.toString() }.toSet()
                assertEquals(emptyList(), lines.dropLast(1).filter { it.substringAfter(' ') !in held })
                tablet.save(visitTo(tablet.saveFamily()))
                assertEquals(held.size + 1L, tablet.sync().delivered)
            }
        }
    }

    @Test
    fun `a file system without a byte left is full, loses nothing, and takes visits again when there is space`() {
        val mounting = listOf("unshare", "--map-root-user", "--mount", "bash", "-c")
        Assume.assumeTrue(
            "this system lets nobody mount a small file system; the story of files that may not grow stands for it",
            runCatching { ProcessBuilder(mounting + "mount -t tmpfs tmpfs /mnt").start().waitFor() }.getOrNull() == 0,
        )
        Town().use { town ->
            val folder = town.folder("small").apply { mkdirs() }
            val mount = "mount -t tmpfs -o size=80m tmpfs ${folder.path}; exec \"$@\""
            val before = mounting + mount + "small"
            val errors = File(town.folder, "errors")
            val process = Programs.jvm("org.khettara.Worker", "disk", folder.path, town.invite().ticket, before = before, errors = errors)
            val lines = process.inputStream.bufferedReader().readLines()
            assertEquals(0, process.waitFor(), errors.readText())
            assertEquals("FULL tablet_full true true", lines[0])
            val (visits, same) = lines[1].split(' ')
            assertEquals("true", same)
            assertTrue(visits.toInt() > 10, visits)
            assertEquals("${visits.toInt() + 1} ${visits.toInt() + 1}", lines[2])
        }
    }

    @Test
    fun `a folder without a tablet, and one that has one already`() = inFolder { folder ->
        assertEquals("no_tablet", refused<KhettaraException.Invalid> { BlockingTablet.open(folder.tablet()) }.code)
        BlockingTablet.openOrCreate(folder.tablet()).close()
        BlockingTablet.openOrCreate(folder.tablet()).use {
            assertEquals("tablet_exists", refused<KhettaraException> { BlockingTablet.create(folder.tablet()) }.code)
            assertEquals("not_enrolled", refused<KhettaraException.Invalid> { it.save(family()) }.code)
            assertEquals(Enrolment.NONE, it.status().enrolment)
        }
    }

    @Test
    fun `a form that cannot be says which field and why in three languages`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val family = tablet.saveFamily()
                val error = refused<KhettaraException.Invalid> { tablet.save(HouseholdForm(id = family, phone = "0661")) }
                assertEquals("phone", error.field)
                assertContains(error.sentence(Tongue.AR), "الهاتف")
                assertContains(error.sentence(Tongue.FR).lowercase(), "téléphone")
                assertContains(error.sentence(Tongue.EN), "+212612345678")
                assertEquals(error.sentence(Tongue.EN), error.message)
            }
        }
    }

    @Test
    fun `each kind of error is a class of its own, and only one of them is retried`() {
        val words = Words("أ", "b", "c")
        val errors = ErrorKind.values().map { KhettaraException.of(Trouble(it, "a_code", null, words)) }
        assertEquals(ErrorKind.values().size, errors.map { it::class }.toSet().size)
        assertEquals(ErrorKind.values().toList(), errors.map { it.kind })
        assertEquals(ErrorKind.values().map { it.name }, errors.map { it::class.simpleName!!.uppercase() })
        assertEquals(listOf(ErrorKind.RETRY), errors.filter { it.retryable }.map { it.kind })
    }
}
