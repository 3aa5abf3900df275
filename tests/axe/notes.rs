//! Visits that can be checked without a list of what was saved: each carries a note that follows from one number.

use std::collections::BTreeSet;

use khettara_device::Device;
use khettara_tests::Chance;
use uuid::Uuid;

pub(crate) const COMMUNE: &str = "08.201.11.07";

const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

/// A note of this many bytes (24 at least) that says its number and its length, and otherwise follows from them.
pub(crate) fn note(word: u64, bytes: usize) -> String {
    let mut text = format!("{word:016x}-{bytes:06}-");
    let mut chance = Chance::new(word);
    while text.len() < bytes {
        let mut letters = chance.word();
        for _ in 0..10.min(bytes - text.len()) {
            text.push(char::from(LETTERS[(letters % 64) as usize]));
            letters /= 64;
        }
    }
    text
}

/// The number of a note, where the note is exactly what was saved.
pub(crate) fn number_of(text: &str) -> Option<u64> {
    let word = u64::from_str_radix(text.get(..16)?, 16).ok()?;
    let bytes: usize = text.get(17..23)?.parse().ok()?;
    (note(word, bytes) == text).then_some(word)
}

pub(crate) fn household_line(id: &Uuid) -> String {
    format!(
        r#"{{"record":"household","id":"{id}","commune":"{COMMUNE}","status":"sedentary","water":"well"}}"#
    )
}

/// A visit with the note of this number.
pub(crate) fn visit_line(household: &Uuid, word: u64, bytes: usize) -> String {
    let (day, minute, note) = (word % 28 + 1, word % 60, note(word, bytes));
    format!(
        r#"{{"record":"visit","household":"{household}","at":"2026-10-{day:02}T09:{minute:02}:00Z","agent":"AS-7","kind":"follow_up","note":"{note}"}}"#
    )
}

/// An id that follows from chance.
pub(crate) fn draw_id(chance: &mut Chance) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&chance.seed()[..16]);
    uuid::Builder::from_bytes(bytes).with_version(uuid::Version::SortRand).into_uuid()
}

/// A visit that was answered as saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    pub(crate) household: Uuid,
    pub(crate) visit: Uuid,
    pub(crate) word: u64,
}

/// Looks at every visit of these households: those told are shown, and every value shown is one that was saved.
/// Gives what is wrong, each in a sentence.
pub(crate) fn faults_of(device: &Device, told: &[Told], households: &BTreeSet<Uuid>) -> Vec<String> {
    let mut faults = Vec::new();
    let own = match device.own_visits() {
        Ok(own) => own,
        Err(error) => return vec![format!("own visits are not read: {error}")],
    };
    let ids: BTreeSet<Uuid> = own.iter().map(|visit| visit.id).collect();
    if ids.len() != own.len() {
        faults.push("a visit is counted twice".into());
    }
    faults.extend(
        told.iter()
            .filter(|told| !ids.contains(&told.visit))
            .map(|told| format!("not counted: {}", told.visit)),
    );
    let mut shown = BTreeSet::new();
    for id in households {
        let household = match device.household(id) {
            Ok(household) => household,
            Err(error) => {
                faults.push(format!("household {id}: {error}"));
                continue;
            }
        };
        for visit in &household.view.visits {
            match visit.note.as_deref().and_then(number_of) {
                Some(word) => drop(shown.insert(Told { household: *id, visit: visit.id, word })),
                None => faults.push(format!("a value that nobody saved stands in visit {}", visit.id)),
            }
        }
    }
    let seen = told.iter().filter(|told| households.contains(&told.household));
    faults.extend(seen.filter(|told| !shown.contains(told)).map(|told| format!("not shown: {told:?}")));
    faults
}
