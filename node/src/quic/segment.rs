//! Segments: one unidirectional stream each, read as far as it comes and within a bound per session.

use std::sync::Arc;
use std::time::Duration;

use khettara_core::limits::{SEGMENT_STREAM_BYTES_MAX, SEGMENTS_UNFINISHED_BYTES_MAX};
use quinn::{RecvStream, SendStream, VarInt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::profile::ROOM_MS_MAX;

/// Bytes taken from a stream at once.
const CHUNK_BYTES_MAX: usize = 16_384;

/// The peer sent more than any segment may have, or began more segments than it may without finishing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

/// A segment, or its beginning, and the room it takes until it is handed over.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    pub(super) whole: bool,
    /// Dropped once the bytes are somebody else's.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// How many bytes of one session may lie half received. Senders that keep to what they may have begun never
/// wait for it.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(SEGMENTS_UNFINISHED_BYTES_MAX))
}

/// Reads one stream to its end, or to where it breaks off.
pub(super) async fn read(mut stream: RecvStream, room: Arc<Semaphore>) -> Result<Received, TooMuch> {
    let mut received = Received { bytes: Vec::new(), whole: false, room: None };
    loop {
        match stream.read_chunk(CHUNK_BYTES_MAX, true).await {
            Ok(Some(chunk)) => {
                if received.bytes.len() + chunk.bytes.len() > SEGMENT_STREAM_BYTES_MAX {
                    return Err(TooMuch);
                }
                received.take_room(&room, chunk.bytes.len()).await?;
                received.bytes.extend_from_slice(&chunk.bytes);
            }
            Ok(None) => {
                received.whole = true;
                return Ok(received);
            }
            Err(_) => return Ok(received),
        }
    }
}

impl Received {
    async fn take_room(&mut self, room: &Arc<Semaphore>, bytes: usize) -> Result<(), TooMuch> {
        let bytes = u32::try_from(bytes).map_err(|_| TooMuch)?;
        let taken = timeout(Duration::from_millis(ROOM_MS_MAX), room.clone().acquire_many_owned(bytes)).await;
        let Ok(Ok(taken)) = taken else { return Err(TooMuch) };
        match &mut self.room {
            Some(room) => room.merge(taken),
            None => self.room = Some(taken),
        }
        Ok(())
    }
}

/// A stream that is reset, not ended, where its writer is given up: half a segment must not look whole.
pub(super) struct Begun(pub(super) SendStream);

impl Drop for Begun {
    fn drop(&mut self) {
        // Acknowledged or gone, there is nothing to reset.
        let _ = self.0.reset(VarInt::from_u32(0));
    }
}
