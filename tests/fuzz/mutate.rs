//! Bending: one to a few small changes to an example, without knowing what it is.

use khettara_tests::Chance;

/// Longer inputs than this are cut: they say nothing that a shorter one does not.
const BYTES_MAX: usize = 4_096;

/// Numbers at which something may turn.
const EDGES: [u64; 12] =
    [0, 1, 0x7f, 0x80, 0xff, 0x3fff, 0x4000, 0xffff, 0x1_0000, u32::MAX as u64, i64::MAX as u64, u64::MAX];

fn at(bytes: &[u8], chance: &mut Chance) -> usize {
    chance.below(bytes.len() as u64) as usize
}

/// An example, bent; sometimes two of them in one.
pub(crate) fn bent(examples: &[&[u8]], chance: &mut Chance) -> Vec<u8> {
    let example = |chance: &mut Chance| examples[at_of(examples.len(), chance)];
    let mut bytes = example(chance).to_vec();
    for _ in 0..=chance.below(6) {
        bend(&mut bytes, example(chance), chance);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn at_of(length: usize, chance: &mut Chance) -> usize {
    chance.below(length as u64) as usize
}

fn bend(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    if bytes.is_empty() {
        bytes.push(chance.word().to_le_bytes()[0]);
        return;
    }
    let place = at(bytes, chance);
    match chance.below(10) {
        0 => bytes[place] ^= 1 << chance.below(8),
        1 => bytes[place] = chance.word().to_le_bytes()[0],
        2 => bytes[place] = bytes[place].wrapping_add(chance.below(9) as u8).wrapping_sub(4),
        3 => bytes.insert(place, chance.word().to_le_bytes()[0]),
        4 => drop(bytes.drain(place..(place + 1 + chance.below(16) as usize).min(bytes.len()))),
        5 => bytes.truncate(place),
        6 => {
            let end = (place + 1 + chance.below(32) as usize).min(bytes.len());
            let copied = bytes[place..end].to_vec();
            let to = at(bytes, chance);
            drop(bytes.splice(to..to, copied));
        }
        7 if !other.is_empty() => {
            let from = at(other, chance);
            let end = (from + 1 + chance.below(64) as usize).min(other.len());
            drop(
                bytes.splice(place..(place + end - from).min(bytes.len()), other[from..end].iter().copied()),
            );
        }
        8 => {
            let mut edge = Vec::new();
            khettara_core::encoding::push_varint(&mut edge, EDGES[chance.below(12) as usize]);
            drop(bytes.splice(place..=place, edge));
        }
        _ => {
            let edge = EDGES[chance.below(12) as usize].to_le_bytes();
            let size = [1, 2, 4, 8][chance.below(4) as usize].min(bytes.len() - place);
            bytes[place..place + size].copy_from_slice(&edge[..size]);
        }
    }
}
