//! What Kotlin is told: one table of structures, from which the Rust types and Kotlin's data classes both come.
//!
//! A structure travels as a JSON object: its fields under the names that they have in Kotlin, nothing as `null`.
//! Records travel as the lines of docs/RECORDS.md, so that a field which this software does not know is not lost.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::structure::{Enumeration, Structure, StructureField, enumerations, structures};

/// A household's row, as a line gives it.
pub type Household = Value;
/// A member's row, likewise.
pub type Member = Value;
/// A visit's row, likewise.
pub type Visit = Value;
/// A need's row, likewise.
pub type Need = Value;
/// A time in UTC, to the second: `2026-11-25T09:30:00Z`.
pub type Instant = String;

enumerations! {
    /// What the caller should do about an error.
    ErrorKind {
        /// Nothing: try again later.
        Retry,
        /// Free space; nothing was lost.
        Full,
        /// Ask for rights: the other side or the roster does not allow this.
        Refused,
        /// Mend what was given.
        Invalid,
        /// Stop writing, keep the files, call for help.
        Corrupt,
        /// Report it: this is ours to mend.
        Bug,
    }
    /// Where a visit provably is.
    Whereabouts {
        /// On this tablet, durable.
        Saved,
        /// On a colleague's tablet too.
        WithAColleague,
        /// At a relay, which signed for it.
        Delivered,
        /// At headquarters, merged.
        AtHeadquarters,
        /// At headquarters, not merged: a supervisor has to look.
        SetAside,
    }
    /// What a visit waits for.
    WaitsFor {
        /// A relay: the next sync.
        Relay,
        /// Headquarters has to give this tablet the commune's key.
        Key,
        /// Headquarters has to grant the commune to this tablet.
        Grant,
        /// Headquarters has to fetch it from the relay.
        Headquarters,
        /// A supervisor has to look at it.
        Supervisor,
    }
    /// How far the enrolment is.
    Enrolment {
        /// No code was given.
        None,
        /// A code was given; the relay has not confirmed it.
        Waiting,
        /// Confirmed.
        Enrolled,
        /// Headquarters closed this tablet. It keeps and delivers its own work.
        Closed,
    }
    /// What a field holds.
    FieldType {
        /// Text in a person's words.
        Text,
        /// One code of a list.
        Code,
        /// Several codes of a list.
        Codes,
        /// Yes or no.
        Flag,
        /// A whole number.
        Whole,
        /// A time in UTC, to the second.
        Time,
        /// A commune's HCP code.
        Commune,
        /// HCP codes of territories, with spaces between them.
        Territories,
        /// A telephone number.
        Phone,
        /// A number of a state register: kept as a hash, not to be shown again.
        Identifier,
        /// A language's code.
        Language,
        /// A date or year of birth, which may be a guess.
        Birth,
        /// A date, a month or a year.
        Date,
        /// A place on the map.
        Place,
        /// The id of another record.
        Record,
    }
    /// How a sync ended.
    SyncEnd {
        /// Everything was said.
        Complete,
        /// The link was lost or fell silent. What was delivered stays delivered; the rest goes next time.
        Partial,
        /// It was cancelled; likewise.
        Cancelled,
    }
}

structures! {
    /// One thing said in the three languages of the people who use this.
    Words {
        /// In Arabic, written from right to left.
        ar: String,
        /// In French.
        fr: String,
        /// In English.
        en: String,
    }
    /// What this software is.
    About {
        /// Its version.
        version: String,
        /// The version of the encoding between Kotlin and Rust.
        encoding: u32,
        /// The name under which it writes in a tablet's logs.
        software: String,
    }
    /// An error: what happened, whether anything was lost, what to do.
    Trouble {
        /// What the caller should do.
        kind: ErrorKind,
        /// A word for programs, such as `no_answer`.
        code: String,
        /// The field concerned, such as `members[2].name_ar`, of a form that was not saved.
        field: Option<String>,
        /// The sentence for a person.
        sentence: Words,
    }
    /// A tablet that was opened.
    Opened {
        /// Its number among the open ones, good for this opening only.
        handle: i64,
        /// Its key, by which the organisation knows it, in hexadecimal.
        device: String,
        /// What had to be mended, in sentences; nothing saved was lost by it.
        mended: Vec<Words>,
    }
    /// A record that was saved.
    SavedRecord {
        /// What it is: `household`, `member`, `visit`, `need` or another word of docs/RECORDS.md.
        record: String,
        /// Its id.
        id: Uuid,
        /// Whether it is new.
        new: bool,
    }
    /// A form that was saved. It is durable: the battery may die now.
    Saved {
        /// The household, or the other document, it was saved in.
        household: Uuid,
        /// The records written, in the form's order.
        records: Vec<SavedRecord>,
        /// The document's size in bytes where it has grown large; `null`: it has not.
        large_bytes: Option<u64>,
    }
    /// A row of a list.
    ListRow {
        /// The feed it stands in: for a household, its commune.
        feed: String,
        /// The household, or the other document.
        id: Uuid,
        /// What it is about, where that is no household: `referral`, `service_point`…
        about: Option<String>,
        /// Commune, HCP code.
        commune: Option<String>,
        /// Douar, ksar or quarter.
        douar: Option<String>,
        /// Kind of household.
        status: Option<String>,
        /// The head's name, else the first member's.
        name: Option<String>,
        /// Telephone.
        phone: Option<String>,
        /// The latest visit, as its clock said.
        last_visit: Option<Instant>,
        /// Members that are not withdrawn.
        members: u32,
        /// Visits that are not withdrawn.
        visits: u32,
        /// Needs.
        needs: u32,
        /// Needs that are neither met nor withdrawn.
        open_needs: u32,
        /// Fields with several answers.
        conflicts: u32,
        /// Whether it was set aside.
        withdrawn: bool,
    }
    /// Where a page of a list begins: behind this row.
    Cursor {
        /// The feed of the last row before.
        feed: String,
        /// The id of the last row before.
        id: Uuid,
    }
    /// A page of a list.
    Page {
        /// Its rows, by feed and id.
        rows: Vec<ListRow>,
        /// Where the next page begins; `null`: there is none.
        next: Option<Cursor>,
    }
    /// A record of a kind that has no class of its own: a referral, a service point, a link…
    Record {
        /// What it is, by its word in docs/RECORDS.md.
        record: String,
        /// Its id.
        id: Uuid,
        /// Its fields that have an answer, by name.
        fields: BTreeMap<String, Value>,
        /// How many of its fields have several answers.
        conflicts: u32,
        /// What other software wrote beside them, as JSON, by name.
        extra: BTreeMap<String, String>,
    }
    /// Where a visit provably is, and what it waits for.
    VisitStatus {
        /// The visit.
        id: Uuid,
        /// Its household.
        household: Uuid,
        /// Its feed: the household's commune.
        feed: String,
        /// When it was, as its clock said.
        at: Option<Instant>,
        /// Where it is.
        whereabouts: Whereabouts,
        /// The same for a person.
        words: Words,
        /// What it waits for; `null`: nothing, it is at headquarters.
        waits_for: Option<WaitsFor>,
        /// The same for a person.
        waits_for_words: Option<Words>,
    }
    /// Who wrote one side of a conflict.
    Writer {
        /// Whether it is this tablet.
        me: bool,
        /// The tablet's number in the organisation, where it has one.
        serial: Option<u32>,
        /// The tablet's key in hexadecimal, where it is known here.
        device: Option<String>,
        /// The agent, as the visit beside it says.
        agent: Option<String>,
        /// When, as the visit beside it says.
        at: Option<Instant>,
        /// How far that may be wrong, in seconds.
        error_s: Option<u32>,
    }
    /// One answer of several.
    Side {
        /// The answer as it was written.
        text: String,
        /// The same for a person: codes by what they mean.
        words: Words,
        /// The answer as a form would give it.
        value: Value,
        /// Who wrote it.
        writer: Writer,
        /// Whether lists show this one meanwhile.
        shown: bool,
    }
    /// Several answers to one question, of which a person has to choose; none is lost.
    Conflict {
        /// The feed.
        feed: String,
        /// The household, or the other document.
        household: Uuid,
        /// The field, for programs: `keep` and `answer` find it by this.
        path: String,
        /// Who wrote what, where and when, in one sentence.
        sentence: Words,
        /// The answers, at least two, in a fixed order.
        sides: Vec<Side>,
    }
    /// A household whole.
    HouseholdView {
        /// The feed it stands in: its commune.
        feed: String,
        /// What the document is about, where that is no household.
        about: Option<String>,
        /// The household itself.
        household: Household,
        /// Its members, by id.
        members: Vec<Member>,
        /// Its visits, the earliest first, whatever clocks said.
        visits: Vec<Visit>,
        /// Its needs, by id.
        needs: Vec<Need>,
        /// Everything else that stands in its document.
        records: Vec<Record>,
        /// Its conflicts, with both sides.
        conflicts: Vec<Conflict>,
        /// Of those of its visits that were written on this tablet: where they are.
        own_visits: Vec<VisitStatus>,
    }
    /// Own visits by where they are.
    VisitCounts {
        /// All of them.
        all: u64,
        /// On this tablet only.
        saved: u64,
        /// On a colleague's tablet too.
        with_a_colleague: u64,
        /// At a relay.
        delivered: u64,
        /// At headquarters, merged.
        at_headquarters: u64,
        /// At headquarters, set aside.
        set_aside: u64,
    }
    /// Own visits that wait for one thing.
    Waiting {
        /// The feed: their commune.
        feed: String,
        /// How many.
        visits: u64,
        /// What for.
        waits_for: WaitsFor,
        /// The same for a person.
        words: Words,
    }
    /// How a tablet is.
    Status {
        /// The organisation's name, where it is known.
        organisation: Option<String>,
        /// How far the enrolment is.
        enrolment: Enrolment,
        /// The tablet's number in the organisation, once it is known.
        serial: Option<u32>,
        /// Own visits by where they are.
        visits: VisitCounts,
        /// Own visits at headquarters, up to this moment without a gap; `null`: not even the first is there.
        at_headquarters_up_to: Option<Instant>,
        /// What waits, and for whom.
        waiting: Vec<Waiting>,
        /// Households readable on this tablet, colleagues' included.
        households: u64,
        /// Visits readable on this tablet.
        visits_readable: u64,
        /// Fields with several answers.
        conflicts: u64,
        /// Entries of others that are held here and not merged.
        set_aside_here: u64,
        /// Whether the disk is so full that the space kept back for the last forms is gone: free space now.
        full: bool,
    }
    /// How a sync is going, counted in visits.
    SyncProgress {
        /// Whether a relay was reached.
        connected: bool,
        /// Own visits that a relay or headquarters holds now and did not before.
        sent: u64,
        /// Own visits that were to be sent when the sync began.
        to_send: u64,
        /// Others' visits that arrived.
        received: u64,
        /// Bytes given to be sent, without what carries them.
        bytes_up: u64,
        /// Bytes received, likewise.
        bytes_down: u64,
    }
    /// What a sync did.
    SyncReport {
        /// How it ended.
        ended: SyncEnd,
        /// Own visits that a relay or headquarters holds now and did not before.
        sent: u64,
        /// Others' visits that arrived.
        received: u64,
        /// Own visits that a relay or headquarters holds.
        delivered: u64,
        /// Own visits that are still on this tablet, or colleagues', only.
        left: u64,
        /// Own entries of any kind that are so: visits, families, referrals, decisions.
        entries_left: u64,
        /// Own visits at headquarters.
        at_headquarters: u64,
        /// Own visits at headquarters, up to this moment without a gap; `null`: not even the first is there.
        at_headquarters_up_to: Option<Instant>,
        /// Whether this tablet was enrolled in it.
        enrolled: bool,
        /// Logs that the relay does not take now, for want of a grant; they are kept and offered again.
        logs_not_granted: u64,
        /// Whether another tablet writes under this one's name: a copy, or a restored backup.
        copied: bool,
        /// Times of visits that this tablet's clock had said wrongly, and that were found by another's.
        times_found: u64,
        /// Bytes given to be sent, without what carries them.
        bytes_up: u64,
        /// Bytes received, likewise.
        bytes_down: u64,
    }
    /// A sync that was begun.
    SyncBegun {
        /// Its number.
        sync: u64,
    }
    /// News of a sync: how it goes, then how it ended, or why it did not begin.
    SyncNews {
        /// How it goes; `null`: nothing new within the time given, or it has ended.
        progress: Option<SyncProgress>,
        /// What it did; the last news.
        report: Option<SyncReport>,
        /// Why it failed; the last news.
        trouble: Option<Trouble>,
    }
    /// A code and what it means.
    Code {
        /// The code, as forms take it.
        code: String,
        /// What it means.
        words: Words,
    }
    /// A field of a record, for building screens.
    Field {
        /// Its name in forms.
        name: String,
        /// What it is.
        words: Words,
        /// What it holds.
        field_type: FieldType,
        /// Whether a new record must be given it.
        needed: bool,
        /// The least number, where it takes one.
        min: Option<i64>,
        /// The greatest number.
        max: Option<i64>,
        /// The codes it takes, where it takes codes.
        codes: Vec<Code>,
        /// Bytes of UTF-8 it takes at most, where it takes text.
        bytes_max: Option<u64>,
    }
    /// A kind of record and its fields.
    Kind {
        /// Its word: `household`, `member`, `visit`, `need`…
        record: String,
        /// What it is.
        words: Words,
        /// Its fields, in the order of the page.
        fields: Vec<Field>,
    }
}
