//! What every store has to do, as stories any backend can be asked to live through.

use crate::store::merge::{Changes, ascending, descending};
use crate::store::{Answer, Expect, Group, Op, Overlay, Store, StoreError};
use std::collections::BTreeMap;

/// Runs every story, each on a fresh empty store given by `make`.
///
/// # Panics
/// Where the store does not do what [`Store`] promises.
pub fn check(make: &mut dyn FnMut() -> Box<dyn Store>) {
    what_is_put_is_read_and_what_is_deleted_is_gone(&mut *make());
    scans_run_both_ways_within_their_prefix(&mut *make());
    a_group_is_all_or_nothing_and_sees_those_before_it(&mut *make());
    derived_and_committed_rows_stay_apart(&mut *make());
    values_of_every_size_come_back(&mut *make());
    an_overlay_reads_like_the_store_it_becomes(&mut *make());
    it_agrees_with_a_plain_map(&mut *make());
}

/// A group that takes nothing for granted.
fn plain(ops: Vec<Op>) -> Group {
    Group { expect: Vec::new(), ops }
}

fn put(key: &[u8], value: &[u8]) -> Op {
    Op::Put(key.to_vec(), value.to_vec())
}

fn read(store: &dyn Store, key: &[u8]) -> Option<Vec<u8>> {
    store.get(key).expect("reading succeeds")
}

fn what_is_put_is_read_and_what_is_deleted_is_gone(store: &mut dyn Store) {
    assert_eq!(read(store, b"a"), None);
    assert_eq!(store.commit(vec![]), Ok(vec![]), "nothing to do is done");
    let first = plain(vec![put(b"a", b"1"), put(b"b", b""), put(b"a", b"2")]);
    assert_eq!(store.commit(vec![first]), Ok(vec![Answer::Committed]));
    assert_eq!(read(store, b"a"), Some(b"2".to_vec()), "within a group the last write stands");
    assert_eq!(read(store, b"b"), Some(vec![]), "an empty value is a value");
    let second = plain(vec![Op::Delete(b"a".to_vec()), Op::Delete(b"never there".to_vec())]);
    assert_eq!(store.commit(vec![second]), Ok(vec![Answer::Committed]));
    assert_eq!(read(store, b"a"), None);
}

fn keys(rows: Result<crate::store::Rows, StoreError>) -> Vec<Vec<u8>> {
    rows.expect("scanning succeeds").into_iter().map(|(key, _)| key).collect()
}

fn scans_run_both_ways_within_their_prefix(store: &mut dyn Store) {
    let all: [&[u8]; 6] = [b"a", b"b", b"b\x00", b"b\xff", b"b\xff\xff", b"c"];
    store.commit(vec![plain(all.iter().map(|key| put(key, key)).collect())]).expect("committed");
    assert_eq!(keys(store.scan(b"b", b"", 9)), all[1..5]);
    assert_eq!(keys(store.scan(b"b", b"b\x00", 2)), all[2..4]);
    assert_eq!(keys(store.scan(b"b", b"c", 9)), Vec::<Vec<u8>>::new());
    assert_eq!(keys(store.scan(b"", b"", 99)), all);
    assert_eq!(keys(store.scan(b"b", b"", 0)), Vec::<Vec<u8>>::new());
    let mut down = keys(store.scan_back(b"b", None, 9));
    down.reverse();
    assert_eq!(down, all[1..5]);
    assert_eq!(keys(store.scan_back(b"b", Some(b"b\xff"), 1)), all[2..3]);
    assert_eq!(keys(store.scan_back(b"b", Some(b"a"), 9)), Vec::<Vec<u8>>::new());
    assert_eq!(keys(store.scan_back(b"b\xff", None, 9)), [all[4], all[3]]);
    assert_eq!(store.last(b"b"), Ok(Some((all[4].to_vec(), all[4].to_vec()))));
    assert_eq!(store.last(b"d"), Ok(None));
}

fn a_group_is_all_or_nothing_and_sees_those_before_it(store: &mut dyn Store) {
    let claim = |value: &[u8]| Group {
        expect: vec![Expect::Absent(b"who".to_vec())],
        ops: vec![put(b"who", value), put(value, b"x")],
    };
    let advance = |from: &[u8], to: &[u8]| Group {
        expect: vec![Expect::Is(b"who".to_vec(), from.to_vec())],
        ops: vec![put(b"who", to)],
    };
    let answers = store.commit(vec![claim(b"1"), claim(b"2"), advance(b"1", b"3"), advance(b"1", b"4")]);
    assert_eq!(answers, Ok(vec![Answer::Committed, Answer::Present, Answer::Committed, Answer::Behind]));
    assert_eq!(read(store, b"who"), Some(b"3".to_vec()));
    assert_eq!(read(store, b"2"), None, "a refused group writes nothing");
    let nowhere = Group { expect: vec![Expect::Is(b"none".to_vec(), vec![])], ops: vec![] };
    assert_eq!(store.commit(vec![nowhere]), Ok(vec![Answer::Behind]));
}

fn derived_and_committed_rows_stay_apart(store: &mut dyn Store) {
    assert_eq!(store.commit(vec![plain(vec![put(b"~d", b"1")])]), Err(StoreError::Misuse));
    assert_eq!(store.derive(vec![put(b"c", b"1")]), Err(StoreError::Misuse));
    assert_eq!(store.commit(vec![plain(vec![put(b"", b"1")])]), Err(StoreError::Misuse));
    assert_eq!(derive(store, vec![put(b"~d", b"1"), put(b"~e", b"2")]), Ok(()));
    assert_eq!(read(store, b"~d"), Some(b"1".to_vec()));
    assert_eq!(derive(store, vec![Op::Delete(b"~d".to_vec())]), Ok(()));
    assert_eq!(keys(store.scan(b"~", b"", 9)), [b"~e"]);
}

/// Derives; where rows were lost before, and this is the one call that says so, once more.
fn derive(store: &mut dyn Store, ops: Vec<Op>) -> Result<(), StoreError> {
    match store.derive(ops.clone()) {
        Err(StoreError::Index) => store.derive(ops),
        derived => derived,
    }
}

fn values_of_every_size_come_back(store: &mut dyn Store) {
    for size in [0usize, 1, 4_000, 4_096, 4_097, 81_920, 300_000] {
        let value: Vec<u8> = (0..size).map(|place| (place * 7 + size) as u8).collect();
        let key = size.to_be_bytes();
        store.commit(vec![plain(vec![put(&key, &value), put(b"last", &value)])]).expect("committed");
        let derived = [b"~", &key[..]].concat();
        derive(store, vec![put(&derived, &value), put(b"~last", &value)]).expect("derived");
        for key in [&key[..], b"last", &derived, b"~last"] {
            assert!(read(store, key).as_ref() == Some(&value), "a value of {size} B comes back");
        }
    }
    derive(store, vec![put(b"~last", b"small")]).expect("derived");
    assert_eq!(store.scan(b"~last", b"", 9), Ok(vec![(b"~last".to_vec(), b"small".to_vec())]));
}

fn an_overlay_reads_like_the_store_it_becomes(store: &mut dyn Store) {
    let keys: [&[u8]; 5] = [b"1", b"2", b"3", b"4", b"5"];
    store.commit(vec![plain(keys.iter().map(|key| put(key, b"old")).collect())]).expect("committed");
    let mut overlay = Overlay::new(&*store);
    let ops = vec![Op::Delete(b"5".to_vec()), Op::Delete(b"1".to_vec()), put(b"2", b"new"), put(b"33", b"x")];
    assert_eq!(overlay.commit(vec![plain(ops)]), Ok(vec![Answer::Committed]));
    let refused = Group { expect: vec![Expect::Absent(b"33".to_vec())], ops: vec![put(b"never", b"")] };
    assert_eq!(overlay.commit(vec![refused]), Ok(vec![Answer::Present]));
    overlay.derive(vec![put(b"~m", b"1")]).expect("noted");
    let views = |store: &dyn Store| {
        let up: Vec<_> = (0..6).map(|limit| store.scan(b"", b"", limit)).collect();
        let down: Vec<_> = (0..6).map(|limit| store.scan_back(b"", Some(b"5"), limit)).collect();
        (up, down, store.last(b"").map(|row| row.map(|row| row.0)), store.get(b"1"), store.get(b"2"))
    };
    let before = views(&overlay);
    let (groups, derived) = overlay.into_parts();
    assert_eq!(groups.len(), 1);
    store.commit(groups).expect("committed");
    derive(store, derived).expect("derived");
    assert_eq!(views(store), before);
}

/// Numbers from a seed, for stories only: the same everywhere, good enough to wander.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides` (0 where `sides` is 0).
    pub(crate) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(sides).unwrap_or(0)
    }
}

fn it_agrees_with_a_plain_map(store: &mut dyn Store) {
    let mut dice = Dice(7);
    let mut map: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for round in 0..60u8 {
        let mut changes = Changes::new();
        for _ in 0..dice.below(6) {
            let key = vec![b'k', dice.below(4) as u8, dice.below(8) as u8];
            changes.insert(key, if dice.below(3) == 0 { None } else { Some(vec![round; 3]) });
        }
        let ops = changes.into_iter().map(|(key, value)| match value {
            Some(value) => Op::Put(key, value),
            None => Op::Delete(key),
        });
        let ops: Vec<Op> = ops.collect();
        for op in ops.iter().cloned() {
            match op {
                Op::Put(key, value) => map.insert(key, value),
                Op::Delete(key) => map.remove(&key),
            };
        }
        store.commit(vec![plain(ops)]).expect("committed");
        let prefix = [b'k', dice.below(4) as u8];
        let edge = [b'k', dice.below(4) as u8, dice.below(8) as u8];
        let limit = dice.below(6) as usize;
        let own = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        let up: Vec<_> = ascending(&map, &prefix, &edge).take(limit).map(own).collect();
        assert_eq!(store.scan(&prefix, &edge, limit), Ok(up));
        let down: Vec<_> = descending(&map, &prefix, Some(&edge)).take(limit).map(own).collect();
        assert_eq!(store.scan_back(&prefix, Some(&edge), limit), Ok(down));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn the_store_in_memory_does_what_every_store_does() {
        check(&mut || Box::new(MemoryStore::new()));
    }
}
