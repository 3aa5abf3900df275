//! Random lives of a store: commits, failures, power cuts and reopenings, against a plain map.

use super::{FlakyIndex, open_waiting};
use crate::store::conformance::Dice;
use crate::store::{
    Answer, DiskError, Expect, Fault, Group, JournalStore, MemoryStore, Op, Rows, SimulatedDisk, Store,
    StoreError,
};

const LIVES: u64 = 400;
const STEPS: u64 = 40;

#[test]
fn what_was_acknowledged_is_there_and_the_rest_is_there_wholly_or_not_at_all() {
    let mut told = 0;
    for seed in 0..LIVES {
        let story = std::panic::catch_unwind(|| Life::new(seed).run());
        match story {
            Ok(committed) => told += committed,
            Err(_) => panic!("the life of seed {seed} went wrong"),
        }
    }
    assert!(told > LIVES * 5, "the lives were not all idle: {told} commits");
}

struct Life {
    dice: Dice,
    disk: SimulatedDisk,
    index: FlakyIndex,
    process: u8,
    /// What was acknowledged.
    sure: MemoryStore,
    /// Commits that failed since: one of them may turn up, whole, in the next process.
    unsure: Vec<Vec<Group>>,
    committed: u64,
    next_value: u32,
}

type Real = JournalStore<SimulatedDisk, FlakyIndex>;

impl Life {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice(seed),
            disk: SimulatedDisk::new(),
            index: FlakyIndex::default(),
            process: 0,
            sure: MemoryStore::new(),
            unsure: Vec::new(),
            committed: 0,
            next_value: 0,
        }
    }

    fn run(mut self) -> u64 {
        let mut store = self.reopen();
        for _ in 0..STEPS {
            match self.dice.below(12) {
                0..6 => self.commit(&mut store),
                6 => self.derive(&mut store),
                7 | 8 => self.plan_a_failure(),
                9 => self.trouble_the_index(),
                _ => {
                    self.die(store);
                    store = self.reopen();
                }
            }
            assert_eq!(committed_rows(&store), committed_rows(&self.sure));
        }
        self.disk.fail_always(None);
        self.die(store);
        drop(self.reopen());
        self.committed
    }

    fn commit(&mut self, store: &mut Real) {
        let groups: Vec<Group> = (0..=self.dice.below(3)).map(|_| self.group()).collect();
        let mut next = self.sure.clone();
        let expected = next.commit(groups.clone()).expect("memory does not fail");
        match store.commit(groups.clone()) {
            Ok(answers) => {
                assert_eq!(answers, expected, "one answer for one key");
                self.sure = next;
                if answers.contains(&Answer::Committed) {
                    self.committed += 1;
                    self.unsure.clear();
                }
            }
            Err(error) => {
                assert!(!matches!(error, StoreError::Damaged(_) | StoreError::Misuse), "{error:?}");
                self.unsure.push(groups);
            }
        }
    }

    fn group(&mut self) -> Group {
        let key = |dice: &mut Dice| vec![b'k', dice.below(6) as u8];
        let watched = key(&mut self.dice);
        let expect = match (self.dice.below(3), self.sure.get(&watched).expect("memory does not fail")) {
            (0, _) => vec![Expect::Absent(watched)],
            (1, Some(value)) => vec![Expect::Is(watched, value)],
            _ => vec![],
        };
        let mut ops = Vec::new();
        for _ in 0..=self.dice.below(3) {
            self.next_value += 1;
            let mut value = self.next_value.to_be_bytes().to_vec();
            value.resize([4, 30, 5_000][self.dice.below(3) as usize], self.next_value as u8);
            ops.push(match self.dice.below(4) {
                0 => Op::Delete(key(&mut self.dice)),
                _ => Op::Put(key(&mut self.dice), value),
            });
        }
        Group { expect, ops }
    }

    /// Derives the next row, from the mark on; whatever the mark says is derived has to be there.
    fn derive(&mut self, store: &mut Real) {
        let Ok(mark) = store.get(b"~mark") else { return };
        let done = mark.map_or(0, |mark| mark[0]);
        for n in 1..=done {
            if store.get(&[b'~', n]).is_ok_and(|row| row.is_none()) {
                assert_eq!(store.get(b"~mark"), Ok(None), "derived rows vanish together, not {n} of {done}");
                return;
            }
        }
        let next = done.saturating_add(1);
        let size = [1, 9_000][self.dice.below(2) as usize];
        let rows = vec![Op::Put(vec![b'~', next], vec![next; size]), Op::Put(b"~mark".to_vec(), vec![next])];
        // Rows were lost between the reading and this: the next call reads the mark again.
        assert!(matches!(store.derive(rows), Ok(()) | Err(StoreError::Index)));
    }

    fn plan_a_failure(&mut self) {
        let error = if self.dice.below(2) == 0 { DiskError::Full } else { DiskError::Failed(5) };
        match self.dice.below(6) {
            0 => self.disk.fail_always(Some(error)),
            1 => self.disk.fail_always(None),
            _ => {
                let bytes = [0, 7, 60, 200, usize::MAX][self.dice.below(5) as usize];
                let partly = self.dice.below(2) == 0;
                let fault = if partly { Fault::Partly(error, bytes) } else { Fault::Nothing(error) };
                self.disk.fail(self.dice.below(8), fault);
            }
        }
    }

    fn trouble_the_index(&mut self) {
        let (what, row, byte) = (self.dice.below(5), self.dice.below(40), self.dice.below(30));
        match what {
            0 => self.index.flip(row as usize, byte as usize),
            1 => self.index.set(|shared| shared.refuses_reads = true),
            2 => self.index.set(|shared| (shared.refuses_batches, shared.sticky) = (true, row < 20)),
            _ => self.index.set(|shared| (shared.refuses_batches, shared.sticky) = (false, false)),
        }
    }

    /// The process ends: cleanly or killed, or with the machine. Only the first gives the index what waits.
    fn die(&mut self, store: Real) {
        if self.dice.below(3) == 0 {
            drop(store);
        } else {
            std::mem::forget(store);
        }
        if self.dice.below(2) == 0 {
            self.disk.restart();
            self.index.crash(self.dice.below(30) as usize);
        } else {
            let mut disk = self.disk.clone();
            disk.crash(&mut |sides| self.dice.below(sides));
            self.index.crash(self.dice.below(5) as usize);
        }
        if self.dice.below(4) == 0 {
            self.plan_a_failure();
        }
    }

    /// Opens until it succeeds, and finds out which of the unsure commits is there.
    fn reopen(&mut self) -> Real {
        let opened = loop {
            self.process = self.process.wrapping_add(1);
            let waiting_bytes = [0, 300, 6_000, 1 << 20][self.dice.below(4) as usize];
            match open_waiting(&self.disk, &self.index, self.process, waiting_bytes) {
                Ok((store, _)) => break store,
                Err(error) => {
                    assert!(!matches!(error, StoreError::Damaged(_)), "{error:?}");
                    self.index.set(|shared| shared.refuses_batches = false);
                    self.disk.fail_always(None);
                    self.disk.restart();
                }
            }
        };
        let found = committed_rows(&opened);
        if found != committed_rows(&self.sure) {
            let mut tried = std::mem::take(&mut self.unsure).into_iter().map(|groups| {
                let mut store = self.sure.clone();
                store.commit(groups).expect("memory does not fail");
                store
            });
            let there = tried.find(|store| committed_rows(store) == found);
            self.sure = there.expect("a commit that failed is there whole or not at all");
        }
        self.unsure.clear();
        opened
    }
}

fn committed_rows(store: &dyn Store) -> Rows {
    store.scan(b"k", b"", 100).expect("the store reads")
}
