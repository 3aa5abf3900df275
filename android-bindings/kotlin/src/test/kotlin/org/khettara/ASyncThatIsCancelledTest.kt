package org.khettara

import java.net.DatagramSocket
import java.net.InetAddress
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

/** The worker leaves the place with a signal, or the application goes away: the sync ends, and the next one goes on. */
class ASyncThatIsCancelledTest {
    @Test
    fun `cancelling the collection ends the sync in Rust, and the next one delivers the rest`(): Unit = runBlocking {
        Town().use { town ->
            val tablet = town.tablet("amina").run { close(); Tablet.open(town.folder("amina")) }
            tablet.use {
                val family = tablet.save(family()).household
                repeat(VISITS) { tablet.save(visitTo(family, "n".repeat(200))) }
                val reached = CompletableDeferred<Unit>()
                val job = launch(Dispatchers.Default) {
                    tablet.sync().collect { if (it is SyncEvent.Progress && it.progress.connected) reached.complete(Unit) }
                }
                reached.await()
                job.cancelAndJoin()
                // A collector that has seen enough ends it too.
                assertTrue(tablet.sync().first() is SyncEvent)
                val last = tablet.sync().toList().last() as SyncEvent.Finished
                assertEquals(SyncEnd.COMPLETE, last.report.ended)
                assertEquals(listOf(VISITS.toLong(), 0L), listOf(last.report.delivered, last.report.left))
            }
        }
    }

    @Test
    fun `interrupting a thread that waits for a silent relay gives a report that says cancelled`() {
        DatagramSocket(0, InetAddress.getLoopbackAddress()).use { silent ->
            Town().use { town ->
                val invitation = town.invite()
                val file = town.organisationFile.readText().replace(Regex("127\\.0\\.0\\.1:\\d+"), "127.0.0.1:${silent.localPort}")
                BlockingTablet.create(town.folder("amina")).use { tablet ->
                    tablet.enrollTyped(invitation.serial, invitation.code, file)
                    tablet.saveFamily()
                    Thread.currentThread().interrupt()
                    assertEquals(SyncEnd.CANCELLED, tablet.sync().ended)
                    assertTrue(Thread.interrupted())
                    val report = AtomicReference<SyncReport>()
                    val waiting = thread { report.set(tablet.sync()) }
                    Thread.sleep(WAITING_MS)
                    waiting.interrupt()
                    waiting.join()
                    assertEquals(SyncEnd.CANCELLED, report.get().ended)
                    assertTrue(report.get().entriesLeft >= 1)
                }
            }
        }
    }

    private companion object {
        const val VISITS = 300

        /** Nobody answers, however long this is. */
        const val WAITING_MS = 200L
    }
}
