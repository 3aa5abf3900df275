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
    /// One change that the airlock refuses takes with it whatever arrives for its document together with it.
    BatchRefusedForOneBadChange,
    /// Headquarters' receipts do not say what is held back.
    HeldCountedAsMerged,
    /// What was once sent to a peer is taken for held there, though the meeting ended before the peer said so.
    BaseAdvancedByWhatWasSent,
    /// A change is written as if it stood on its own log's last change of the document, whoever wrote that.
    DependencyAcrossLogs,
    /// A closing or a release arrives, and what was read before stays as it is.
    ProjectionNotRebuiltAfterRelease,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SentBeforeSynced,
        Self::ReceiptBeforeCommit,
        Self::SeqReusedAfterRestore,
        Self::SegmentGapAccepted,
        Self::HeadIgnoredInVectors,
        Self::ForkIgnored,
        Self::RetryNeverFires,
        Self::BatchRefusedForOneBadChange,
        Self::HeldCountedAsMerged,
        Self::BaseAdvancedByWhatWasSent,
        Self::DependencyAcrossLogs,
        Self::ProjectionNotRebuiltAfterRelease,
    ];

    /// Whether it is switched on in this thread.
    #[cfg(feature = "planted")]
    #[must_use]
    pub fn is_on(self) -> bool {
        ON.get() == Some(self)
    }

    /// Never, in this build.
    #[cfg(not(feature = "planted"))]
    #[must_use]
    pub const fn is_on(self) -> bool {
        let _ = self;
        false
    }

    /// Whether it is switched on, and these bytes were given here before since it is.
    #[cfg(feature = "planted")]
    pub(crate) fn has_met(self, what: &[&[u8]]) -> bool {
        self.is_on() && MET.with_borrow_mut(|met| !met.insert(what.concat()))
    }

    /// Never, in this build.
    #[cfg(not(feature = "planted"))]
    pub(crate) const fn has_met(self, what: &[&[u8]]) -> bool {
        let _ = (self, what);
        false
    }
}

#[cfg(feature = "planted")]
thread_local! {
    static ON: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
    static MET: std::cell::RefCell<std::collections::BTreeSet<Vec<u8>>> = const {
        std::cell::RefCell::new(std::collections::BTreeSet::new())
    };
}

/// Switches one fault on in this thread, or all off.
#[cfg(feature = "planted")]
pub fn plant(fault: Option<Fault>) {
    ON.set(fault);
    MET.with_borrow_mut(std::collections::BTreeSet::clear);
}
