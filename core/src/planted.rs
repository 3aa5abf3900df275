//! Deliberate faults, one of which may be switched on in a build with the feature `planted`. The simulation must find
//! each of them: one that it does not find is a fault that it would not find in earnest. No other build has them.

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What is written is answered, and sent, before it was synced.
    SentBeforeSynced,
    /// A receipt leaves although the commit that it speaks of failed.
    ReceiptBeforeCommit,
    /// Every process numbers its changes as the one before it did: two of them write under one actor.
    SeqReusedAfterRestore,
    /// A segment is held although what it goes on from is not.
    SegmentGapAccepted,
    /// Ends of logs are compared by their positions alone.
    HeadIgnoredInVectors,
    /// Somebody else writes in this device's log, and it goes on there.
    ForkIgnored,
    /// What came before its ground is never tried again.
    RetryNeverFires,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::SentBeforeSynced,
        Self::ReceiptBeforeCommit,
        Self::SeqReusedAfterRestore,
        Self::SegmentGapAccepted,
        Self::HeadIgnoredInVectors,
        Self::ForkIgnored,
        Self::RetryNeverFires,
    ];

    /// Whether it is switched on in this thread.
    #[cfg(feature = "planted")]
    pub(crate) fn is_on(self) -> bool {
        ON.get() == Some(self)
    }

    /// Never, in this build.
    #[cfg(not(feature = "planted"))]
    pub(crate) const fn is_on(self) -> bool {
        let _ = self;
        false
    }
}

#[cfg(feature = "planted")]
thread_local! {
    static ON: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// Switches one fault on in this thread, or all off.
#[cfg(feature = "planted")]
pub fn plant(fault: Option<Fault>) {
    ON.set(fault);
}
