//! One trial: a change, what the airlock says of it, what that cost, and whether what came in can go out again.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use automerge::{Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, Value};
use khettara_core::id::ChangeHash;
use khettara_records::airlock::{
    AirlockFault, Constants, PastFault, RehearsalFault, Rehearsed, Walked, change_hash, rehearse, walk,
};
use khettara_records::model::{HouseholdDocument, constants};
use khettara_records::projection::{HouseholdView, conflicts, export_lines, sources};

use crate::MEMORY;
use crate::dice::Dice;
use crate::ground::Ground;
use crate::press::injured;
use crate::rules::RULES;
use crate::sketch::{Sketch, Stand};
use crate::spelling::SPELLINGS;
use crate::strange::strange;

/// What a change on trial is.
pub(crate) struct Accused {
    pub(crate) chunk: Vec<u8>,
    /// The rules it breaks; none: it is only strange.
    pub(crate) broken: Vec<&'static str>,
    /// Whether chance went over its bytes.
    pub(crate) injured: bool,
    /// For every change of the ground, whether it is an ancestor.
    pub(crate) ancestors: Vec<bool>,
}

/// What was said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Refused(AirlockFault),
    Waits,
    Taken,
    /// The airlock let it in and the document did not take it.
    NotTaken(&'static str),
}

/// What was counted.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) verdicts: BTreeMap<Verdict, u64>,
    pub(crate) rules: BTreeMap<&'static str, u64>,
    pub(crate) rehearsals: u64,
    pub(crate) bytes_max: usize,
    pub(crate) time_max: Duration,
    pub(crate) slowest: String,
    pub(crate) refusal_max: Duration,
    pub(crate) slow: u64,
}

/// Thinks of a change on this ground: strange, hostile by rules, or injured.
pub(crate) fn accuse(ground: &Ground, dice: &mut Dice) -> Accused {
    loop {
        let stand = Stand::somewhere(ground, dice);
        let sketch = strange(&stand, dice);
        let (strange_only, injure) = (dice.below(10) == 0, dice.below(6) == 0);
        let wanted = if strange_only { 0 } else { [1, 1, 1, 2, 3][dice.below(5)] };
        if let Some((chunk, broken)) = broken(&stand, sketch, wanted, dice) {
            let chunk = if injure && chunk.len() > 12 { injured(&chunk, dice) } else { chunk };
            return Accused { chunk, broken, injured: injure, ancestors: stand.ancestors };
        }
    }
}

/// Breaks so many rules: those of meaning before one of spelling.
pub(crate) fn broken(
    stand: &Stand<'_>,
    mut sketch: Sketch,
    wanted: usize,
    dice: &mut Dice,
) -> Option<(Vec<u8>, Vec<&'static str>)> {
    let mut names = Vec::new();
    let misspell = wanted > 0 && dice.below(5) < 2;
    for _ in 0..wanted - usize::from(misspell) {
        let (name, rule) = *dice.pick(&RULES);
        if !rule(stand, &mut sketch, dice) {
            return None;
        }
        names.push(name);
    }
    let press = sketch.press();
    if !misspell {
        return Some((press.print(), names));
    }
    let (name, rule) = *dice.pick(&SPELLINGS);
    names.push(name);
    rule(press, dice).map(|chunk| (chunk, names))
}

/// The constants that everybody knows.
pub(crate) fn known() -> Constants {
    let mut known = Constants::default();
    constants().iter().for_each(|constant| known.add(&walk(constant.chunk).unwrap()));
    known
}

/// Lets the airlock judge, counts what it took, and looks whether the document comes back.
pub(crate) fn judge(
    ground: &mut Ground,
    known: &Constants,
    accused: &Accused,
    counts: &mut Counts,
) -> Verdict {
    MEMORY.reset_peak_usage();
    let (before, began) = (MEMORY.current_usage(), worked());
    let (verdict, rehearsed) = pass(ground, known, &accused.chunk);
    let (took, bytes) = (worked() - began, MEMORY.peak_usage().saturating_sub(before));
    counts.bytes_max = counts.bytes_max.max(bytes);
    counts.time_max = counts.time_max.max(took);
    counts.slow += u64::from(took > Duration::from_millis(50));
    if matches!(verdict, Verdict::Refused(_)) {
        counts.refusal_max = counts.refusal_max.max(took);
    }
    counts.rehearsals += u64::from(matches!(verdict, Verdict::Taken | Verdict::NotTaken(_)));
    *counts.verdicts.entry(verdict).or_default() += 1;
    accused.broken.iter().for_each(|name| *counts.rules.entry(name).or_default() += 1);
    // Looking costs several times what judging costs.
    if let Some(rehearsed) = rehearsed.filter(|_| counts.rehearsals.is_multiple_of(2)) {
        comes_back(ground, accused, rehearsed);
    }
    verdict
}

/// How long this thread has had a processor, to some milliseconds; where the system does not say, how long it was.
fn worked() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let had = said.and_then(|said| said.split_whitespace().next()?.parse().ok());
    had.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

/// As a replica lets a change in.
fn pass(ground: &mut Ground, known: &Constants, chunk: &[u8]) -> (Verdict, Option<Rehearsed>) {
    let refused = |fault| (Verdict::Refused(fault), None);
    let walked: Walked<'_> = match walk(chunk) {
        Ok(walked) => walked,
        Err(fault) => return refused(fault),
    };
    if let Err(fault) = known.check(&walked) {
        return refused(fault);
    }
    match ground.past.check(&walked, &()) {
        Ok(()) => {}
        Err(PastFault::Airlock(fault)) => return refused(fault),
        Err(PastFault::MissingAncestor) => return (Verdict::Waits, None),
        Err(PastFault::Unreadable) => return (Verdict::NotTaken("unreadable"), None),
    }
    match rehearse(&ground.document, &[&walked]) {
        Ok(rehearsed) => (Verdict::Taken, Some(rehearsed)),
        Err(RehearsalFault::MissingAncestor) => (Verdict::NotTaken("ancestor"), None),
        Err(RehearsalFault::NotTaken) => (Verdict::NotTaken("refused"), None),
        Err(RehearsalFault::Panicked) => (Verdict::NotTaken("panicked"), None),
        Err(RehearsalFault::NotReloadable) => (Verdict::NotTaken("not loaded"), None),
        Err(RehearsalFault::HeadsDiffer) => (Verdict::NotTaken("other heads"), None),
        Err(RehearsalFault::TooMany | RehearsalFault::TooLong) => (Verdict::NotTaken("too much"), None),
    }
}

/// What came in stands in the document here, in that of somebody who has its ancestors alone and hears the rest
/// later, and in what both save, load, save and load again; and all of it can be read.
fn comes_back(ground: &Ground, accused: &Accused, rehearsed: Rehearsed) {
    let own = Change::from_bytes(accused.chunk.clone()).unwrap();
    let Rehearsed { document, saved } = rehearsed;
    let again = Automerge::load(&saved).unwrap();
    assert_eq!(again.get_heads(), document.get_heads());
    assert!(
        document.get_change_by_hash(&own.hash()).is_some_and(|change| change.raw_bytes() == accused.chunk)
    );
    let mut elsewhere = ground.document_of(&accused.ancestors);
    elsewhere.apply_changes([own]).unwrap();
    elsewhere = Automerge::load(&elsewhere.save()).unwrap();
    elsewhere.apply_changes(ground.document.get_changes(&[])).unwrap();
    elsewhere = Automerge::load(&elsewhere.save()).unwrap();
    assert_eq!(elsewhere.get_heads(), document.get_heads());
    assert_eq!(told(&elsewhere), told(&document), "two who hold the same say the same");
    let Some(id) = ground.household else { return };
    let household = HouseholdDocument::load(id, &saved).unwrap();
    let other = HouseholdDocument::load(id, &elsewhere.save()).unwrap();
    assert_eq!(household.digest(), other.digest());
    let view = HouseholdView::read(&household);
    assert_eq!(export_lines(&view), export_lines(&HouseholdView::read(&other)));
    assert_eq!(conflicts(&household), conflicts(&other));
    drop(sources(&household));
}

/// Everything in a document, conflicts and all, as text.
fn told(document: &Automerge) -> String {
    let mut out = String::new();
    tell(document, &ROOT, ObjType::Map, &mut out);
    out
}

fn tell(document: &Automerge, object: &ObjId, kind: ObjType, out: &mut String) {
    let mut say = |prop: automerge::Prop| {
        out.push_str(&format!("{prop:?}("));
        for (value, id) in document.get_all(object, prop).unwrap() {
            out.push_str(&format!("{id}={value:?};"));
            if let Value::Object(kind) = value {
                tell(document, &id, kind, out);
            }
        }
        out.push(')');
    };
    if kind == ObjType::Text {
        out.push_str(&document.text(object).unwrap());
    } else if kind == ObjType::List {
        (0..document.length(object)).for_each(|place| say(place.into()));
    } else {
        document.keys(object).for_each(|key| say(key.into()));
    }
}

/// The name of a chunk that is one.
pub(crate) fn name(chunk: &[u8]) -> Option<ChangeHash> {
    change_hash(chunk).ok()
}
