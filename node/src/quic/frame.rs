//! Control frames on a byte stream: `len varint | type u8 | body`, `len` counting type and body.

use khettara_core::encoding;
use khettara_core::limits::FRAME_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes reserved for a frame before any of it has come.
const RESERVED_BYTES: usize = 4_096;
/// The longest length prefix that can stand for an allowed length.
const PREFIX_BYTES_MAX: usize = 3;

/// Why no frame could be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The peer wrote what is no frame: a length of nothing, above the limit or spelled too long, or it
    /// ended the stream within a frame.
    #[error("the peer sent what is no frame")]
    Malformed,
    /// The stream is gone; nobody is to blame.
    #[error("the stream is gone")]
    Gone,
}

impl From<std::io::Error> for FrameError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Malformed,
            _ => Self::Gone,
        }
    }
}

/// Reads the next frame, type byte and body; `None` where the peer ended the stream between two frames.
///
/// # Errors
/// [`FrameError`].
pub async fn read<R: AsyncRead + Unpin>(stream: &mut R) -> Result<Option<Vec<u8>>, FrameError> {
    let Some(len) = read_len(stream).await? else { return Ok(None) };
    let mut frame = Vec::with_capacity(len.min(RESERVED_BYTES));
    stream.take(len as u64).read_to_end(&mut frame).await?;
    if frame.len() < len { Err(FrameError::Malformed) } else { Ok(Some(frame)) }
}

async fn read_len<R: AsyncRead + Unpin>(stream: &mut R) -> Result<Option<usize>, FrameError> {
    let mut prefix = [0; PREFIX_BYTES_MAX];
    for place in 0..PREFIX_BYTES_MAX {
        if stream.read(&mut prefix[place..=place]).await? == 0 {
            return if place == 0 { Ok(None) } else { Err(FrameError::Malformed) };
        }
        if prefix[place] & 0x80 == 0 {
            let (len, _) = encoding::take_varint(&prefix[..=place]).map_err(|_| FrameError::Malformed)?;
            let len = usize::try_from(len).map_err(|_| FrameError::Malformed)?;
            return if (1..=FRAME_BYTES_MAX).contains(&len) {
                Ok(Some(len))
            } else {
                Err(FrameError::Malformed)
            };
        }
    }
    Err(FrameError::Malformed)
}

/// Writes one frame.
///
/// # Errors
/// [`FrameError::Gone`] where the stream takes no more.
pub async fn write<W: AsyncWrite + Unpin>(stream: &mut W, frame: &[u8]) -> Result<(), FrameError> {
    let mut bytes = Vec::with_capacity(PREFIX_BYTES_MAX + frame.len());
    encoding::push_varint(&mut bytes, frame.len() as u64);
    bytes.extend_from_slice(frame);
    stream.write_all(&bytes).await.map_err(|_| FrameError::Gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut frames = Vec::new();
        while let Some(frame) = read(&mut bytes).await? {
            frames.push(frame);
        }
        Ok(frames)
    }

    #[tokio::test]
    async fn frames_come_back_as_they_were_written() {
        let frames = vec![vec![1], vec![2; 127], vec![3; 128], vec![4; 16_384], vec![5; FRAME_BYTES_MAX]];
        let mut bytes = Vec::new();
        for frame in &frames {
            write(&mut bytes, frame).await.expect("memory takes all");
        }
        assert_eq!(read_all(&bytes).await, Ok(frames));
    }

    #[tokio::test]
    async fn a_length_of_nothing_too_much_or_spelled_too_long_is_no_frame() {
        let mut too_long = Vec::new();
        encoding::push_varint(&mut too_long, FRAME_BYTES_MAX as u64 + 1);
        too_long.extend_from_slice(&[7; FRAME_BYTES_MAX + 1]);
        assert_eq!(read_all(&too_long).await, Err(FrameError::Malformed));
        assert_eq!(read_all(&[0]).await, Err(FrameError::Malformed));
        assert_eq!(read_all(&[0x81, 0x00, 9]).await, Err(FrameError::Malformed));
        assert_eq!(read_all(&[0xff; 16]).await, Err(FrameError::Malformed));
    }

    #[tokio::test]
    async fn an_end_is_good_between_frames_only() {
        assert_eq!(read_all(&[]).await, Ok(vec![]));
        assert_eq!(read_all(&[2, 1, 1]).await, Ok(vec![vec![1, 1]]));
        assert_eq!(read_all(&[2, 1]).await, Err(FrameError::Malformed));
        assert_eq!(read_all(&[0x80]).await, Err(FrameError::Malformed));
    }
}
