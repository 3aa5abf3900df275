package org.khettara

import java.io.File
import java.util.UUID
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext

/** What a sync says: how it goes, then, last, what it did. */
public sealed interface SyncEvent {
    /** How it goes. */
    public data class Progress(
        /** What is so now, counted in visits. */
        val progress: SyncProgress,
    ) : SyncEvent

    /** It has ended. */
    public data class Finished(
        /** What it did. */
        val report: SyncReport,
    ) : SyncEvent
}

/**
 * A tablet: records what a worker enters, keeps it, and carries it to whoever may read it.
 *
 * Every function may be called from the main thread. What is saved when its coroutine is cancelled is saved: a save
 * that was begun is completed.
 */
public class Tablet private constructor(
    /** The same for threads that may wait, and for Java. */
    public val blocking: BlockingTablet,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    /** The tablet's key, by which the organisation knows it, in hexadecimal. */
    public val device: String get() = blocking.device

    /** What had to be mended when it was opened, in sentences. Nothing saved was lost by it. */
    public val mended: List<Words> get() = blocking.mended

    /** Whether it is open. */
    public val isOpen: Boolean get() = blocking.isOpen

    /** Takes what a QR code carries. The tablet may record at once; its claim is made at the next sync. */
    public suspend fun enroll(ticket: String): Unit = aside { enroll(ticket) }

    /** Takes a number and a code that a person typed, with the text of the organisation's file. */
    public suspend fun enrollTyped(serial: Int, code: String, organisation: String): Unit =
        aside { enrollTyped(serial, code, organisation) }

    /** Saves a form. When this returns, it is durable: the battery may die. */
    public suspend fun save(form: Form): Saved = aside { save(form) }

    /** A page of households behind [after], by feed and id. */
    public suspend fun households(after: Cursor? = null, limit: Int = BlockingTablet.PAGE_ROWS): Page =
        aside { households(after, limit) }

    /** All documents about anything but a household: referrals, service points, consultations… */
    public suspend fun register(): List<ListRow> = aside { register() }

    /** One household whole, with its conflicts and where the visits written here are. */
    public suspend fun household(id: UUID): HouseholdView = aside { household(id) }

    /** Every conflict on this tablet, with both sides. */
    public suspend fun conflicts(): List<Conflict> = aside { conflicts() }

    /** Decides a conflict for one of its sides, by its place from 0. */
    public suspend fun keep(conflict: Conflict, side: Int): Saved = aside { keep(conflict, side) }

    /** Decides a conflict for another value than any of its sides. */
    public suspend fun answer(conflict: Conflict, value: Value): Saved = aside { answer(conflict, value) }

    /** All own visits, in the order in which they were saved, each with where it is and what it waits for. */
    public suspend fun visits(): List<VisitStatus> = aside { visits() }

    /** How the tablet is: where its work is, what waits, for whom. */
    public suspend fun status(): Status = aside { status() }

    /** How long a relay may say nothing before a sync is given up. */
    public suspend fun setPatience(patienceMs: Long): Unit = aside { setPatience(patienceMs) }

    /**
     * Reaches a relay, sends what waits and takes what is new: how it goes, counted in visits, and at the end what was
     * sent, what was received and up to where own work is at headquarters.
     *
     * Cold: every collection is a sync. Cancelling the collection cancels the sync, and ends when it has ended; what
     * was delivered stays delivered.
     */
    public fun sync(): Flow<SyncEvent> = flow {
        val sync = blocking.beginSync()
        try {
            while (true) {
                currentCoroutineContext().ensureActive()
                val news = blocking.syncNews(sync)
                news.progress?.let { emit(SyncEvent.Progress(it)) }
                news.over()?.let {
                    emit(SyncEvent.Finished(it))
                    return@flow
                }
            }
        } finally {
            withContext(NonCancellable) { blocking.endSync(sync) }
        }
    }.flowOn(dispatcher)

    /** Ends a sync that is under way, waits until calls under way are over, and closes the store. Twice is once. */
    override fun close(): Unit = blocking.close()

    private suspend fun <T> aside(work: BlockingTablet.() -> T): T = withContext(dispatcher) { blocking.work() }

    public companion object {
        /** Makes a tablet in [folder], which may be empty or not there. */
        public suspend fun create(folder: File, dispatcher: CoroutineDispatcher = Dispatchers.IO): Tablet =
            withContext(dispatcher) { Tablet(BlockingTablet.create(folder), dispatcher) }

        /** Opens the tablet in [folder]. */
        public suspend fun open(folder: File, dispatcher: CoroutineDispatcher = Dispatchers.IO): Tablet =
            withContext(dispatcher) { Tablet(BlockingTablet.open(folder), dispatcher) }

        /** Opens the tablet in [folder], or makes one where there is none. */
        public suspend fun openOrCreate(folder: File, dispatcher: CoroutineDispatcher = Dispatchers.IO): Tablet =
            withContext(dispatcher) { Tablet(BlockingTablet.openOrCreate(folder), dispatcher) }

        /** What this software is. */
        public suspend fun about(): About = withContext(Dispatchers.IO) { BlockingTablet.about() }

        /** Every kind of record with its fields, their words and their codes: for building screens. */
        public suspend fun kinds(): List<Kind> = withContext(Dispatchers.IO) { BlockingTablet.kinds() }
    }
}
