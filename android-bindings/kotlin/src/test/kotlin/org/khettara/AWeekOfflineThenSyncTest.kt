package org.khettara

import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking

/** A worker records for a week without a network; then a signal returns, and the words on the screen follow the work. */
class AWeekOfflineThenSyncTest {
    @Test
    fun `what was saved offline is delivered, then at headquarters, and said so visit by visit`(): Unit = runBlocking {
        Town().use { town ->
            val invitation = town.invite()
            val tablet = Tablet.create(town.folder("amina"))
            tablet.enroll(invitation.ticket)
            town.relayDies()
            val families = (1..7).map { day -> tablet.save(family("فاطمة $day")).household }
            val needs = listOf(NeedForm(category = "water", urgency = "high", text = "الماء بعيد"))
            families.forEach { tablet.save(visitTo(it, "jour").copy(needs = needs)) }
            assertTrue(tablet.visits().all { it.whereabouts == Whereabouts.SAVED && it.waitsFor == WaitsFor.KEY || it.waitsFor == WaitsFor.RELAY })
            val away = refused<KhettaraException.Retry> { tablet.blocking.sync() }
            assertTrue(away.retryable && away.code.isNotEmpty(), away.code)
            tablet.close()

            town.relayComesBack()
            Tablet.open(town.folder("amina")).use { again ->
                assertEquals(7, again.status().visits.saved)
                val events = again.sync().toList()
                val report = (events.last() as SyncEvent.Finished).report
                assertEquals(SyncEnd.COMPLETE, report.ended)
                assertEquals(listOf(7L, 7L, 0L), listOf(report.sent, report.delivered, report.left))
                assertTrue(report.enrolled && events.first() is SyncEvent.Progress)
                val delivered = again.visits()
                assertTrue(delivered.all { it.whereabouts == Whereabouts.DELIVERED && it.waitsFor == WaitsFor.HEADQUARTERS })
                assertEquals("سُلِّم", delivered.first().words.inTongue(Tongue.AR))

                town.pull()
                val last = (again.sync().toList().last() as SyncEvent.Finished).report
                assertEquals(7, last.atHeadquarters)
                assertNotNull(last.atHeadquartersUpTo)
                assertTrue(again.visits().all { it.whereabouts == Whereabouts.AT_HEADQUARTERS && it.waitsFor == null })
                assertNull(again.status().waiting.firstOrNull())
                val view = again.household(families.first())
                assertEquals(listOf("الماء بعيد"), view.needs.map { it.text })
                assertEquals(2, view.members.size)
                assertContentEquals(view.visits.map { it.id }, view.ownVisits.map { it.id })
            }
        }
    }

    @Test
    fun `a relay that is gone is said to be gone, each time, and the tablet syncs when it is back`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val family = tablet.saveFamily()
                tablet.save(visitTo(family))
                assertEquals(SyncEnd.COMPLETE, tablet.sync().ended)
                tablet.save(visitTo(family))
                town.relayDies()
                repeat(2) { assertTrue(refused<KhettaraException.Retry> { tablet.sync() }.retryable) }
                assertEquals(1, tablet.status().visits.saved)
                town.relayComesBack()
                assertEquals(0, tablet.sync().left)
            }
        }
    }

    @Test
    fun `a code that a person typed enrols as a QR code does`() {
        Town().use { town ->
            val invitation = town.invite()
            BlockingTablet.create(town.folder("brahim")).use { tablet ->
                assertEquals(Enrolment.NONE, tablet.status().enrolment)
                tablet.enrollTyped(invitation.serial, invitation.code.lowercase(), town.organisationFile.readText())
                assertEquals(Enrolment.WAITING, tablet.status().enrolment)
                assertTrue(tablet.sync().enrolled)
                val status = tablet.status()
                assertEquals(Enrolment.ENROLLED, status.enrolment)
                assertEquals(invitation.serial, status.serial)
                assertEquals("Entraide Nationale, Errachidia", status.organisation)
            }
        }
    }
}
