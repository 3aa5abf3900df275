//! The hostile tablet: enrolled like any other, with keys of its own, and software that obeys nobody.

use khettara_core::encoding::push_varint;
use khettara_core::id::Feed;
use khettara_core::log::{Entry, Written};
use khettara_core::store::{MemoryStore, held};
use khettara_tests::Chance;
use sha2::{Digest as _, Sha256};

use super::people::People;
use super::writing::Writing;

/// What the hostile tablet is called.
pub(crate) const MALLORY: &str = "mallory";
/// Its twin: the same process twice.
pub(crate) const TWIN: &str = "mallory'";

/// Whether a tablet is the hostile one, or its twin.
pub(crate) fn is_hostile(name: &str) -> bool {
    [MALLORY, TWIN].contains(&name)
}

/// Writes something that no reader may take, or that looks as if nobody might.
pub(crate) fn attack(people: &mut People, writing: &mut Writing, feed: &Feed, chance: &mut Chance) {
    match chance.below(6) {
        // An entry that says to be a Start, and is nothing.
        0 => write(people, feed, &Written { kind: Entry::START, bytes: vec![0xff; 3] }),
        // A change that another device wrote, or would have.
        1 => {
            let seed = chance.seed();
            let written = would_write(people, writing, (feed, seed), chance);
            written.into_iter().for_each(|written| write(people, feed, &written));
        }
        // A change of its own, numbered rightly, with an injury inside.
        _ => {
            let seed = chance.seed();
            people.reopen_as(MALLORY, seed, chance);
            let written = would_write(people, writing, (feed, seed), chance);
            for written in written {
                write(people, feed, &injured(&written, chance));
            }
        }
    }
}

/// One process becomes two that number their changes alike, and each goes on in its own way.
pub(crate) fn split(people: &mut People, writing: &mut Writing, feed: &Feed, chance: &mut Chance) {
    let seed = chance.seed();
    people.clone_of(MALLORY, TWIN, chance);
    for name in [MALLORY, TWIN] {
        people.reopen_as(name, seed, chance);
        let node = people.world.node_mut(name);
        let form = writing.form(node, feed, chance);
        // Whether it could be written is nobody's concern.
        let _ = node.record(feed, &[form]);
    }
}

fn write(people: &mut People, feed: &Feed, written: &Written) {
    if written.hash().is_ok() {
        let _ = people.world.node_mut(MALLORY).write(feed, written);
    }
}

/// What a process with this seed would write on the hostile tablet's store: the right actor and the right numbers.
fn would_write(
    people: &mut People,
    writing: &mut Writing,
    (feed, seed): (&Feed, [u8; 32]),
    chance: &mut Chance,
) -> Vec<Written> {
    let node = people.world.node(MALLORY);
    let mut copy = node.cloned("would", seed, Box::new(MemoryStore::new()));
    copy.store = Box::new(node.copied_store());
    copy.engine.refresh(&*copy.store).expect("reads");
    if copy.catch_up(feed).is_err() {
        return Vec::new();
    }
    let form = writing.form(&mut copy, feed, chance);
    let Ok(saved) = copy.record(feed, &[form]) else { return Vec::new() };
    let place = saved.into_iter().flatten().next().map(|saved| (saved.log, saved.position));
    let Some((log, position)) = place else { return Vec::new() };
    let pending = held::pending(&*copy.store, &log).expect("reads");
    pending.into_iter().filter(|(n, _)| *n == position).map(|(_, written)| written).collect()
}

/// The change with one to three bytes of its content changed, closed again so that its checksum is right.
fn injured(written: &Written, chance: &mut Chance) -> Written {
    let Ok((document, chunk, _)) = written.split_change() else { return written.clone() };
    // Magic and checksum, kind, length.
    let length = chunk[9..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let mut content = chunk[9 + length..].to_vec();
    for _ in 0..chance.below(4) {
        let at = chance.below(content.len() as u64) as usize;
        match chance.below(4) {
            0 => content[at] ^= 1 << chance.below(8),
            1 => content[at] = content[at].wrapping_add(1),
            2 => content.insert(at, chance.word() as u8),
            _ if content.len() > 1 => drop(content.remove(at)),
            _ => {}
        }
    }
    let mut hashed = vec![1];
    push_varint(&mut hashed, content.len() as u64);
    hashed.extend(content);
    let mut closed = vec![0x85, 0x6f, 0x4a, 0x83];
    closed.extend_from_slice(&Sha256::digest(&hashed)[..4]);
    closed.extend(hashed);
    Written::change(&document, &closed)
}
