//! What a caller should do next: six kinds, in every room and in every language binding.

/// What the caller should do. Mirrored one to one by the command line's exit codes and by Kotlin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing; it will be tried again. "Waiting for network."
    Retry,
    /// Free space; nothing was lost. "The tablet is full. Your last visit is safe."
    Full,
    /// Ask for rights: the other side or the roster does not allow this.
    Refused,
    /// Fix the input.
    Invalid,
    /// Stop writing, keep the files, call for help.
    Corrupt,
    /// Report it: this is ours to mend.
    Bug,
}

impl ErrorKind {
    /// Whether trying the same call again later can succeed without anybody changing anything.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(self, Self::Retry)
    }
}

/// An error at the edge of core: what to do, and a sentence that says what happened, why, and what to do.
///
/// Never carries personal data: messages are built from ids, counts and fixed words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{sentence}")]
pub struct Error {
    /// What the caller should do.
    pub kind: ErrorKind,
    /// What happened, why, what to do.
    pub sentence: String,
}

impl Error {
    /// An error of `kind` saying `sentence`.
    #[must_use]
    pub fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into() }
    }
}
