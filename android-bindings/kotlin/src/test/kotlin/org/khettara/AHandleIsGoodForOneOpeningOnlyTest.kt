package org.khettara

import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** What is closed says so. Nothing that Kotlin can hand over ends the JVM. */
class AHandleIsGoodForOneOpeningOnlyTest {
    @Test
    fun `a call after the close is an exception, closing twice is closing, and the folder opens again`() = inFolder { folder ->
        val tablet = BlockingTablet.create(folder)
        assertTrue(tablet.isOpen)
        tablet.close()
        tablet.close()
        assertFalse(tablet.isOpen)
        val calls = listOf<() -> Any?>(
            { tablet.status() }, { tablet.save(family()) }, { tablet.households() }, { tablet.sync() }, { tablet.enroll("KHT1:") },
        )
        for (call in calls) assertEquals("closed", refused<KhettaraException.Invalid> { call() }.code)
        BlockingTablet.open(folder).use { assertFalse(tablet.isOpen) }
    }

    @Test
    fun `a close while others work lets them end or says that it is closed`() {
        Town().use { town ->
            repeat(20) { round ->
                val folder = town.folder("amina $round")
                val tablet = BlockingTablet.create(folder).apply { enroll(town.ticketOfNobody) }
                val family = tablet.saveFamily()
                val saved = AtomicInteger()
                val begun = CountDownLatch(4)
                val others = List(4) { thread { workUntilClosed(tablet, family, begun, saved) } }
                begun.await()
                tablet.close()
                others.forEach(Thread::join)
                BlockingTablet.open(folder).use { assertEquals(saved.get(), it.visits().size) }
            }
        }
    }

    private fun workUntilClosed(tablet: BlockingTablet, family: java.util.UUID, begun: CountDownLatch, saved: AtomicInteger) {
        while (true) {
            try {
                tablet.save(visitTo(family))
                saved.incrementAndGet()
                begun.countDown()
            } catch (error: KhettaraException.Invalid) {
                assertEquals("closed", error.code)
                return
            }
        }
    }

    @Test
    fun `a panic is an exception, and the tablet goes on`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val family = tablet.saveFamily()
                val panic = Calls.request(JsonObject(mapOf("call" to JsonPrimitive("panic"))))
                val said = Native.call(tablet.handle, panic).toString(Charsets.UTF_8)
                assertTrue(said.contains("\"BUG\"") && said.contains("\"panic\""), said)
                tablet.save(visitTo(family))
                assertEquals(1, tablet.sync().delivered)
            }
        }
    }

    @Test
    fun `requests that are none are refused with a reason`() = inFolder { folder ->
        BlockingTablet.create(folder).use { tablet ->
            fun said(request: ByteArray): String = Native.call(tablet.handle, request).toString(Charsets.UTF_8)
            fun request(text: String) = byteArrayOf(ENCODING) + text.toByteArray()
            assertTrue(said(ByteArray(0)).contains("other_encoding"))
            assertTrue(said(byteArrayOf(2) + request("{}")).contains("other_encoding"))
            assertTrue(said(ByteArray(600_000)).contains("too_large"))
            val wrong = listOf(
                "", "{", "[]", "null", "{}", """{"call":"nobody"}""", """{"call":7}""", """{"call":"household","id":"x"}""",
                """{"call":"status","more":1}""", """{"call":"save","form":[]}""", """{"call":"save"}""",
                """{"call":"sync_news","sync":-1,"patienceMs":0}""", "[".repeat(100_000), "\u0000", """{"call":"about"}{""",
            )
            for (text in wrong) assertTrue(said(request(text)).contains("not_understood"), text.take(40))
            for (handle in listOf(0L, -1L, 1L, Long.MAX_VALUE, Long.MIN_VALUE, tablet.handle + 1, tablet.handle xor (1L shl 40))) {
                assertFalse(Native.isOpen(handle))
                assertTrue(Native.call(handle, request("""{"call":"status"}""")).toString(Charsets.UTF_8).contains("\"closed\""))
            }
            assertEquals("no_such_sync", refused<KhettaraException.Invalid> { tablet.syncNews(7) }.code)
            assertTrue(tablet.isOpen)
        }
    }

    @Test
    fun `a reply of another version of the encoding is refused, and so is one that is none`() {
        for (reply in listOf("", "\u0002{\"ok\":1}", "\u0001{", "\u0001[]", "\u0001{\"ok\":{\"version\":7}}")) {
            val door = object : Door {
                override fun call(handle: Long, request: ByteArray) = reply.toByteArray()
                override fun isOpen(handle: Long) = false
                override fun close(handle: Long) = reply.toByteArray()
            }
            val error = refused<KhettaraException.Bug> { Calls(door).call(0, "about", About.serializer()) }
            assertEquals("other_encoding", error.code)
        }
    }
}
