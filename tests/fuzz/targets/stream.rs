//! A stream of frames, as from a line or a stick, that comes in pieces of any size: what is read does not depend on how
//! it was cut, and written again it is the same stream.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use khettara_core::limits::FRAME_BYTES_MAX;
use khettara_node::quic::{FrameError, read_frame, write_frame};
use tokio::io::{AsyncRead, ReadBuf};

use super::{number, reached};

pub(super) fn run(mut bytes: &[u8]) {
    let cuts: Vec<u8> = (0..number(&mut bytes) % 16).map(|_| number(&mut bytes)).collect();
    let whole = read(Pieces { rest: bytes, cuts: &[], next: 0 });
    let (frames, end) = read(Pieces { rest: bytes, cuts: &cuts, next: 0 });
    assert_eq!((&frames, end), (&whole.0, whole.1));
    assert!(frames.iter().all(|frame| (1..=FRAME_BYTES_MAX).contains(&frame.len())));
    let mut written = Vec::new();
    for frame in &frames {
        assert_eq!(now(write_frame(&mut written, frame)), Ok(()));
    }
    assert!(bytes.starts_with(&written));
    if frames.len() > 1 {
        reached();
    }
    assert_eq!(end.is_none(), written.len() == bytes.len(), "an end without error is the end");
}

/// Everything up to the end or the first error.
fn read(mut stream: Pieces<'_>) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut frames = Vec::new();
    loop {
        match now(read_frame(&mut stream)) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

/// Polls until it is ready: a piece that has not come yet comes with the next question.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// Bytes that come in pieces; between pieces of nought bytes there is a pause.
struct Pieces<'a> {
    rest: &'a [u8],
    cuts: &'a [u8],
    next: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = into.remaining().min(self.rest.len());
        let size = match self.cuts.get(self.next % self.cuts.len().max(1)) {
            None => room,
            Some(0) => {
                self.next += 1;
                // Pieces that are all pauses would never come.
                if self.cuts.iter().any(|cut| *cut > 0) {
                    return Poll::Pending;
                }
                room
            }
            Some(cut) => room.min(usize::from(*cut)),
        };
        self.next += 1;
        let (now, later) = self.rest.split_at(size);
        into.put_slice(now);
        self.rest = later;
        Poll::Ready(Ok(()))
    }
}
