// Written from the tables of the Rust types: change those, then see android-bindings/README.md.
@file:UseSerializers(UuidSerializer::class, InstantSerializer::class)

package org.khettara

import java.time.Instant
import java.util.UUID
import kotlinx.serialization.Serializable
import kotlinx.serialization.UseSerializers

/** What the caller should do about an error. */
@Serializable
public enum class ErrorKind {
    /** Nothing: try again later. */
    RETRY,
    /** Free space; nothing was lost. */
    FULL,
    /** Ask for rights: the other side or the roster does not allow this. */
    REFUSED,
    /** Mend what was given. */
    INVALID,
    /** Stop writing, keep the files, call for help. */
    CORRUPT,
    /** Report it: this is ours to mend. */
    BUG,
}

/** Where a visit provably is. */
@Serializable
public enum class Whereabouts {
    /** On this tablet, durable. */
    SAVED,
    /** On a colleague's tablet too. */
    WITH_A_COLLEAGUE,
    /** At a relay, which signed for it. */
    DELIVERED,
    /** At headquarters, merged. */
    AT_HEADQUARTERS,
    /** At headquarters, not merged: a supervisor has to look. */
    SET_ASIDE,
}

/** What a visit waits for. */
@Serializable
public enum class WaitsFor {
    /** A relay: the next sync. */
    RELAY,
    /** Headquarters has to give this tablet the commune's key. */
    KEY,
    /** Headquarters has to grant the commune to this tablet. */
    GRANT,
    /** Headquarters has to fetch it from the relay. */
    HEADQUARTERS,
    /** A supervisor has to look at it. */
    SUPERVISOR,
}

/** How far the enrolment is. */
@Serializable
public enum class Enrolment {
    /** No code was given. */
    NONE,
    /** A code was given; the relay has not confirmed it. */
    WAITING,
    /** Confirmed. */
    ENROLLED,
    /** Headquarters closed this tablet. It keeps and delivers its own work. */
    CLOSED,
}

/** What a field holds. */
@Serializable
public enum class FieldType {
    /** Text in a person's words. */
    TEXT,
    /** One code of a list. */
    CODE,
    /** Several codes of a list. */
    CODES,
    /** Yes or no. */
    FLAG,
    /** A whole number. */
    WHOLE,
    /** A time in UTC, to the second. */
    TIME,
    /** A commune's HCP code. */
    COMMUNE,
    /** HCP codes of territories, with spaces between them. */
    TERRITORIES,
    /** A telephone number. */
    PHONE,
    /** A number of a state register: kept as a hash, not to be shown again. */
    IDENTIFIER,
    /** A language's code. */
    LANGUAGE,
    /** A date or year of birth, which may be a guess. */
    BIRTH,
    /** A date, a month or a year. */
    DATE,
    /** A place on the map. */
    PLACE,
    /** The id of another record. */
    RECORD,
}

/** How a sync ended. */
@Serializable
public enum class SyncEnd {
    /** Everything was said. */
    COMPLETE,
    /** The link was lost or fell silent. What was delivered stays delivered; the rest goes next time. */
    PARTIAL,
    /** It was cancelled; likewise. */
    CANCELLED,
}

/** One thing said in the three languages of the people who use this. */
@Serializable
public data class Words(
    /** In Arabic, written from right to left. */
    val ar: String,
    /** In French. */
    val fr: String,
    /** In English. */
    val en: String,
) {
    /** The same in one language. */
    public fun inTongue(tongue: Tongue): String = when (tongue) {
        Tongue.AR -> ar
        Tongue.FR -> fr
        Tongue.EN -> en
    }
}

/** What this software is. */
@Serializable
public data class About(
    /** Its version. */
    val version: String,
    /** The version of the encoding between Kotlin and Rust. */
    val encoding: Int,
    /** The name under which it writes in a tablet's logs. */
    val software: String,
)

/** An error: what happened, whether anything was lost, what to do. */
@Serializable
public data class Trouble(
    /** What the caller should do. */
    val kind: ErrorKind,
    /** A word for programs, such as `no_answer`. */
    val code: String,
    /** The field concerned, such as `members[2].name_ar`, of a form that was not saved. */
    val field: String? = null,
    /** The sentence for a person. */
    val sentence: Words,
)

/** A tablet that was opened. */
@Serializable
public data class Opened(
    /** Its number among the open ones, good for this opening only. */
    val handle: Long,
    /** Its key, by which the organisation knows it, in hexadecimal. */
    val device: String,
    /** What had to be mended, in sentences; nothing saved was lost by it. */
    val mended: List<Words>,
)

/** A record that was saved. */
@Serializable
public data class SavedRecord(
    /** What it is: `household`, `member`, `visit`, `need` or another word of docs/RECORDS.md. */
    val record: String,
    /** Its id. */
    val id: UUID,
    /** Whether it is new. */
    val new: Boolean,
)

/** A form that was saved. It is durable: the battery may die now. */
@Serializable
public data class Saved(
    /** The household, or the other document, it was saved in. */
    val household: UUID,
    /** The records written, in the form's order. */
    val records: List<SavedRecord>,
    /** The document's size in bytes where it has grown large; `null`: it has not. */
    val largeBytes: Long? = null,
)

/** A row of a list. */
@Serializable
public data class ListRow(
    /** The feed it stands in: for a household, its commune. */
    val feed: String,
    /** The household, or the other document. */
    val id: UUID,
    /** What it is about, where that is no household: `referral`, `service_point`… */
    val about: String? = null,
    /** Commune, HCP code. */
    val commune: String? = null,
    /** Douar, ksar or quarter. */
    val douar: String? = null,
    /** Kind of household. */
    val status: String? = null,
    /** The head's name, else the first member's. */
    val name: String? = null,
    /** Telephone. */
    val phone: String? = null,
    /** The latest visit, as its clock said. */
    val lastVisit: Instant? = null,
    /** Members that are not withdrawn. */
    val members: Int,
    /** Visits that are not withdrawn. */
    val visits: Int,
    /** Needs. */
    val needs: Int,
    /** Needs that are neither met nor withdrawn. */
    val openNeeds: Int,
    /** Fields with several answers. */
    val conflicts: Int,
    /** Whether it was set aside. */
    val withdrawn: Boolean,
) {
    override fun toString(): String = "ListRow(…)"
}

/** Where a page of a list begins: behind this row. */
@Serializable
public data class Cursor(
    /** The feed of the last row before. */
    val feed: String,
    /** The id of the last row before. */
    val id: UUID,
)

/** A page of a list. */
@Serializable
public data class Page(
    /** Its rows, by feed and id. */
    val rows: List<ListRow>,
    /** Where the next page begins; `null`: there is none. */
    val next: Cursor? = null,
)

/** A record of a kind that has no class of its own: a referral, a service point, a link… */
@Serializable
public data class Record(
    /** What it is, by its word in docs/RECORDS.md. */
    val record: String,
    /** Its id. */
    val id: UUID,
    /** Its fields that have an answer, by name. */
    val fields: Map<String, Value>,
    /** How many of its fields have several answers. */
    val conflicts: Int,
    /** What other software wrote beside them, as JSON, by name. */
    val extra: Map<String, String>,
) {
    override fun toString(): String = "Record(…)"
}

/** Where a visit provably is, and what it waits for. */
@Serializable
public data class VisitStatus(
    /** The visit. */
    val id: UUID,
    /** Its household. */
    val household: UUID,
    /** Its feed: the household's commune. */
    val feed: String,
    /** When it was, as its clock said. */
    val at: Instant? = null,
    /** Where it is. */
    val whereabouts: Whereabouts,
    /** The same for a person. */
    val words: Words,
    /** What it waits for; `null`: nothing, it is at headquarters. */
    val waitsFor: WaitsFor? = null,
    /** The same for a person. */
    val waitsForWords: Words? = null,
)

/** Who wrote one side of a conflict. */
@Serializable
public data class Writer(
    /** Whether it is this tablet. */
    val me: Boolean,
    /** The tablet's number in the organisation, where it has one. */
    val serial: Int? = null,
    /** The tablet's key in hexadecimal, where it is known here. */
    val device: String? = null,
    /** The agent, as the visit beside it says. */
    val agent: String? = null,
    /** When, as the visit beside it says. */
    val at: Instant? = null,
    /** How far that may be wrong, in seconds. */
    val errorS: Int? = null,
) {
    override fun toString(): String = "Writer(…)"
}

/** One answer of several. */
@Serializable
public data class Side(
    /** The answer as it was written. */
    val text: String,
    /** The same for a person: codes by what they mean. */
    val words: Words,
    /** The answer as a form would give it. */
    val value: Value,
    /** Who wrote it. */
    val writer: Writer,
    /** Whether lists show this one meanwhile. */
    val shown: Boolean,
) {
    override fun toString(): String = "Side(…)"
}

/** Several answers to one question, of which a person has to choose; none is lost. */
@Serializable
public data class Conflict(
    /** The feed. */
    val feed: String,
    /** The household, or the other document. */
    val household: UUID,
    /** The field, for programs: `keep` and `answer` find it by this. */
    val path: String,
    /** Who wrote what, where and when, in one sentence. */
    val sentence: Words,
    /** The answers, at least two, in a fixed order. */
    val sides: List<Side>,
) {
    override fun toString(): String = "Conflict(…)"
}

/** A household whole. */
@Serializable
public data class HouseholdView(
    /** The feed it stands in: its commune. */
    val feed: String,
    /** What the document is about, where that is no household. */
    val about: String? = null,
    /** The household itself. */
    val household: Household,
    /** Its members, by id. */
    val members: List<Member>,
    /** Its visits, the earliest first, whatever clocks said. */
    val visits: List<Visit>,
    /** Its needs, by id. */
    val needs: List<Need>,
    /** Everything else that stands in its document. */
    val records: List<Record>,
    /** Its conflicts, with both sides. */
    val conflicts: List<Conflict>,
    /** Of those of its visits that were written on this tablet: where they are. */
    val ownVisits: List<VisitStatus>,
) {
    override fun toString(): String = "HouseholdView(…)"
}

/** Own visits by where they are. */
@Serializable
public data class VisitCounts(
    /** All of them. */
    val all: Long,
    /** On this tablet only. */
    val saved: Long,
    /** On a colleague's tablet too. */
    val withAColleague: Long,
    /** At a relay. */
    val delivered: Long,
    /** At headquarters, merged. */
    val atHeadquarters: Long,
    /** At headquarters, set aside. */
    val setAside: Long,
)

/** Own visits that wait for one thing. */
@Serializable
public data class Waiting(
    /** The feed: their commune. */
    val feed: String,
    /** How many. */
    val visits: Long,
    /** What for. */
    val waitsFor: WaitsFor,
    /** The same for a person. */
    val words: Words,
)

/** How a tablet is. */
@Serializable
public data class Status(
    /** The organisation's name, where it is known. */
    val organisation: String? = null,
    /** How far the enrolment is. */
    val enrolment: Enrolment,
    /** The tablet's number in the organisation, once it is known. */
    val serial: Int? = null,
    /** Own visits by where they are. */
    val visits: VisitCounts,
    /** Own visits at headquarters, up to this moment without a gap; `null`: not even the first is there. */
    val atHeadquartersUpTo: Instant? = null,
    /** What waits, and for whom. */
    val waiting: List<Waiting>,
    /** Households readable on this tablet, colleagues' included. */
    val households: Long,
    /** Visits readable on this tablet. */
    val visitsReadable: Long,
    /** Fields with several answers. */
    val conflicts: Long,
    /** Entries of others that are held here and not merged. */
    val setAsideHere: Long,
    /** Whether the disk is so full that the space kept back for the last forms is gone: free space now. */
    val full: Boolean,
)

/** How a sync is going, counted in visits. */
@Serializable
public data class SyncProgress(
    /** Whether a relay was reached. */
    val connected: Boolean,
    /** Own visits that a relay or headquarters holds now and did not before. */
    val sent: Long,
    /** Own visits that were to be sent when the sync began. */
    val toSend: Long,
    /** Others' visits that arrived. */
    val received: Long,
    /** Bytes given to be sent, without what carries them. */
    val bytesUp: Long,
    /** Bytes received, likewise. */
    val bytesDown: Long,
)

/** What a sync did. */
@Serializable
public data class SyncReport(
    /** How it ended. */
    val ended: SyncEnd,
    /** Own visits that a relay or headquarters holds now and did not before. */
    val sent: Long,
    /** Others' visits that arrived. */
    val received: Long,
    /** Own visits that a relay or headquarters holds. */
    val delivered: Long,
    /** Own visits that are still on this tablet, or colleagues', only. */
    val left: Long,
    /** Own entries of any kind that are so: visits, families, referrals, decisions. */
    val entriesLeft: Long,
    /** Own visits at headquarters. */
    val atHeadquarters: Long,
    /** Own visits at headquarters, up to this moment without a gap; `null`: not even the first is there. */
    val atHeadquartersUpTo: Instant? = null,
    /** Whether this tablet was enrolled in it. */
    val enrolled: Boolean,
    /** Logs that the relay does not take now, for want of a grant; they are kept and offered again. */
    val logsNotGranted: Long,
    /** Whether another tablet writes under this one's name: a copy, or a restored backup. */
    val copied: Boolean,
    /** Times of visits that this tablet's clock had said wrongly, and that were found by another's. */
    val timesFound: Long,
    /** Bytes given to be sent, without what carries them. */
    val bytesUp: Long,
    /** Bytes received, likewise. */
    val bytesDown: Long,
)

/** A sync that was begun. */
@Serializable
public data class SyncBegun(
    /** Its number. */
    val sync: Long,
)

/** News of a sync: how it goes, then how it ended, or why it did not begin. */
@Serializable
public data class SyncNews(
    /** How it goes; `null`: nothing new within the time given, or it has ended. */
    val progress: SyncProgress? = null,
    /** What it did; the last news. */
    val report: SyncReport? = null,
    /** Why it failed; the last news. */
    val trouble: Trouble? = null,
)

/** A code and what it means. */
@Serializable
public data class Code(
    /** The code, as forms take it. */
    val code: String,
    /** What it means. */
    val words: Words,
)

/** A field of a record, for building screens. */
@Serializable
public data class Field(
    /** Its name in forms. */
    val name: String,
    /** What it is. */
    val words: Words,
    /** What it holds. */
    val fieldType: FieldType,
    /** Whether a new record must be given it. */
    val needed: Boolean,
    /** The least number, where it takes one. */
    val min: Long? = null,
    /** The greatest number. */
    val max: Long? = null,
    /** The codes it takes, where it takes codes. */
    val codes: List<Code>,
    /** Bytes of UTF-8 it takes at most, where it takes text. */
    val bytesMax: Long? = null,
)

/** A kind of record and its fields. */
@Serializable
public data class Kind(
    /** Its word: `household`, `member`, `visit`, `need`… */
    val record: String,
    /** What it is. */
    val words: Words,
    /** Its fields, in the order of the page. */
    val fields: List<Field>,
)
