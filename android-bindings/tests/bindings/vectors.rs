//! One example of everything that travels: whole, and with all that may be absent absent.

use std::collections::BTreeMap;

use khettara_android::message::{
    About, Code, Conflict, Cursor, Enrolment, ErrorKind, Field, FieldType, HouseholdView, Kind, ListRow,
    Opened, Page, Record, Saved, SavedRecord, Side, Status, SyncBegun, SyncEnd, SyncNews, SyncProgress,
    SyncReport, Trouble, VisitCounts, VisitStatus, Waiting, WaitsFor, Whereabouts, Words, Writer,
};
use khettara_device::{FieldDescription, ListOf, RecordKind, Shape};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Names of structures, each with its examples.
pub(crate) struct Examples(pub(crate) BTreeMap<&'static str, Vec<Value>>);

impl Examples {
    fn add(&mut self, name: &'static str, example: &impl Serialize) {
        self.0.entry(name).or_default().push(serde_json::to_value(example).expect("JSON"));
    }
}

const TIME: &str = "2026-11-25T09:30:00Z";
const COMMUNE: &str = "08.201.11.07";

fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0192_f7a4_5c3b_8d21_9f64_3b1f_0a6e_0000 + last)
}

fn words() -> Words {
    Words {
        ar: "الماء بعيد".into(), fr: "l'eau est loin".into(), en: "water is far \"away\"".into()
    }
}

fn time(given: bool) -> Option<String> {
    given.then(|| TIME.into())
}

/// An example of every structure of the table.
pub(crate) fn replies() -> Examples {
    let mut all = Examples(BTreeMap::new());
    for given in [true, false] {
        small(&mut all, given);
        lists(&mut all, given);
        households(&mut all, given);
        syncs(&mut all, given);
    }
    all
}

fn small(all: &mut Examples, given: bool) {
    all.add("Words", &words());
    all.add("About", &About { version: "0.1.0".into(), encoding: 1, software: "khettara/0.1.0".into() });
    all.add("Trouble", &trouble(given));
    all.add("Opened", &Opened { handle: i64::MAX, device: "0f".repeat(32), mended: many(given, words()) });
    let record = SavedRecord { record: "visit".into(), id: id(1), new: given };
    all.add("SavedRecord", &record);
    let large_bytes = given.then_some(300_000);
    all.add("Saved", &Saved { household: id(2), records: many(given, record), large_bytes });
    let code = Code { code: "well".into(), words: words() };
    all.add("Code", &code);
    let bytes_max = given.then_some(256);
    let (min, max) = (given.then_some(-1), given.then_some(10_000));
    let (name, field_type, codes) = ("water".into(), FieldType::Code, many(given, code));
    let field = Field { name, words: words(), field_type, needed: given, min, max, codes, bytes_max };
    all.add("Field", &field);
    all.add("Kind", &Kind { record: "household".into(), words: words(), fields: many(given, field) });
    for kind in [
        ErrorKind::Retry,
        ErrorKind::Full,
        ErrorKind::Refused,
        ErrorKind::Invalid,
        ErrorKind::Corrupt,
        ErrorKind::Bug,
    ] {
        all.add("Trouble", &Trouble { kind, ..trouble(given) });
    }
}

fn many<T>(given: bool, one: T) -> Vec<T> {
    if given { vec![one] } else { Vec::new() }
}

fn trouble(given: bool) -> Trouble {
    let field = given.then(|| "members[2].name_ar".into());
    Trouble { kind: ErrorKind::Invalid, code: "too_long".into(), field, sentence: words() }
}

fn lists(all: &mut Examples, given: bool) {
    let text = |text: &str| given.then(|| text.to_owned());
    let row = ListRow {
        feed: COMMUNE.into(),
        id: id(3),
        about: text("referral"),
        commune: text(COMMUNE),
        douar: text("ⵜⵉⵏⵖⵉⵔ"),
        status: text("nomadic"),
        name: text("إيطو"),
        phone: text("+212661234567"),
        last_visit: time(given),
        members: u32::from(given) * 7,
        visits: 6,
        needs: 5,
        open_needs: 4,
        conflicts: 3,
        withdrawn: given,
    };
    all.add("ListRow", &row);
    let cursor = Cursor { feed: COMMUNE.into(), id: id(4) };
    all.add("Cursor", &cursor);
    all.add("Page", &Page { rows: many(given, row), next: given.then_some(cursor) });
    let counts = VisitCounts {
        all: 21,
        saved: 1,
        with_a_colleague: 2,
        delivered: 3,
        at_headquarters: 4,
        set_aside: 5,
    };
    all.add("VisitCounts", &counts);
    for waits_for in
        [WaitsFor::Relay, WaitsFor::Key, WaitsFor::Grant, WaitsFor::Headquarters, WaitsFor::Supervisor]
    {
        all.add("Waiting", &Waiting { feed: COMMUNE.into(), visits: 9, waits_for, words: words() });
    }
    for enrolment in [Enrolment::None, Enrolment::Waiting, Enrolment::Enrolled, Enrolment::Closed] {
        let waiting = Waiting { feed: COMMUNE.into(), visits: 9, waits_for: WaitsFor::Relay, words: words() };
        let status = Status {
            organisation: text("Entraide Nationale, Errachidia"),
            enrolment,
            serial: given.then_some(41),
            visits: counts.clone(),
            at_headquarters_up_to: time(given),
            waiting: many(given, waiting),
            households: u64::from(u32::MAX) + 1,
            visits_readable: 2,
            conflicts: 3,
            set_aside_here: 4,
            full: given,
        };
        all.add("Status", &status);
    }
}

fn visit_status(given: bool, whereabouts: Whereabouts) -> VisitStatus {
    VisitStatus {
        id: id(5),
        household: id(6),
        feed: COMMUNE.into(),
        at: time(given),
        whereabouts,
        words: words(),
        waits_for: given.then_some(WaitsFor::Relay),
        waits_for_words: given.then(words),
    }
}

fn households(all: &mut Examples, given: bool) {
    for place in [
        Whereabouts::Saved,
        Whereabouts::WithAColleague,
        Whereabouts::Delivered,
        Whereabouts::AtHeadquarters,
        Whereabouts::SetAside,
    ] {
        all.add("VisitStatus", &visit_status(given, place));
    }
    let writer = Writer {
        me: given,
        serial: given.then_some(7),
        device: given.then(|| "a0".repeat(32)),
        agent: given.then(|| "AS-7".into()),
        at: time(given),
        error_s: given.then_some(60),
    };
    all.add("Writer", &writer);
    let mut sides = Vec::new();
    for value in
        [json!("well"), json!(-7), json!(true), json!({"lat_e5": 1}), json!(["a"]), json!(null), json!(1.5)]
    {
        let side = Side { text: "puits".into(), words: words(), value, writer: writer.clone(), shown: given };
        all.add("Side", &side);
        sides.push(side);
    }
    let path = "household/water".to_owned();
    let conflict = Conflict { feed: COMMUNE.into(), household: id(8), path, sentence: words(), sides };
    all.add("Conflict", &conflict);
    let fields = [("to", json!(id(9).to_string())), ("hours", json!(3)), ("met", json!(false))];
    let record = Record {
        record: "link".into(),
        id: id(10),
        fields: fields.into_iter().filter(|_| given).map(|(name, value)| (name.into(), value)).collect(),
        conflicts: 1,
        extra: [("new".to_owned(), "{\"a\":[1]}".to_owned())].into_iter().filter(|_| given).collect(),
    };
    all.add("Record", &record);
    let rows = |kind| vec![row(kind, given)];
    let view = HouseholdView {
        feed: COMMUNE.into(),
        about: given.then(|| "referral".into()),
        household: row(RecordKind::Household, given),
        members: rows(RecordKind::Member),
        visits: rows(RecordKind::Visit),
        needs: rows(RecordKind::Need),
        records: many(given, record),
        conflicts: many(given, conflict),
        own_visits: many(given, visit_status(given, Whereabouts::Saved)),
    };
    all.add("HouseholdView", &view);
}

fn syncs(all: &mut Examples, given: bool) {
    let progress =
        SyncProgress { connected: given, sent: 1, to_send: 2, received: 3, bytes_up: 1 << 40, bytes_down: 5 };
    all.add("SyncProgress", &progress);
    let report = |ended| SyncReport {
        ended,
        sent: 1,
        received: 2,
        delivered: 3,
        left: 4,
        entries_left: 5,
        at_headquarters: 6,
        at_headquarters_up_to: time(given),
        enrolled: given,
        logs_not_granted: 7,
        copied: given,
        times_found: 8,
        bytes_up: 9,
        bytes_down: 10,
    };
    for ended in [SyncEnd::Complete, SyncEnd::Partial, SyncEnd::Cancelled] {
        all.add("SyncReport", &report(ended));
    }
    all.add("SyncBegun", &SyncBegun { sync: u64::from(u32::MAX) + 2 });
    let report = given.then(|| report(SyncEnd::Complete));
    all.add(
        "SyncNews",
        &SyncNews { progress: given.then_some(progress), report, trouble: given.then(|| trouble(given)) },
    );
}

/// A row as the device gives it: every field there, `null` where nothing was answered.
fn row(kind: RecordKind, given: bool) -> Value {
    let mut row = Map::new();
    row.insert("id".into(), json!(id(11)));
    if kind == RecordKind::Household {
        row.insert("languages".into(), if given { json!(["ary", "shi"]) } else { json!([]) });
    } else {
        row.insert("household".into(), json!(id(12)));
    }
    for field in kind.described() {
        row.insert(field.name.into(), if given { value(&field) } else { Value::Null });
    }
    row.insert("conflicts".into(), json!(u8::from(given)));
    row.insert("extra".into(), if given { json!({"new": "[1,{}]"}) } else { json!({}) });
    Value::Object(row)
}

/// A form of each kind that has a class of its own, every field given.
pub(crate) fn forms() -> BTreeMap<&'static str, Value> {
    let kinds = [RecordKind::Household, RecordKind::Member, RecordKind::Visit, RecordKind::Need];
    kinds.into_iter().map(|kind| (kind.word(), form(kind, true))).collect()
}

fn form(kind: RecordKind, alone: bool) -> Value {
    let mut form = Map::new();
    if alone {
        form.insert("record".into(), json!(kind.word()));
    }
    if alone && kind != RecordKind::Household {
        form.insert("household".into(), json!(id(13)));
    }
    // The head is a member by id, a need's visit a visit: neither is there before the form is saved.
    let own = |field: &FieldDescription| {
        !field.name.starts_with("anchored_") && !matches!(field.shape, Shape::Reference(_))
    };
    for field in kind.described().iter().filter(|field| own(field)) {
        form.insert(field.name.into(), value(field));
    }
    for list in kind.lists() {
        match list.of {
            ListOf::Languages => drop(form.insert(list.name.into(), json!(["ary", "shi"]))),
            ListOf::Records(kind @ (RecordKind::Member | RecordKind::Need)) => {
                form.insert(list.name.into(), json!([self::form(kind, false)]));
            }
            ListOf::Records(_) => {}
        }
    }
    Value::Object(form)
}

/// A value that the field takes.
fn value(field: &FieldDescription) -> Value {
    match field.shape {
        Shape::Text { .. } => json!("ⵉⵎⵎⴰ إيطو"),
        Shape::Code(codes) => json!(codes.first()),
        Shape::Codes(codes) => json!(codes),
        Shape::Flag => json!(field.name != "withdrawn"),
        Shape::Whole { min, .. } => json!(min + 1),
        Shape::Time => json!(TIME),
        Shape::Commune => json!(COMMUNE),
        Shape::Phone => json!("+212661234567"),
        Shape::Identifier => json!("UA123456"),
        Shape::Language => json!("ary"),
        Shape::Birth => json!("1961~"),
        Shape::Date => json!("2026-11"),
        Shape::Territories => json!("08.201"),
        Shape::Place => json!({"lat_e5": 3_193_000, "lon_e5": -442_000, "accuracy_m": 12}),
        Shape::Reference(_) => json!(id(14)),
    }
}

/// What Kotlin asks, by the name of its function.
pub(crate) fn requests() -> Value {
    let (household, path) = (id(15), "household/water");
    json!({
        "about": {"call": "about"},
        "kinds": {"call": "kinds"},
        "create": {"call": "create", "dir": "/tablet"},
        "open": {"call": "open", "dir": "/tablet"},
        "enroll": {"call": "enroll", "ticket": "KHT1:A$B"},
        "enrollTyped": {"call": "enroll_typed", "serial": 7, "code": "4P3D-E225", "organisation": "{\"a\":1}"},
        "save": {"call": "save", "form": {"record": "visit", "household": household, "agent": "AS-7", "clear": ["note"]}},
        "households": {"call": "households", "limit": 50},
        "householdsAfter": {"call": "households", "after": {"feed": COMMUNE, "id": household}, "limit": 7},
        "register": {"call": "register"},
        "household": {"call": "household", "id": household},
        "conflicts": {"call": "conflicts"},
        "keep": {"call": "keep", "household": household, "path": path, "side": 1},
        "answer": {"call": "answer", "household": household, "path": path, "value": "well"},
        "visits": {"call": "visits"},
        "status": {"call": "status"},
        "setPatience": {"call": "set_patience", "patienceMs": 9_000},
        "beginSync": {"call": "sync_begin"},
        "syncNews": {"call": "sync_news", "sync": 3, "patienceMs": 100},
        "endSync": {"call": "sync_end", "sync": 3},
    })
}
