//! What stands inside a segment: the nonce in force before it, and its entries with their changes.

use crate::encoding;
use crate::id::{ChangeHash, DocumentId, EntryHash, StartNonce};
use crate::log::change::change_hash;
use crate::log::entry::{Entry, entry_hash};

/// The content does not read, or does not give its declared head: the segment is held as one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the segment's content is not what its header declares")]
pub struct ContentFault;

/// One entry as content carries it: for a Change the document and the whole chunk, else the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The entry's kind.
    pub kind: u8,
    /// `document [16] ‖ chunk` for a Change, else the body.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Written(kind {}, {} B)", self.kind, self.bytes.len())
    }
}

impl Written {
    /// A change of `document`.
    #[must_use]
    pub fn change(document: &DocumentId, chunk: &[u8]) -> Self {
        let mut bytes = document.0.to_vec();
        bytes.extend_from_slice(chunk);
        Self { kind: Entry::CHANGE, bytes }
    }

    /// Any entry but a change. `None` for a Change or a kind this software cannot write.
    #[must_use]
    pub fn plain(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Change { .. } | Entry::Unknown { .. } => None,
            other => other.encode().map(|(kind, bytes)| Self { kind, bytes }),
        }
    }

    /// Splits a Change into document, chunk and hash.
    ///
    /// # Errors
    /// [`ContentFault`] where it is no Change or its chunk has no hash.
    pub fn split_change(&self) -> Result<(DocumentId, &[u8], ChangeHash), ContentFault> {
        if self.kind != Entry::CHANGE {
            return Err(ContentFault);
        }
        let (document, chunk) = encoding::take_array::<16>(&self.bytes).map_err(|_| ContentFault)?;
        Ok((DocumentId(document), chunk, change_hash(chunk).map_err(|_| ContentFault)?))
    }

    /// The hash the chain takes.
    ///
    /// # Errors
    /// [`ContentFault`] where a Change's chunk has no hash.
    pub fn hash(&self) -> Result<EntryHash, ContentFault> {
        if self.kind != Entry::CHANGE {
            return Ok(entry_hash(self.kind, &self.bytes));
        }
        let (document, _, hash) = self.split_change()?;
        Ok(entry_hash(Entry::CHANGE, &encoding::to_bytes(&(document, hash))))
    }
}

/// `start_nonce [16] ‖ items`; item = `kind u8 ‖ len varint ‖ bytes`. Codecs 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Nonce of the Start in force before the first entry; zeros if and only if that entry is a Start.
    pub start_nonce: StartNonce,
    /// The entries, in order.
    pub items: Vec<Written>,
}

impl Content {
    /// The bytes that are compressed and sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.start_nonce.0.to_vec();
        for item in &self.items {
            out.push(item.kind);
            encoding::push_varint(&mut out, item.bytes.len() as u64);
            out.extend_from_slice(&item.bytes);
        }
        out
    }

    /// Reads exactly `count` items that fill `bytes`.
    ///
    /// # Errors
    /// [`ContentFault`] for anything else.
    pub fn from_bytes(bytes: &[u8], count: u32) -> Result<Self, ContentFault> {
        let (nonce, mut rest) = encoding::take_array::<16>(bytes).map_err(|_| ContentFault)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let ([kind], after) = encoding::take_array::<1>(rest).map_err(|_| ContentFault)?;
            let (length, after) = encoding::take_varint(after).map_err(|_| ContentFault)?;
            let length = usize::try_from(length).map_err(|_| ContentFault)?;
            let (item, after) = encoding::take_slice(after, length).map_err(|_| ContentFault)?;
            items.push(Written { kind, bytes: item.to_vec() });
            rest = after;
        }
        let starts = items.first().is_some_and(|item| item.kind == Entry::START);
        let start_nonce = StartNonce(nonce);
        if !rest.is_empty() || starts != (start_nonce == StartNonce::ZERO) {
            return Err(ContentFault);
        }
        Ok(Self { start_nonce, items })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_exactly_its_items_and_says_whose_they_are() {
        let start = Written { kind: 0, bytes: vec![0; 18] };
        let other = Written { kind: 9, bytes: vec![1, 2] };
        let good = Content { start_nonce: StartNonce::ZERO, items: vec![start.clone(), other.clone()] };
        let bytes = good.to_bytes();
        assert_eq!(Content::from_bytes(&bytes, 2), Ok(good));
        assert_eq!(Content::from_bytes(&bytes, 1), Err(ContentFault), "left over");
        assert_eq!(Content::from_bytes(&bytes, 3), Err(ContentFault), "too few");
        let named = Content { start_nonce: StartNonce([1; 16]), items: vec![start] };
        assert_eq!(
            Content::from_bytes(&named.to_bytes(), 1),
            Err(ContentFault),
            "a Start needs no nonce before it"
        );
        let nameless = Content { start_nonce: StartNonce::ZERO, items: vec![other] };
        assert_eq!(Content::from_bytes(&nameless.to_bytes(), 1), Err(ContentFault), "whose process is it?");
    }

    #[test]
    fn only_a_change_is_split_and_nothing_of_it_is_printed() {
        let chunk = [&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, 3], b"abc".as_slice()].concat();
        let hash = sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), &chunk[8..]));
        let chunk = [&chunk[..4], &hash[..4], &chunk[8..]].concat();
        let change = Written::change(&DocumentId([7; 16]), &chunk);
        let (document, found, name) = change.split_change().expect("a change");
        assert_eq!((document, found, name), (DocumentId([7; 16]), chunk.as_slice(), ChangeHash(hash.into())));
        let other = Written { kind: Entry::START, bytes: change.bytes.clone() };
        assert_eq!(other.split_change(), Err(ContentFault));
        assert_eq!(format!("{change:?}"), format!("Written(kind {}, 29 B)", Entry::CHANGE));
    }
}
