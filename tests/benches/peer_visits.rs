//! The visits by which other engines were measured, laid out as our documents are: a large one (observations of
//! 50 to 300 letters, two to five fields of the household, now and then a need, a referral, a member) and a small
//! one (12 fields and a note of 12 words out of 48).
//!
//! Keys are ours where our records have the field (`at`, `agent`, `note`, `phone`, `water`, `status`, `text`,
//! `urgency`, `schooling`), else the field's own name. A referral is an entry of `needs`, a flag a field of the
//! household, as there is no map for them. Values are drawn as often as there.

use khettara_core::id::ActorId;
use khettara_core::log::device_id;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::dice::Dice;

/// One field or entry that a form writes: where, and what.
pub(crate) struct Edit {
    pub(crate) path: Vec<String>,
    pub(crate) value: Value,
}

fn edit<const N: usize>(path: [&str; N], value: Value) -> Edit {
    Edit { path: path.map(str::to_owned).to_vec(), value }
}

const AGENCIES: [&str; 8] = ["MSIS", "AREF", "DRS", "CPS", "INDH", "ONEE", "ENTRAIDE", "ANAPEC"];
const WATER: [&str; 5] = ["running", "fountain", "well", "tank", "spring"];
const POWER: [&str; 3] = ["grid", "solar", "none"];
const STATUS: [&str; 4] = ["active", "moved", "closed", "follow-up"];
const FLAGS: [&str; 8] =
    ["widowed", "orphan", "disability", "aged", "no_income", "poor_housing", "risky_birth", "out_of_school"];
const SERVICES: [&str; 9] =
    ["health", "education", "papers", "protection", "water", "electricity", "housing", "work", "disability"];
const SCHOOLING: [&str; 7] =
    ["none", "preschool", "primary", "lower_secondary", "upper_secondary", "higher", "koranic"];
const OCCUPATIONS: [&str; 12] = [
    "farmer", "herder", "labourer", "none", "pupil", "student", "artisan", "trader", "at_home", "retired",
    "driver", "seasonal",
];
const RELATIONS: [&str; 6] = ["spouse", "child", "parent", "sibling", "grandchild", "other"];
const WANTS: [&str; 12] = [
    "fauteuil pour l'aïeul",
    "inscrire la cadette à l'école",
    "étanchéité de la terrasse",
    "panier de denrées",
    "branchement au réseau d'eau",
    "consultations prénatales",
    "insuline",
    "apprentissage pour l'aîné",
    "carte de soins périmée",
    "bus scolaire jusqu'au ksar",
    "couvertures, poêle à bois",
    "prothèse auditive",
];

/// The ids that an entry makes.
struct Ids(ActorId, u64, u32);

impl Ids {
    fn next(&mut self) -> String {
        self.2 += 1;
        device_id(&self.0, self.1, self.2 - 1).to_string()
    }
}

fn date(dice: &mut Dice, years: u64) -> Value {
    json!(format!("{}-{:02}-{:02}", 2024 + dice.below(years), dice.between(1, 12), dice.between(1, 28)))
}

fn phone(dice: &mut Dice) -> Value {
    json!(format!("+2126{:08}", dice.below(100_000_000)))
}

/// A registration: the fields that visits replace later, and two to nine members. Gives the household, its
/// members and the edits.
pub(crate) fn registration(dice: &mut Dice, by: (ActorId, u64)) -> (Uuid, Vec<String>, Vec<Edit>) {
    let mut ids = Ids(by.0, by.1, 1);
    let mut edits = Vec::new();
    let household = [
        ("address", json!(dice.text(20, 60, false))),
        ("commune", json!("08.201.11.07")),
        ("electricity", json!(*dice.of(&POWER))),
        ("income_mad", json!(dice.below(61) * 100)),
        ("last_visit", Value::Null),
        ("next_visit", Value::Null),
        ("phone", phone(dice)),
        ("risk_score", json!(dice.below(101))),
        ("status", json!("active")),
        ("water", json!(*dice.of(&WATER))),
    ];
    edits.extend(household.map(|(key, value)| edit(["household", key], value)));
    for flag in FLAGS {
        if dice.percent(20) {
            edits.push(edit(["household", flag], json!(true)));
        }
    }
    let mut members = Vec::new();
    for _ in 0..dice.between(2, 9) {
        let id = ids.next();
        let member = json!({
            "birth": (1935 + dice.below(91)).to_string(), "name_ar": dice.note(2, 120),
            "occupation": *dice.of(&OCCUPATIONS), "relation": *dice.of(&RELATIONS),
            "schooling": *dice.of(&SCHOOLING), "sex": *dice.of(&["male", "female"]),
        });
        edits.push(edit(["members", &id], member));
        members.push(id);
    }
    (device_id(&by.0, by.1, 0), members, edits)
}

/// A large visit.
pub(crate) fn large(dice: &mut Dice, by: (ActorId, u64), agent: &str, members: &[String]) -> Vec<Edit> {
    let mut ids = Ids(by.0, by.1, 0);
    let day = dice.below(365);
    let follow_up = if dice.percent(60) { date(dice, 3) } else { Value::Null };
    let visit = json!({
        "agency": *dice.of(&AGENCIES), "agent": agent,
        "at": 1_767_225_600 + day * 86_400 + dice.below(8 * 3_600) + 8 * 3_600,
        "duration_min": dice.between(10, 90), "follow_up": follow_up.clone(),
        "note": dice.text(50, 300, true),
    });
    let mut edits = vec![edit(["visits", &ids.next()], visit)];
    let month = format!("2026-{:02}-{:02}", day / 31 + 1, day % 28 + 1);
    edits.push(edit(["household", "last_visit"], json!(month)));
    let mut fields: Vec<u64> = (0..8).collect();
    for _ in 0..dice.between(1, 4) {
        let field = fields.remove(dice.below(fields.len() as u64) as usize);
        edits.push(match field {
            0 if follow_up.is_null() => edit(["household", "next_visit"], date(dice, 1)),
            0 => edit(["household", "next_visit"], follow_up.clone()),
            1 => edit(["household", "risk_score"], json!(dice.below(101))),
            2 => edit(["household", "income_mad"], json!(dice.below(61) * 100)),
            3 => edit(["household", "phone"], phone(dice)),
            4 => edit(["household", "water"], json!(*dice.of(&WATER))),
            5 => edit(["household", "electricity"], json!(*dice.of(&POWER))),
            6 => edit(["household", "status"], json!(*dice.of(&STATUS))),
            _ => edit(["household", *dice.of(&FLAGS)], json!(dice.percent(50))),
        });
    }
    if dice.percent(30) {
        let text = if dice.percent(40) { (*dice.of(&WANTS)).to_owned() } else { dice.text(10, 80, false) };
        let urgency = *dice.of(&["low", "medium", "high"]);
        edits.push(edit(["needs", &ids.next()], json!({"text": text, "urgency": urgency})));
    }
    if dice.percent(20) {
        let referral = json!({
            "agency": *dice.of(&AGENCIES), "date": date(dice, 3), "service": *dice.of(&SERVICES),
            "status": "open",
        });
        edits.push(edit(["needs", &ids.next()], referral));
    }
    if dice.percent(15) {
        let member = dice.of(members).clone();
        edits.push(edit(["members", &member, "schooling"], json!(*dice.of(&SCHOOLING))));
        edits.push(edit(["members", &member, "occupation"], json!(*dice.of(&OCCUPATIONS))));
    }
    edits
}

/// A small visit: 12 fields, and 12 words of 48. `clock` goes on by up to an hour.
pub(crate) fn small(dice: &mut Dice, by: (ActorId, u64), agent: &str, clock: &mut u64) -> Vec<Edit> {
    *clock += dice.below(3_600);
    let visit = json!({
        "agency": *dice.of(&AGENCIES), "agent": agent, "at": *clock,
        "consent": *dice.of(&["given", "refused", "withdrawn"]), "duration_min": dice.between(10, 90),
        "error_s": dice.below(3_600), "follow_up_days": dice.below(90),
        "kind": *dice.of(&["first", "follow_up", "urgent", "other"]), "note": dice.note(12, 48),
        "offset_min": 60, "present": dice.between(1, 9),
        "respondent": *dice.of(&["head", "member", "neighbour", "authority", "other"]),
        "time_source": *dice.of(&["device", "relay", "gps", "person", "unknown"]),
    });
    vec![edit(["visits", &Ids(by.0, by.1, 0).next()], visit)]
}

/// The line that a form without CRDT would send.
pub(crate) fn line(household: &Uuid, agent: &str, edits: &[Edit]) -> String {
    let ops: Vec<Value> = edits.iter().map(|edit| json!({"path": edit.path, "value": edit.value})).collect();
    format!("{}\n", json!({"id": household.to_string(), "worker": agent, "ops": ops}))
}
