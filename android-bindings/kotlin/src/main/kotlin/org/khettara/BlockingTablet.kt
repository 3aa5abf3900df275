package org.khettara

import java.io.File
import java.util.UUID
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonObject

/** Told of how a sync goes. */
public fun interface SyncListener {
    /** What is so now, counted in visits. */
    public fun onProgress(progress: SyncProgress)
}

/**
 * A tablet whose calls return when they are done: for Java, and for threads that may wait.
 *
 * Calls may come from any thread. None may come from the main thread of an application: use [Tablet] there.
 */
public class BlockingTablet private constructor(private val calls: Calls, private val opened: Opened) : AutoCloseable {
    /** The tablet's key, by which the organisation knows it, in hexadecimal. */
    public val device: String get() = opened.device

    /** What had to be mended when it was opened, in sentences. Nothing saved was lost by it. */
    public val mended: List<Words> get() = opened.mended

    /** Whether it is open. */
    public val isOpen: Boolean get() = calls.isOpen(opened.handle)

    internal val handle: Long get() = opened.handle

    /** Takes what a QR code carries. The tablet may record at once; its claim is made at the next sync. */
    public fun enroll(ticket: String): Unit = calls.tell(opened.handle, "enroll") { put("ticket", whole(ticket, "ticket")) }

    /** Takes a number and a code that a person typed, with the text of the organisation's file. */
    public fun enrollTyped(serial: Int, code: String, organisation: String): Unit =
        calls.tell(opened.handle, "enroll_typed") {
            put("serial", serial)
            put("code", whole(code, "code"))
            put("organisation", organisation)
        }

    /** Saves a form. When this returns, it is durable: the battery may die. */
    public fun save(form: Form): Saved = calls.call(opened.handle, "save", Saved.serializer()) { put("form", form.json()) }

    /** A page of households behind [after], by feed and id. */
    @JvmOverloads
    public fun households(after: Cursor? = null, limit: Int = PAGE_ROWS): Page =
        calls.call(opened.handle, "households", Page.serializer()) {
            after?.let {
                putJsonObject("after") {
                    put("feed", it.feed)
                    put("id", it.id.toString())
                }
            }
            put("limit", limit)
        }

    /** All documents about anything but a household: referrals, service points, consultations… */
    public fun register(): List<ListRow> = calls.call(opened.handle, "register", ROWS)

    /** One household whole, with its conflicts and where the visits written here are. */
    public fun household(id: UUID): HouseholdView =
        calls.call(opened.handle, "household", HouseholdView.serializer()) { put("id", id.toString()) }

    /** Every conflict on this tablet, with both sides. */
    public fun conflicts(): List<Conflict> = calls.call(opened.handle, "conflicts", CONFLICTS)

    /** Decides a conflict for one of its sides, by its place from 0. */
    public fun keep(conflict: Conflict, side: Int): Saved = calls.call(opened.handle, "keep", Saved.serializer()) {
        put("household", conflict.household.toString())
        put("path", conflict.path)
        put("side", side)
    }

    /** Decides a conflict for another value than any of its sides. */
    public fun answer(conflict: Conflict, value: Value): Saved = calls.call(opened.handle, "answer", Saved.serializer()) {
        put("household", conflict.household.toString())
        put("path", conflict.path)
        put("value", ValueSerializer.element(value))
    }

    /** All own visits, in the order in which they were saved, each with where it is and what it waits for. */
    public fun visits(): List<VisitStatus> = calls.call(opened.handle, "visits", VISITS)

    /** How the tablet is: where its work is, what waits, for whom. */
    public fun status(): Status = calls.call(opened.handle, "status", Status.serializer())

    /** How long a relay may say nothing before a sync is given up. */
    public fun setPatience(patienceMs: Long): Unit =
        calls.tell(opened.handle, "set_patience") { put("patienceMs", patienceMs) }

    /**
     * Reaches a relay, sends what waits and takes what is new. Interrupting the thread cancels it: what was delivered
     * stays delivered, and the report says [SyncEnd.CANCELLED].
     */
    @JvmOverloads
    public fun sync(listener: SyncListener = SyncListener { }): SyncReport {
        val sync = beginSync()
        var news: SyncNews? = null
        try {
            while (news?.report == null && news?.trouble == null && !Thread.currentThread().isInterrupted) {
                news = syncNews(sync)
                news.progress?.let(listener::onProgress)
            }
        } finally {
            news = endSync(sync) ?: news
        }
        return news?.over() ?: throw KhettaraException.of(news?.trouble ?: throw IllegalStateException("a sync ends"))
    }

    internal fun beginSync(): Long = calls.call(opened.handle, "sync_begin", SyncBegun.serializer()).sync

    internal fun syncNews(sync: Long): SyncNews = calls.call(opened.handle, "sync_news", SyncNews.serializer()) {
        put("sync", sync)
        put("patienceMs", NEWS_MS)
    }

    /** How it ended; `null` where the tablet was closed meanwhile. */
    internal fun endSync(sync: Long): SyncNews? = try {
        calls.call(opened.handle, "sync_end", SyncNews.serializer()) { put("sync", sync) }
    } catch (error: KhettaraException.Invalid) {
        null
    }

    /** Ends a sync that is under way, waits until calls under way are over, and closes the store. Twice is once. */
    override fun close(): Unit = calls.close(opened.handle)

    public companion object {
        /** Rows of a page where nothing else is said. */
        public const val PAGE_ROWS: Int = 50

        /** How long a sync is waited for before the thread looks whether it was interrupted. */
        private const val NEWS_MS = 100L

        /** Makes a tablet in [folder], which may be empty or not there. */
        @JvmStatic
        public fun create(folder: File): BlockingTablet = begin("create", folder)

        /** Opens the tablet in [folder]. */
        @JvmStatic
        public fun open(folder: File): BlockingTablet = begin("open", folder)

        /** Opens the tablet in [folder], or makes one where there is none. */
        @JvmStatic
        public fun openOrCreate(folder: File): BlockingTablet = try {
            open(folder)
        } catch (error: KhettaraException.Invalid) {
            if (error.code != "no_tablet") throw error
            create(folder)
        }

        /** What this software is. */
        @JvmStatic
        public fun about(): About = Calls(Native).call(0, "about", About.serializer())

        /** Every kind of record with its fields, their words and their codes: for building screens. */
        @JvmStatic
        public fun kinds(): List<Kind> = Calls(Native).call(0, "kinds", KINDS)

        private fun begin(call: String, folder: File): BlockingTablet = begin(Calls(Native), call, folder)

        internal fun begin(calls: Calls, call: String, folder: File): BlockingTablet =
            BlockingTablet(calls, calls.call(0, call, Opened.serializer()) { put("dir", whole(folder.absolutePath, "folder")) })
    }
}

internal fun SyncNews.over(): SyncReport? = trouble?.let { throw KhettaraException.of(it) } ?: report
