package org.khettara

import java.util.UUID
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** The process is killed fifty times, in the middle of saves and of syncs. What it said was saved is there, and goes on. */
class NothingSavedIsLostWhenTheProcessIsKilledTest {
    private val seed = System.getProperty("khettara.seed")?.toLong() ?: System.nanoTime()
    private val chance = Random(seed)

    @Test
    fun `fifty kills during saves and syncs lose no visit that was said to be saved`() {
        println("killed with -Dkhettara.seed=$seed")
        Town().use { town ->
            town.tablet("amina").close()
            val folder = town.folder("amina").path
            val saved = HashMap<UUID, MutableSet<UUID>>()
            repeat(KILLS) { round -> saved.add(workAndKill(if (round % 2 == 0) "save" else "sync", folder)) }
            BlockingTablet.open(town.folder("amina")).use { tablet ->
                val held = tablet.visits().map { it.id }.toSet()
                val said = saved.values.flatten()
                assertTrue(said.size >= KILLS, "each process saved at least one visit")
                assertEquals(emptyList(), said.filter { it !in held }, "seed $seed")
                for ((family, visits) in saved) {
                    val shown = tablet.household(family).visits.map { it.id }.toSet()
                    assertEquals(emptyList(), visits.filter { it !in shown }, "seed $seed")
                }
                val report = tablet.sync()
                assertEquals(listOf(SyncEnd.COMPLETE, 0L, false), listOf(report.ended, report.left, report.copied))
                town.pull()
                assertEquals(held.size.toLong(), tablet.sync().atHeadquarters)
            }
        }
    }

    /** What a process said it saved before it was killed. */
    private fun workAndKill(what: String, folder: String): List<Pair<UUID, UUID>> {
        val process = Programs.jvm("org.khettara.Worker", what, folder)
        val lines = process.inputStream.bufferedReader()
        val first = checkNotNull(lines.readLine()) { "the process ended by itself" }
        Thread.sleep(chance.nextLong(MILLISECONDS_MAX))
        // Through its handle: `Process` would close what it wrote.
        process.toHandle().destroyForcibly()
        process.waitFor()
        // The last line may be torn: what was not said whole was not said.
        val rest = lines.readText()
        val whole = rest.substringBeforeLast('\n', "").lines().filter { it.isNotEmpty() }
        return (listOf(first) + whole).map { line ->
            val (family, visit) = line.split(' ').map(UUID::fromString)
            family to visit
        }
    }

    private fun HashMap<UUID, MutableSet<UUID>>.add(all: List<Pair<UUID, UUID>>) =
        all.forEach { (family, visit) -> getOrPut(family) { HashSet() }.add(visit) }

    private companion object {
        const val KILLS = 50
        const val MILLISECONDS_MAX = 80L
    }
}
