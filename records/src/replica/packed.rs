//! Replica: documents as their rows keep them. automerge writes them without deflate, which takes it ten times as
//! long as everything else in saving; zstd makes them nearly as small in a tenth of the time.

use khettara_core::limits::DOCUMENT_UNPACKED_BYTES_MAX;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

/// As saved.
const PLAIN: u8 = 0;
/// One zstd frame.
const FRAME: u8 = 1;
const LEVEL: i32 = -1;

/// Packs and unpacks; its contexts are made once and used again.
#[derive(Default)]
pub(super) struct Packer {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

impl Packer {
    /// The row of a saved document.
    pub(super) fn pack(&mut self, saved: &[u8]) -> Vec<u8> {
        let packed = self.frame(saved).filter(|frame| frame.len() < saved.len());
        let (kind, bytes) = packed.as_ref().map_or((PLAIN, saved), |frame| (FRAME, frame));
        let mut row = Vec::with_capacity(1 + bytes.len());
        row.push(kind);
        row.extend_from_slice(bytes);
        row
    }

    fn frame(&mut self, saved: &[u8]) -> Option<Vec<u8>> {
        if saved.len() > DOCUMENT_UNPACKED_BYTES_MAX {
            return None;
        }
        if self.compressor.is_none() {
            self.compressor = Compressor::new(LEVEL).ok();
        }
        self.compressor.as_mut()?.compress(saved).ok()
    }

    /// The saved document in a row; `None` where the row is damaged.
    pub(super) fn unpack(&mut self, row: &[u8]) -> Option<Vec<u8>> {
        let (kind, bytes) = row.split_first()?;
        match *kind {
            PLAIN => Some(bytes.to_vec()),
            FRAME => {
                if self.decompressor.is_none() {
                    self.decompressor = Decompressor::new().ok();
                }
                let claimed = zstd_safe::get_frame_content_size(bytes).ok()??;
                let claimed = usize::try_from(claimed).ok()?;
                let length = Some(claimed).filter(|length| *length <= DOCUMENT_UNPACKED_BYTES_MAX)?;
                self.decompressor.as_mut()?.decompress(bytes, length).ok()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_what_was_packed_and_damage_is_seen() {
        let mut packer = Packer::default();
        let repeating = b"khettara".repeat(100);
        for saved in [&b""[..], b"\x85oJ\x83", &repeating] {
            let row = packer.pack(saved);
            assert!(row.len() <= saved.len() + 1);
            assert_eq!(packer.unpack(&row).as_deref(), Some(saved));
        }
        let row = packer.pack(&repeating);
        assert!(row.len() < 60, "{} bytes", row.len());
        assert_eq!(packer.unpack(&row[..row.len() - 1]), None);
        assert_eq!(packer.unpack(&[]), None);
        assert_eq!(packer.unpack(&[2, 0]), None);
        // A frame that claims a terabyte.
        let claims = [&[FRAME, 0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1u64 << 40).to_le_bytes()].concat();
        assert_eq!(packer.unpack(&claims), None);
    }
}
