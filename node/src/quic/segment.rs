//! Segments: one unidirectional stream each, read as far as it comes and within a bound per session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use khettara_core::limits::{SEGMENT_STREAM_BYTES_MAX, UNFINISHED_BYTES_PER_SESSION_MAX};
use quinn::{RecvStream, VarInt};
use tokio::sync::Notify;

/// Code for streams we stop reading because too much lies half received; the segment comes again.
const STOPPED_FULL: VarInt = VarInt::from_u32(1);
/// Bytes taken from a stream at once.
const CHUNK_BYTES_MAX: usize = 16_384;

/// The peer sent more than any segment may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// A segment, or its beginning, and the room it takes until it is handed over.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    pub(super) whole: bool,
    /// Dropped once the bytes are somebody else's.
    pub(super) claim: Claim,
}

/// Reads one stream to its end, or to where it breaks off.
pub(super) async fn read(mut stream: RecvStream, room: Arc<Room>) -> Result<Received, TooLong> {
    let mut bytes = Vec::new();
    let mut claim = Claim { room, bytes: 0, leaving: false };
    let whole = loop {
        match stream.read_chunk(CHUNK_BYTES_MAX, true).await {
            Ok(Some(chunk)) => {
                if bytes.len() + chunk.bytes.len() > SEGMENT_STREAM_BYTES_MAX {
                    return Err(TooLong);
                }
                if !claim.grow(chunk.bytes.len()).await {
                    // A stream the peer has just ended needs no stopping.
                    let _ = stream.stop(STOPPED_FULL);
                    break false;
                }
                bytes.extend_from_slice(&chunk.bytes);
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    claim.leave();
    Ok(Received { bytes, whole, claim })
}

/// How many bytes of one session lie half received, and how many wait to be handed over.
#[derive(Debug, Default)]
pub(super) struct Room {
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    unfinished: usize,
    leaving: usize,
}

impl Room {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream's part of the room, given back when dropped.
#[derive(Debug)]
pub(super) struct Claim {
    room: Arc<Room>,
    bytes: usize,
    leaving: bool,
}

impl Claim {
    /// Takes `more` bytes. Waits for what is about to leave; false where all is held by unfinished streams,
    /// for then nothing but giving one up can make room.
    async fn grow(&mut self, more: usize) -> bool {
        loop {
            let freed = self.room.freed.notified();
            {
                let mut taken = self.room.taken();
                if taken.unfinished + taken.leaving + more <= UNFINISHED_BYTES_PER_SESSION_MAX {
                    taken.unfinished += more;
                    self.bytes += more;
                    return true;
                }
                if taken.leaving == 0 {
                    return false;
                }
            }
            freed.await;
        }
    }

    fn leave(&mut self) {
        {
            let mut taken = self.room.taken();
            taken.unfinished -= self.bytes;
            taken.leaving += self.bytes;
            self.leaving = true;
        }
        self.room.freed.notify_waiters();
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        {
            let mut taken = self.room.taken();
            let held = if self.leaving { &mut taken.leaving } else { &mut taken.unfinished };
            *held -= self.bytes;
        }
        self.room.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(room: &Arc<Room>) -> Claim {
        Claim { room: room.clone(), bytes: 0, leaving: false }
    }

    #[tokio::test]
    async fn room_held_by_unfinished_streams_makes_one_give_up() {
        let room = Arc::new(Room::default());
        let (mut first, mut second) = (claim(&room), claim(&room));
        assert!(first.grow(UNFINISHED_BYTES_PER_SESSION_MAX).await);
        assert!(!second.grow(1).await);
        drop(first);
        assert!(second.grow(1).await);
    }

    #[tokio::test]
    async fn room_about_to_be_free_is_waited_for() {
        let room = Arc::new(Room::default());
        let (mut first, mut second) = (claim(&room), claim(&room));
        assert!(first.grow(UNFINISHED_BYTES_PER_SESSION_MAX).await);
        first.leave();
        let (grown, ()) = tokio::join!(second.grow(1), async { drop(first) });
        assert!(grown);
    }
}
