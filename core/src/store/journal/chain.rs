//! Which files of a directory make up the journal, and in which order.
//!
//! Every file with a whole header closes the file it names. From zeros on, one file follows the other; of
//! several that name one predecessor the one with a whole record counts, and two such are damage.

use crate::store::disk::{Disk, DiskError};
use crate::store::journal::format::{FileId, HEADER_BYTES, Header, NOTHING, is_draft, is_journal, name_of};
use crate::store::journal::records::{Records, read_exact};
use crate::store::port::{Damage, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// The files as they follow each other.
pub(crate) struct Chain {
    /// In order; the last may be without a whole record.
    pub(crate) headers: Vec<Header>,
    /// Files that hold nothing and never will: torn at birth, or passed over for another.
    pub(crate) litter: Vec<String>,
}

/// Reads all headers and puts the files in order. Changes nothing.
pub(crate) fn read<D: Disk>(disk: &D) -> Result<Chain, StoreError> {
    let mut found = BTreeMap::new();
    let mut litter = Vec::new();
    for name in disk.list()? {
        if is_draft(&name) {
            litter.push(name);
        } else if is_journal(&name) {
            match read_header(disk, &name)? {
                Some(header) if name_of(&header.file) != name => return damaged(Damage::Chain),
                Some(header) => drop(found.insert(header.file, header)),
                None => litter.push(name),
            }
        }
    }
    let found = of_one_store(disk, found, &mut litter)?;
    let headers = in_order(disk, &found, &mut litter)?;
    check_lengths(disk, &headers)?;
    Ok(Chain { headers, litter })
}

fn damaged<T>(damage: Damage) -> Result<T, StoreError> {
    Err(StoreError::Damaged(damage))
}

/// The header of a file; `None` for one torn before it took records.
fn read_header<D: Disk>(disk: &D, name: &str) -> Result<Option<Header>, StoreError> {
    let len = disk.len(name)?;
    let wanted = len.min(HEADER_BYTES) as usize;
    let bytes = read_exact(disk, name, 0, wanted)?;
    match Header::read(&bytes).map_err(StoreError::Damaged)? {
        None if len > HEADER_BYTES => damaged(Damage::Header),
        header => Ok(header),
    }
}

/// The files of the store. Its first file may be begun and taken away again, by a process whose disk failed; the next
/// process begins another store then, and a power cut may bring the first one's file back. Neither has taken a
/// record: one of them counts.
fn of_one_store<D: Disk>(
    disk: &D,
    found: BTreeMap<FileId, Header>,
    litter: &mut Vec<String>,
) -> Result<BTreeMap<FileId, Header>, StoreError> {
    let mut stores: BTreeSet<FileId> = found.values().map(|header| header.store).collect();
    if stores.len() < 2 {
        return Ok(found);
    }
    for header in found.values() {
        if disk.len(&name_of(&header.file))? > HEADER_BYTES {
            stores.retain(|store| *store == header.store);
        }
    }
    // None is left where two have taken more than their header.
    let Some(store) = stores.pop_first() else { return damaged(Damage::OtherStore) };
    let (ours, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        found.into_iter().partition(|(_, header)| header.store == store);
    let named: BTreeSet<FileId> = others.values().map(|header| header.predecessor).collect();
    let leaves = others.keys().filter(|file| !named.contains(*file));
    litter.extend(leaves.map(name_of));
    Ok(ours)
}

type Children<'a> = BTreeMap<FileId, Vec<&'a Header>>;

fn in_order<D: Disk>(
    disk: &D,
    found: &BTreeMap<FileId, Header>,
    litter: &mut Vec<String>,
) -> Result<Vec<Header>, StoreError> {
    let mut children = Children::new();
    for header in found.values() {
        if header.predecessor != NOTHING && !found.contains_key(&header.predecessor) {
            return damaged(Damage::Chain);
        }
        children.entry(header.predecessor).or_default().push(header);
    }
    let mut order = Vec::new();
    let mut reached = 0;
    let mut at = NOTHING;
    while let Some(candidates) = children.get(&at) {
        reached += candidates.len();
        let next = choose(disk, &children, candidates)?;
        for passed in candidates.iter().filter(|header| header.file != next.file) {
            let below = descendants(&children, passed);
            reached += below.len() - 1;
            // Only what nothing names: a crash may keep one removal and lose another.
            let leaves = below.iter().filter(|header| !children.contains_key(&header.file));
            litter.extend(leaves.map(|header| name_of(&header.file)));
        }
        order.push(*next);
        at = next.file;
    }
    if reached == found.len() { Ok(order) } else { damaged(Damage::Chain) }
}

/// Of files that name one predecessor, the one that goes on.
fn choose<'a, D: Disk>(
    disk: &D,
    children: &Children<'a>,
    candidates: &[&'a Header],
) -> Result<&'a Header, StoreError> {
    let [first, others @ ..] = candidates else { return damaged(Damage::Chain) };
    if others.is_empty() {
        return Ok(first);
    }
    let mut living = None;
    for candidate in candidates {
        let mut lives = false;
        for header in descendants(children, candidate) {
            lives = lives || has_record(disk, header)?;
        }
        if lives && living.replace(*candidate).is_some() {
            return damaged(Damage::TwoSuccessors);
        }
    }
    Ok(living.unwrap_or(first))
}

/// A file and all that go on from it, itself first. Each names one predecessor, so this ends.
fn descendants<'a>(children: &Children<'a>, from: &'a Header) -> Vec<&'a Header> {
    let mut all = vec![from];
    let mut at = 0;
    while let Some(header) = all.get(at) {
        all.extend(children.get(&header.file).into_iter().flatten());
        at += 1;
    }
    all
}

fn has_record<D: Disk>(disk: &D, header: &Header) -> Result<bool, StoreError> {
    let end = disk.len(&name_of(&header.file))?;
    Ok(Records::new(disk, header.file, HEADER_BYTES, end).next()?.is_some())
}

/// Each file but the last has the bytes its successor says were confirmed.
fn check_lengths<D: Disk>(disk: &D, headers: &[Header]) -> Result<(), StoreError> {
    for pair in headers.windows(2) {
        let confirmed = pair[1].confirmed;
        if confirmed < HEADER_BYTES || disk.len(&name_of(&pair[0].file))? < confirmed {
            return damaged(Damage::Record);
        }
    }
    Ok(())
}

/// Takes away what holds nothing. What cannot be removed stays litter.
pub(crate) fn sweep<D: Disk>(disk: &mut D, litter: &[String]) -> Result<(), DiskError> {
    for name in litter {
        disk.remove(name)?;
    }
    Ok(())
}
