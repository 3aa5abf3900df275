//! Airlock: why a change stays outside. Closed, numbered for the documents, and without data.

/// Why a change is `Quarantined(airlock)`. The numbers are part of the rule sets and are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[repr(u8)]
pub enum AirlockFault {
    /// The chunk has no change hash: wrong magic, kind, length or checksum.
    #[error("the bytes are not one whole change chunk with its checksum")]
    NoHash = 1,
    /// Over `CHANGE_BYTES_MAX`.
    #[error("the change is larger than a change may be")]
    TooLarge = 2,
    /// A part ends early, or bytes are left over behind it.
    #[error("the change ends early, or says lengths that do not add up")]
    Cut = 3,
    /// A number has a shorter spelling.
    #[error("a number is not written in its shortest form")]
    NotMinimal = 4,
    /// More operations, dependencies, actors, predecessors or key bytes than the limits allow, more operations that
    /// stay in the document than the chunk has bytes, or a column that claims more rows than there are operations.
    #[error("the change claims more parts than a change may have")]
    TooMany = 5,
    /// Dependencies are not strictly ascending.
    #[error("the dependencies are not a strictly ascending list")]
    BadDependency = 6,
    /// An actor of another length, out of order, unused, or outside the table.
    #[error("the actors are not the ascending list of those the change refers to")]
    BadActor = 7,
    /// seq or an operation counter is zero or too high.
    #[error("a sequence number or operation counter is outside its range")]
    BadCounter = 8,
    /// Text that is not UTF-8.
    #[error("a text is not UTF-8")]
    BadText = 9,
    /// An unknown, compressed, empty, repeated, missing or needless column.
    #[error("the columns are not those automerge writes for these operations")]
    BadColumn = 10,
    /// A run that another writer would have written otherwise, or that does not fill its column.
    #[error("a column's runs are not the ones automerge writes for its rows")]
    BadRun = 11,
    /// A value of unknown kind, wrong length, over `CHANGE_VALUE_BYTES_MAX`, or a counter's beyond
    /// `CHANGE_COUNTER_DISTANCE_MAX`.
    #[error("a value has an unknown kind, a wrong length, or is too large")]
    BadValue = 12,
    /// An unknown action, or one whose key, value, insertion or predecessors do not go with it.
    #[error("an operation's action does not go with its other parts")]
    BadAction = 13,
    /// An object, element or predecessor that does not exist before the operation, or is of the wrong kind for it.
    #[error("an operation refers to something that does not exist before it or is of another kind")]
    BadReference = 14,
    /// Objects nested beyond `DOCUMENT_DEPTH_MAX`.
    #[error("objects are nested deeper than a document may nest them")]
    TooDeep = 15,
    /// `start_op` is not one more than the highest counter among the ancestors.
    #[error("the operation counters do not follow those of the ancestors")]
    WrongStart = 16,
    /// The actor's own previous change is not the last of its changes among the ancestors.
    #[error("the change does not stand on its own author's previous change")]
    WrongSequence = 17,
    /// The actor belongs to a constant, the change is not one.
    #[error("the change is signed with the actor of a constant and is not that constant")]
    ConstantActor = 18,
    /// Bytes behind the columns: the place of automerge's author, which this project does not use.
    #[error("the change carries bytes behind its columns")]
    ExtraBytes = 19,
    /// A wall time beyond `CHANGE_TIME_DISTANCE_MAX`.
    #[error("the change's wall time is further from 1970 than any clock")]
    BadTime = 20,
}

impl AirlockFault {
    /// The stable number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}
