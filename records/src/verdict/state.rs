//! Verdicts: the states an entry can be in, their order, and their numbers in receipts.

use serde::{Deserialize, Serialize};

/// Number of the rules by which verdicts come about. Copies under other rules are judged anew.
pub const RULE_SET: u32 = 2;

/// Why an entry is not merged yet, though nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Waiting {
    /// A change it builds on is not merged here.
    Ancestor,
    /// Its segment is sealed with a key that is not here. Local.
    Key,
    /// The roster held here does not say yet.
    Roster,
    /// Newer software wrote it.
    Software,
    /// The local document did not take it; it is tried again when the document is touched. Local.
    Retry,
}

/// Why an entry is kept aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// Its branch had ended.
    AfterFinal,
    /// Two branches go on under one Start.
    Equivocation,
    /// Its log is closed and the entry does not stand.
    Closed,
    /// The change did not pass the airlock.
    Airlock,
    /// Its body does not decode, or stands in a feed where it may not.
    Malformed,
    /// Its change has another actor or number than its place in the log gives.
    Actor,
    /// Its segment's content does not open or does not give its head: held as one unit.
    Content,
    /// More logs or branches than are listed.
    Over,
}

/// What a reader made of a held entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EntryState {
    /// In its document; of an entry that is no change: read.
    Merged,
    /// Not yet.
    Waiting(Waiting),
    /// Kept, shown, and merged only when a person or later rules say so.
    Quarantined(Reason),
}

impl EntryState {
    /// The reason a receipt gives; `None` for merged entries.
    #[must_use]
    pub const fn held_back_number(self) -> Option<u8> {
        match self {
            Self::Merged => None,
            Self::Waiting(_) => Some(1),
            Self::Quarantined(reason) => Some(match reason {
                Reason::AfterFinal => 2,
                Reason::Equivocation => 3,
                Reason::Closed => 4,
                Reason::Airlock => 5,
                Reason::Malformed => 6,
                Reason::Actor => 7,
                Reason::Content => 8,
                Reason::Over => 9,
            }),
        }
    }

    /// Place in the order in which states apply. `of_unit`: the state is its whole segment's.
    #[must_use]
    pub const fn order(self, of_unit: bool) -> u8 {
        match self {
            Self::Quarantined(Reason::Over) => 0,
            Self::Waiting(Waiting::Software) if of_unit => 1,
            Self::Waiting(Waiting::Key) => 2,
            Self::Quarantined(Reason::Content) => 3,
            Self::Quarantined(Reason::Malformed) => 4,
            Self::Quarantined(Reason::Actor) => 5,
            Self::Quarantined(Reason::Airlock) => 6,
            Self::Quarantined(Reason::AfterFinal) => 7,
            Self::Quarantined(Reason::Equivocation) => 8,
            Self::Quarantined(Reason::Closed) => 9,
            Self::Waiting(Waiting::Software) => 10,
            Self::Waiting(Waiting::Roster) => 11,
            Self::Waiting(Waiting::Ancestor) => 12,
            Self::Waiting(Waiting::Retry) => 13,
            Self::Merged => 14,
        }
    }
}

impl std::fmt::Display for EntryState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Merged => "merged",
            Self::Waiting(Waiting::Ancestor) => "waiting for a change it builds on",
            Self::Waiting(Waiting::Key) => "waiting for a key",
            Self::Waiting(Waiting::Roster) => "waiting for news of the roster",
            Self::Waiting(Waiting::Software) => "waiting for newer software",
            Self::Waiting(Waiting::Retry) => "waiting to be tried again",
            Self::Quarantined(Reason::AfterFinal) => "set aside: written after the log's end",
            Self::Quarantined(Reason::Equivocation) => "set aside: two branches under one start",
            Self::Quarantined(Reason::Closed) => "set aside: its log is closed",
            Self::Quarantined(Reason::Airlock) => "set aside: the change is unsafe",
            Self::Quarantined(Reason::Malformed) => "set aside: the entry is malformed",
            Self::Quarantined(Reason::Actor) => "set aside: not its author's next change",
            Self::Quarantined(Reason::Content) => "set aside: the content is not what its header declares",
            Self::Quarantined(Reason::Over) => "set aside: more logs or branches than are listed",
        })
    }
}
