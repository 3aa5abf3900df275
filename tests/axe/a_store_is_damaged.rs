//! One place of a tablet's store is damaged, in 500 ways; with `KHETTARA_DAMAGES=5000` in more. `KHETTARA_AXE_SEED`
//! gives the seed of a run that is to be told again.
//!
//! Every time the tablet opens with all visits, or says what is damaged and changes nothing. No visit is shown that is
//! not as it was saved. What a damaged index had is in the journal. The journal cannot tell its own end cut off from a
//! record that a crash tore before anybody was told of it: where its last bytes go, the visits in them go. If the index
//! knows of them the person is told; one that is behind, of a tablet that was killed, or is gone, knows of none. A file
//! that is cut exactly between two records is then a whole journal, and nobody is told.
//!
//! A record that the index has already is read again only where the index is built anew, or the record is sent: till
//! then damage in it is not noticed. So one tablet in three has lost its index too.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use khettara_device::{Device, ErrorKind, Mended};
use khettara_tests::Chance;
use uuid::Uuid;

use crate::notes::{Told, draw_id, faults_of, household_line, visit_line};
use crate::tablet::{SYNCS_MAX, asked, copy, seed};
use crate::town::{Town, sync};

const JOURNAL_HEADER_BYTES: usize = 90;
const RECORD_BESIDES_CONTENT_BYTES: usize = 4 + 1 + 16;

/// A tablet's folder as it was at some moment, and what it had been answered by then.
struct Prepared {
    dir: PathBuf,
    files: Vec<PathBuf>,
    told: Vec<Told>,
    households: BTreeSet<Uuid>,
    /// Of what was saved last, or of everything, the index knows nothing.
    index_is_behind: bool,
}

/// What of a journal can be gone without a sign in the journal itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// Nothing: whole records lie behind the damage.
    Nothing,
    /// The end: it looks like a record that a crash tore.
    End,
    /// The end, exactly from one record on: it looks like an older journal.
    WholeEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Flip {
        at: usize,
        bit: u8,
    },
    Cut {
        at: usize,
    },
    Zeros {
        from: usize,
        to: usize,
    },
    /// The whole file is gone.
    Gone,
}

#[derive(Debug, Default)]
struct Tally {
    damages: u64,
    as_before: u64,
    mended: u64,
    refused: u64,
    /// Opened, and a later call said that the store is damaged.
    refused_later: u64,
    /// The journal's end was taken for a torn record, and the person was told of it.
    ends_lost_and_told: u64,
    /// Likewise, and nobody could know.
    ends_lost_unseen: u64,
    faults: Vec<String>,
}

#[test]
fn a_damaged_store_opens_with_everything_or_says_what_is_damaged() {
    let (damages, seed) = (asked("KHETTARA_DAMAGES", 500), seed("damages"));
    let folder = tempfile::tempdir().expect("the disk works");
    let prepared = prepare(folder.path());
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let halves: Vec<_> = (0..2u64)
            .map(|half| {
                let (prepared, share) = (&prepared, damages / 2 + half * (damages % 2));
                scope.spawn(move || damage_again_and_again(prepared, share, seed.wrapping_add(half)))
            })
            .collect();
        for half in halves {
            tally.add(half.join().expect("the story is told to its end"));
        }
    });
    println!("{damages} damages: {tally:?}");
    assert!(tally.faults.is_empty(), "seed {seed}: {:#?}", tally.faults);
    assert_eq!(tally.damages, damages);
    assert!(tally.as_before > 0 && tally.mended > 0 && tally.refused > 0, "{tally:?}");
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.damages += other.damages;
        self.as_before += other.as_before;
        self.mended += other.mended;
        self.refused += other.refused;
        self.refused_later += other.refused_later;
        self.ends_lost_and_told += other.ends_lost_and_told;
        self.ends_lost_unseen += other.ends_lost_unseen;
        self.faults.extend(other.faults);
    }
}

/// A tablet with work of its own and of a colleague, delivered and not: closed, as if it had been killed, and without an
/// index.
fn prepare(folder: &Path) -> [Prepared; 3] {
    let mut town = Town::found();
    let (amina, fatima) = (town.tablet("amina"), town.tablet("fatima"));
    let mut chance = Chance::new(1);
    let mut told = work(&amina, &mut chance, 12);
    work(&fatima, &mut chance, 4);
    for device in [&fatima, &amina, &fatima, &amina] {
        meet(device);
    }
    town.pull();
    meet(&amina);
    told.extend(work(&amina, &mut chance, 8));
    let take = |name: &str, index_is_behind| {
        let dir = folder.join(name);
        copy(&town.dir("amina"), &dir);
        if name == "without index" {
            fs::remove_dir_all(dir.join("store/index")).expect("may go");
        }
        let mut files = Vec::new();
        list(&dir, &mut files);
        let files = files.iter().map(|path| path.strip_prefix(&dir).expect("below it").into()).collect();
        let households = told.iter().map(|told| told.household).collect();
        Prepared { dir, files, told: told.clone(), households, index_is_behind }
    };
    let killed = take("killed", true);
    drop(amina);
    [take("closed", false), killed, take("without index", true)]
}

/// Syncs, on a machine that may be busy with other stories.
fn meet(device: &Device) {
    let errors: Vec<_> = (0..SYNCS_MAX).map_while(|_| sync(device).err()).collect();
    assert!(errors.len() < SYNCS_MAX, "{errors:?}");
}

fn work(device: &Device, chance: &mut Chance, households: u32) -> Vec<Told> {
    let mut told = Vec::new();
    for n in 0..households {
        let household = draw_id(chance);
        device.record_line(&household_line(&household)).expect("saves");
        for _ in 0..5 {
            let word = chance.word();
            let bytes = if n == 0 { 5_000 } else { 60 };
            let saved = device.record_line(&visit_line(&household, word, bytes)).expect("saves");
            told.push(Told { household, visit: saved.records[0].id, word });
        }
    }
    told
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
    files.sort();
}

fn damage_again_and_again(prepared: &[Prepared; 3], damages: u64, seed: u64) -> Tally {
    let mut chance = Chance::new(seed);
    let mut tally = Tally::default();
    for n in 0..damages {
        let one = &prepared[chance.below(3) as usize];
        let file = choose(one, &mut chance);
        let damage = Damage::draw(fs::metadata(one.dir.join(file)).expect("is there").len(), &mut chance);
        let folder = tempfile::tempdir().expect("the disk works");
        let dir = folder.path().join("tablet");
        copy(&one.dir, &dir);
        let lost = damage.apply(&dir.join(file), is_journal(file));
        let outcome = catch_unwind(AssertUnwindSafe(|| judge(one, &dir, file, lost, &mut tally)));
        let what = format!("damage {n}, {damage:?} in {} of {}", file.display(), one.dir.display());
        match outcome {
            Ok(faults) if faults.is_empty() => {}
            Ok(faults) => tally.faults.push(format!("{what}: {} faults, {:?}", faults.len(), &faults[0])),
            Err(_) => tally.faults.push(format!("{what}: a panic")),
        }
        tally.damages += 1;
    }
    tally
}

/// Journal and index more often than the small files beside them.
fn choose<'a>(prepared: &'a Prepared, chance: &mut Chance) -> &'a Path {
    let wanted =
        ["store/journal", "store/index", ""][[0, 0, 0, 0, 1, 1, 1, 1, 1, 2][chance.below(10) as usize]];
    let mut files: Vec<_> = prepared.files.iter().filter(|file| file.starts_with(wanted)).collect();
    if files.is_empty() {
        files = prepared.files.iter().filter(|file| is_journal(file)).collect();
    }
    files[chance.below(files.len() as u64) as usize]
}

fn is_journal(file: &Path) -> bool {
    file.starts_with("store/journal")
}

impl Damage {
    fn draw(len: u64, chance: &mut Chance) -> Self {
        let at = chance.below(len) as usize;
        match chance.below(20) {
            0 => Self::Gone,
            1..7 => Self::Cut { at },
            7..10 => Self::Zeros { from: at / 512 * 512, to: (at / 512 * 512 + 512).min(len as usize) },
            _ => Self::Flip { at, bit: chance.below(8) as u8 },
        }
    }

    /// Does it; says what of a journal may then be gone.
    fn apply(self, path: &Path, is_journal: bool) -> Lost {
        let mut bytes = fs::read(path).expect("reads");
        let begins = if is_journal { begins_of_records(&bytes) } else { Vec::new() };
        let is_end = |at: usize| begins.last().is_some_and(|last| at >= *last);
        let lost = match self {
            Self::Gone => {
                fs::remove_file(path).expect("may go");
                return Lost::WholeEnd;
            }
            Self::Cut { at } => {
                bytes.truncate(at);
                if at <= JOURNAL_HEADER_BYTES || begins.contains(&at) { Lost::WholeEnd } else { Lost::End }
            }
            Self::Zeros { from, to } => {
                bytes[from..to].fill(0);
                // Also where it begins before the last record: then nothing whole lies behind.
                if is_end(to.saturating_sub(1)) { Lost::End } else { Lost::Nothing }
            }
            Self::Flip { at, bit } => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
                if is_end(at) { Lost::End } else { Lost::Nothing }
            }
        };
        fs::write(path, bytes).expect("the disk works");
        lost
    }
}

/// Where the records of a journal file begin.
fn begins_of_records(bytes: &[u8]) -> Vec<usize> {
    let mut begins = vec![JOURNAL_HEADER_BYTES];
    loop {
        let at = begins[begins.len() - 1];
        let len = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let next = at + len + RECORD_BESIDES_CONTENT_BYTES;
        if next >= bytes.len() {
            return begins;
        }
        begins.push(next);
    }
}

/// Opens what was damaged, and gives what is wrong with what it then says.
fn judge(prepared: &Prepared, dir: &Path, file: &Path, lost: Lost, tally: &mut Tally) -> Vec<String> {
    let (device, mended) = match Device::open(dir) {
        Ok(opened) => opened,
        Err(error) => {
            tally.refused += 1;
            let is_keys = file == Path::new("keys");
            let allowed = match error.kind() {
                ErrorKind::Corrupt => is_keys || is_journal(file),
                ErrorKind::Invalid => is_keys,
                _ => false,
            };
            return if allowed {
                Vec::new()
            } else {
                vec![format!("refuses with {:?}: {error}", error.kind())]
            };
        }
    };
    let is_told = !mended.is_empty();
    let mut faults = faults_of(&device, &prepared.told, &prepared.households);
    if faults.is_empty() {
        let household = draw_id(&mut Chance::new(7));
        faults.extend(device.record_line(&household_line(&household)).err().map(|error| error.to_string()));
        *(if is_told { &mut tally.mended } else { &mut tally.as_before }) += 1;
        return faults;
    }
    let says_so = |fault: &String| fault.contains("the store is damaged");
    // A journal that is gone altogether is a tablet that was set back to its first day.
    let missing = ["not counted", "not shown", "no such household", "belongs to no organisation"];
    let is_missing = |fault: &String| missing.iter().any(|words| fault.contains(words));
    if is_journal(file) && faults.iter().all(|fault| says_so(fault) || is_missing(fault)) {
        if faults.iter().any(says_so) {
            tally.refused_later += 1;
            return Vec::new();
        }
        let speaks = |mended: &Mended| matches!(mended, Mended::SetBack | Mended::Interrupted);
        if lost != Lost::Nothing && mended.iter().any(speaks) {
            tally.ends_lost_and_told += 1;
            return Vec::new();
        }
        if lost == Lost::WholeEnd && prepared.index_is_behind {
            tally.ends_lost_unseen += 1;
            return Vec::new();
        }
    }
    faults.insert(0, format!("mended: {mended:?}; {}", faults[0]));
    faults
}
