//! Every maximum, with its unit in its name and what happens beyond it.

/// Feed names and patterns longer than this are refused.
pub const FEED_NAME_BYTES_MAX: usize = 64;
/// A software name longer than this makes its Start entry malformed.
pub const SOFTWARE_BYTES_MAX: usize = 32;

/// A change over this is refused to its writer, and quarantined where it comes from elsewhere.
pub const CHANGE_BYTES_MAX: usize = 65_536;
/// Operations in one change; likewise.
pub const CHANGE_OPS_MAX: u64 = 4_096;
/// Dependencies of one change; likewise.
pub const CHANGE_DEPS_MAX: usize = 64;
/// Other actors named by one change; likewise.
pub const CHANGE_ACTORS_MAX: usize = 64;
/// One value inside a change; likewise.
pub const CHANGE_VALUE_BYTES_MAX: u64 = 16_384;
/// Highest operation counter a change may reach; likewise.
pub const CHANGE_OP_COUNTER_MAX: u64 = 10_000_000;
/// Predecessors named by all operations of one change together; likewise.
pub const CHANGE_PREDECESSORS_MAX: u64 = 16_384;
/// Keys of all operations of one change together, each counted where it is used, not where it is written; likewise.
pub const CHANGE_KEY_BYTES_MAX: u64 = 1_048_576;
/// Distance of a change's wall time from 1970, in whatever unit its writer counts; likewise. automerge stores
/// times as differences, and two extreme ones have none.
pub const CHANGE_TIME_DISTANCE_MAX: u64 = 1 << 52;
/// Distance from 0 of a counter's first value and of each of its steps; likewise. automerge adds them up as they come, and
/// as many steps as a document can have stay within 64 bits.
pub const CHANGE_COUNTER_DISTANCE_MAX: u64 = 1 << 38;
/// Objects inside objects, counted from the document's root; a change that nests deeper is likewise refused.
pub const DOCUMENT_DEPTH_MAX: u32 = 16;
/// A schema constant published in the roster; larger ones count for nothing.
pub const CONSTANT_BYTES_MAX: usize = 4_096;

/// A cut aims at this many sealed bytes.
pub const SEGMENT_SEALED_BYTES_TARGET: usize = 8_192;
/// A segment of several entries above this is refused.
pub const SEGMENT_SEALED_BYTES_MAX: usize = 16_384;
/// A segment of one entry above this is refused.
pub const SEGMENT_SINGLE_SEALED_BYTES_MAX: usize = 81_920;
/// Content of one segment, inflated. Checked before inflating.
pub const SEGMENT_RAW_BYTES_MAX: u64 = 1_048_576;
/// zstd window of one segment. Checked before inflating.
pub const SEGMENT_WINDOW_LOG_MAX: u32 = 23;
/// Entries in one segment that we cut ourselves.
pub const SEGMENT_ENTRIES_MAX: u32 = 4_096;

/// Logs of one device in one feed that are listed, beside those a roster item names. The rest is *over*.
pub const LOGS_LISTED_PER_DEVICE_AND_FEED: usize = 16;
/// Branches of one log that are listed, beside those a roster item names. The rest is *over*.
pub const BRANCHES_LISTED_PER_LOG: usize = 4;
/// Runs of held-back entries in one line of a receipt; beyond that the line ends earlier.
pub const RECEIPT_HELD_BACK_RUNS_MAX: usize = 64;

/// A control frame above this costs its sender the connection.
pub const FRAME_BYTES_MAX: usize = 65_536;
/// Whole vectors travel in the Hello while they are no larger than this.
pub const HELLO_VECTOR_BYTES_MAX: usize = 600;
/// What a Hello says is other than in its base, at most: the rest of the frame has room. Of more than that it says
/// that it is not all, and the peer asks.
pub const HELLO_CHANGES_BYTES_MAX: usize = FRAME_BYTES_MAX / 2;
/// Feeds of one subscription; beyond it the connection is closed.
pub const SUBSCRIBED_FEEDS_MAX: usize = 4_096;
/// Times one log is asked for in one session; beyond it the next session goes on.
pub const ASKS_PER_LOG_MAX: u32 = 3;
/// Questions kept for a peer that has not shown yet who it is; beyond it they are not answered in this session.
pub const ENDS_DEFERRED_MAX: usize = 4_096;
/// Logs spelled in one session; beyond it the connection is closed.
pub const SPELLED_LOGS_PER_SESSION_MAX: usize = 100_000;
/// Signed items that one session may bring alone; beyond it the connection is closed.
pub const ITEMS_PER_SESSION_MAX: u32 = 50_000;
/// Serials whose key grants one session may ask for: a registrar asks for the rest in the next one; beyond it the
/// connection is closed.
pub const GRANTS_ASKED_PER_SESSION_MAX: usize = 4_096;
/// Segments sent right behind a Hello; the rest waits for the answer.
pub const EARLY_SEGMENTS_MAX: usize = 16;
/// Lines of one vector message; beyond it the connection is closed.
pub const VECTOR_LINES_MAX: usize = 100_000;
/// Bytes of segments staged for one session whose ground is not held yet; beyond it the oldest are dropped (they come again).
pub const STAGED_BYTES_PER_SESSION_MAX: usize = 4 * 1_048_576;
/// Inputs that one call of the engine takes together, for one flush.
pub const INPUTS_PER_COMMIT_MAX: usize = 256;
/// Bytes of one segment stream: header and sealed bytes. More costs its sender the connection.
pub const SEGMENT_STREAM_BYTES_MAX: usize = SEGMENT_SINGLE_SEALED_BYTES_MAX + 512;
/// Bytes of segments that a sender may have begun and that are not all acknowledged; beyond it the next waits.
pub const SEGMENTS_BEGUN_BYTES_MAX: usize = 131_072;
/// Bytes of segments half received in one session; above what a sender may have begun, so that only one that
/// begins more ever waits, and after a while is parted with.
pub const SEGMENTS_UNFINISHED_BYTES_MAX: usize = 196_608;
/// Bytes waiting for the engine, all sessions together; beyond it nobody is read from until it has caught up.
pub const INPUT_BYTES_QUEUED_MAX: usize = 16 * 1_048_576;
/// Inputs from the program around the engine that wait for it; beyond it the program waits.
pub const OWN_INPUTS_QUEUED_MAX: usize = 256;
/// News the program around the engine has not read yet; beyond it the oldest are lost and it is told how many.
pub const NEWS_QUEUED_MAX: usize = 1_024;

/// A journal file is closed, and the next begun, at this size.
pub const JOURNAL_FILE_BYTES_MAX: u64 = 64 * 1_048_576;
/// One journal record above this is refused. A call of the engine with the largest segments stays below.
pub const JOURNAL_RECORD_BYTES_MAX: usize = 32 * 1_048_576;
/// A key of the store above this is refused as our own mistake.
pub const STORE_KEY_BYTES_MAX: usize = 1_024;
/// One value in the index; larger ones stay in the journal, or are split.
pub const INDEX_VALUE_BYTES_MAX: usize = 4_096;
/// Rows that wait in memory for the index, which takes many of them more cheaply in one batch than in many; with
/// more it is given what waits. A process that is killed leaves the index so far behind: the next one brings it
/// forward from the journal.
pub const INDEX_BATCH_BYTES_MAX: usize = 1_048_576;
/// Commits and derivations that wait so; likewise.
pub const INDEX_BATCH_CALLS_MAX: u32 = 256;
/// Rows held in memory while the index takes none; beyond it reads wait until the index works again.
pub const INDEX_PENDING_BYTES_MAX: usize = 32 * 1_048_576;

/// An index that takes longer to open is set aside and built anew.
pub const INDEX_OPEN_MS_MAX: u64 = 60_000;
/// Memory the index may use for its cache.
pub const INDEX_CACHE_BYTES_MAX: u64 = 8 * 1_048_576;
/// An index larger than this times what it holds is built anew at the next opening.
pub const INDEX_BLOAT_MAX: u64 = 4;
/// An index smaller than this is never called bloated.
pub const INDEX_BLOAT_BYTES_MIN: u64 = 32 * 1_048_576;
/// Kept free on the disk, so that the visit being typed can still be saved when it is full.
pub const RESERVE_BYTES: u64 = 2 * 1_048_576;

/// An organisation file above this is refused: it holds a few addresses and keys.
pub const ORGANISATION_FILE_BYTES_MAX: usize = 65_536;
/// An organisation's name above this is refused where it is written down.
pub const ORGANISATION_NAME_BYTES_MAX: usize = 256;

/// Operations of a document and of the changes it is offered: with more they wait, and the document stays as it is. Far
/// above what [`DOCUMENT_BYTES_MAX`] lets anybody write.
pub const REHEARSAL_OPS_MAX: u64 = 1 << 18;
/// Likewise: with fewer, trying them is over before a person notices; with more it is a worker's.
pub const REHEARSAL_OPS_HERE_MAX: u64 = 16_384;
/// A worker that takes longer for one document is left behind, and the changes wait.
pub const REHEARSAL_MS_MAX: u64 = 10_000;

/// A household's document: the writer warns here.
pub const DOCUMENT_BYTES_WARN: usize = 262_144;
/// A household's document: the writer refuses growth here.
pub const DOCUMENT_BYTES_MAX: usize = 524_288;
/// A document's row, unpacked: one that claims more is damaged, and is derived anew.
pub const DOCUMENT_UNPACKED_BYTES_MAX: usize = 1 << 28;

/// A name of a person or of a place in a record; a longer one is refused at entry.
pub const RECORD_NAME_BYTES_MAX: usize = 256;
/// An agent's code or name in a visit; likewise.
pub const RECORD_AGENT_BYTES_MAX: usize = 64;
/// What a person says they need, in their words; likewise.
pub const RECORD_TEXT_BYTES_MAX: usize = 4_096;
/// A note: one value of a change; likewise.
pub const RECORD_NOTE_BYTES_MAX: usize = 16_384;
/// A local handle (`ref`) inside one file of records; likewise.
pub const RECORD_HANDLE_BYTES_MAX: usize = 64;
/// Members in one household form; more are refused at entry and come one by one.
pub const RECORD_MEMBERS_PER_FORM_MAX: usize = 64;
/// Needs in one visit form; likewise.
pub const RECORD_NEEDS_PER_VISIT_MAX: usize = 32;
/// Entries of one kind in a form (expectations heard at a visit, people at a consultation); more are refused at entry.
pub const RECORD_ENTRIES_PER_FORM_MAX: usize = 128;
/// Territories of one programme; more are refused at entry.
pub const RECORD_TERRITORIES_MAX: usize = 128;
/// Characters of a register's number, those between them left out. Fewer or more: refused at entry.
pub const IDENTIFIER_CHARS_MIN: usize = 4;
/// See [`IDENTIFIER_CHARS_MIN`].
pub const IDENTIFIER_CHARS_MAX: usize = 24;
/// Memory that hashing a register's number takes, in KiB (Argon2id): some milliseconds on a tablet. Part of stored values.
pub const IDENTIFIER_HASH_KIB: u32 = 4_096;
/// Passes over that memory. Part of stored values.
pub const IDENTIFIER_HASH_PASSES: u32 = 2;
/// Characters of an answer that a sentence about a conflict repeats; the rest is an ellipsis.
pub const SENTENCE_VALUE_CHARS_MAX: usize = 80;
/// Languages of one household; more are refused at entry.
pub const RECORD_LANGUAGES_MAX: usize = 16;
/// One line of a file of records; a longer one is refused unread.
pub const RECORD_LINE_BYTES_MAX: usize = 262_144;

/// Content read in one round of catching up; what is new beyond it comes in further rounds.
pub const CATCH_UP_ROUND_BYTES: usize = 8 * 1_048_576;
/// Derived rows of documents written in one call while catching up; the next call takes the rest of the round.
pub const CATCH_UP_BATCH_BYTES: usize = 4 * 1_048_576;
/// Rows of a list in one page; a larger page is cut to this.
pub const LIST_PAGE_ROWS_MAX: usize = 1_000;
/// Rows of a dataset's table that wait in memory until they are written as one row group of Parquet.
pub const EXPORT_GROUP_ROWS_MAX: usize = 32_768;
/// Text in such rows, what repeats at once counted once: with more the group is written, though it has fewer rows.
pub const EXPORT_GROUP_TEXT_BYTES_MAX: usize = 8 * 1_048_576;

/// A session in which nothing is heard for so long is given up by whoever dialled; what was said to be durable stays.
pub const SILENCE_MS_MAX: u64 = 30_000;
