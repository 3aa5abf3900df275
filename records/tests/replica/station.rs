//! A station: a store, a pen and a copy, with everything a tablet would do between two meetings.

use khettara_core::id::{DeviceKey, Feed, Head, Incarnation, LogId, OrgId};
use khettara_core::identity::{FeedKey, Fresh, GrantedKey, Roster, SigningKey};
use khettara_core::log::{
    Codec, Cutter, Descriptor, Dictionaries, Earlier, Entry, Named, RosterSeen, Segment, Slim, Start, Tip,
    Unit, Written, open_on,
};
use khettara_core::store::held::{self, Acceptance, Branch, Pen};
use khettara_core::store::{Answer, Group, MemoryStore, Store};
use khettara_records::airlock::Stage;
use khettara_records::content::SlimChanges;
use khettara_records::model::{Form, RecordError, parse_line};
use khettara_records::replica::{CaughtUp, HeldBackEntry, Replica, Saved};
use khettara_records::verdict::{HeldLog, HeldSegment, Known, Rulings, Stated, judge, standing};

/// The organisation that [`crate::law`] founds.
pub(crate) const ORG: OrgId = OrgId([
    0x8b, 0x96, 0xe3, 0x1d, 0x6b, 0x30, 0x79, 0x54, 0x87, 0x7f, 0x69, 0x41, 0xd5, 0x25, 0xf0, 0x5c, 0xf6,
    0xed, 0xdb, 0x4f, 0x6c, 0x4d, 0x2b, 0x01, 0x0b, 0xff, 0x37, 0xfe, 0x44, 0x25, 0xed, 0x82,
]);
const CACHE: usize = 64 * 1_048_576;

pub(crate) fn feed() -> Feed {
    Feed::new("08.201.11.07").unwrap()
}

pub(crate) fn key(number: u8) -> FeedKey {
    FeedKey::new([number; 32])
}

pub(crate) fn uuid(number: u8) -> String {
    format!("0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c{number:02x}")
}

pub(crate) fn household(number: u8, fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(
        r#"{{"record":"household","id":"{}","commune":"08.201.11.07","status":"sedentary"{comma}{fields}}}"#,
        uuid(number)
    )
}

pub(crate) fn visit(number: u8, note: &str) -> String {
    let id = uuid(number);
    format!(
        r#"{{"record":"visit","household":"{id}","at":"2026-11-25T09:30:00Z","agent":"a","kind":"first","note":"{note}"}}"#
    )
}

pub(crate) fn form(line: &str) -> Form {
    parse_line(1, line).unwrap()
}

/// How many orders of arrival a story tries: `KHETTARA_ORDERS`, or what it tries in every run.
#[allow(clippy::disallowed_methods)] // a test in full is asked for from outside
pub(crate) fn orders(usual: u64) -> u64 {
    std::env::var("KHETTARA_ORDERS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// A segment on its way, with what its log is.
#[derive(Clone)]
pub(crate) struct Parcel {
    pub(crate) segment: Segment,
    pub(crate) descriptor: Descriptor,
}

pub(crate) struct Station<S = MemoryStore> {
    pub(crate) signing: SigningKey,
    pub(crate) store: S,
    pub(crate) pen: Pen,
    pub(crate) replica: Replica,
}

pub(crate) fn pen(device: u8, seed: u8) -> Pen {
    let key = SigningKey::from_seed(&[device; 32]).public();
    Pen::new(ORG, key, "khettara test", 1, Fresh::new([seed; 32]))
}

impl Station {
    /// A station of this name that holds the feed's first key.
    pub(crate) fn new(name: u8) -> Self {
        let mut station = Self::without_key(name);
        station.learn_key(1);
        station
    }

    pub(crate) fn without_key(name: u8) -> Self {
        Self::over(name, name, MemoryStore::new())
    }

    /// The same device restarted, or cloned, over a copy of its store.
    pub(crate) fn clone_with_seed(&self, name: u8, seed: u8) -> Self {
        Self::over(name, seed, self.store.clone())
    }
}

impl<S: Store> Station<S> {
    pub(crate) fn over(name: u8, seed: u8, store: S) -> Self {
        let signing = SigningKey::from_seed(&[name; 32]);
        Self { signing, store, pen: pen(name, seed), replica: Replica::new(ORG, CACHE, Stage::here()) }
    }

    pub(crate) fn device(&self) -> DeviceKey {
        self.signing.public()
    }

    pub(crate) fn learn_key(&mut self, ordinal: u8) {
        let granted = GrantedKey { feed: feed(), ordinal: u32::from(ordinal), key: key(ordinal) };
        self.commit(vec![Group { expect: vec![], ops: vec![held::put_feed_key(&granted)] }]);
    }

    pub(crate) fn commit(&mut self, groups: Vec<Group>) {
        let answers = self.store.commit(groups).unwrap();
        assert!(answers.iter().all(|answer| *answer == Answer::Committed), "{answers:?}");
    }

    pub(crate) fn try_write(&mut self, lines: &[String]) -> Vec<Result<Saved, RecordError>> {
        let forms: Vec<Form> = lines.iter().map(|line| form(line)).collect();
        self.replica.record(&mut self.store, &mut self.pen, &feed(), &forms).unwrap()
    }

    pub(crate) fn write(&mut self, line: &str) -> Saved {
        self.try_write(&[line.to_string()]).remove(0).unwrap()
    }

    pub(crate) fn cut(&mut self) {
        self.cut_with(1);
    }

    pub(crate) fn cut_with(&mut self, ordinal: u8) {
        self.cut_under(ordinal, 0);
    }

    /// Cuts what is pending when this is the roster's position here.
    pub(crate) fn cut_seeing(&mut self, position: u64) {
        self.cut_under(1, position);
    }

    fn cut_under(&mut self, ordinal: u8, position: u64) {
        let key = key(ordinal);
        let roster_seen = RosterSeen::Position(position);
        let cutter = |log| Cutter { roster_seen, ..cutter(&self.signing, log, Some(&key)) };
        let groups = held::cut_pending(&self.store, &feed(), &Named::default(), &cutter).unwrap();
        self.commit(groups);
    }

    /// Everything held, each behind what it goes on from.
    pub(crate) fn parcels(&self) -> Vec<Parcel> {
        let mut found = Vec::new();
        for (_, log) in held::logs_in(&self.store, &feed()).unwrap() {
            let descriptor = held::descriptor(&self.store, &log).unwrap().unwrap();
            for (id, _) in held::segments_of(&self.store, &log).unwrap() {
                let bytes = held::segment_bytes(&self.store, &id).unwrap().unwrap();
                let segment = Segment::from_bytes(&ORG, &bytes).unwrap();
                found.push(Parcel { segment, descriptor: descriptor.clone() });
            }
        }
        found
    }

    /// Takes a parcel in; whether it could.
    pub(crate) fn take(&mut self, parcel: &Parcel) -> bool {
        let answer = held::accept(
            &self.store,
            &parcel.segment,
            Some(&parcel.descriptor),
            &Named::default(),
            &|_, _| true,
        );
        match answer.unwrap() {
            Acceptance::Accepted { group, .. } => {
                self.commit(vec![group]);
                true
            }
            Acceptance::Present => true,
            _ => false,
        }
    }

    pub(crate) fn take_all(&mut self, parcels: &[Parcel]) {
        for parcel in parcels {
            assert!(self.take(parcel));
        }
    }

    pub(crate) fn hear<T: Store>(&mut self, other: &Station<T>) -> CaughtUp {
        self.take_all(&other.parcels());
        self.catch_up()
    }

    pub(crate) fn catch_up(&mut self) -> CaughtUp {
        self.catch_up_under(&Rulings::default())
    }

    pub(crate) fn catch_up_under(&mut self, rulings: &Rulings) -> CaughtUp {
        self.replica.catch_up(&mut self.store, &[feed()], &OnlySlim, rulings).unwrap()
    }

    pub(crate) fn digest(&mut self) -> [u8; 32] {
        self.replica.digest(&self.store, &feed()).unwrap()
    }

    pub(crate) fn held_back(&self) -> Vec<HeldBackEntry> {
        self.replica.held_back(&self.store, &feed()).unwrap()
    }

    pub(crate) fn catch_up_by(&mut self, roster: &Roster) -> CaughtUp {
        self.replica.catch_up_by(&mut self.store, &[feed()], &OnlySlim, roster).unwrap()
    }

    /// What the pure functions say of everything held here.
    pub(crate) fn judged(&self, roster: Option<&Roster>) -> Vec<Stated> {
        let logs = self.logs_held();
        let mut known = Known::default();
        known.add(khettara_records::model::GENESIS_CHUNK).unwrap();
        let mut rulings = Rulings::default();
        if let Some(roster) = roster {
            rulings = standing(&ORG, &feed(), &logs, roster, &known).rulings(roster);
        }
        judge(&ORG, &feed(), logs, &rulings, &known)
    }

    fn logs_held(&self) -> Vec<HeldLog> {
        let keys = held::feed_keys(&self.store, &feed()).unwrap();
        let mut logs = Vec::new();
        for (device, log) in held::logs_in(&self.store, &feed()).unwrap() {
            let listing = held::listing_of(&self.store, &feed(), &device, &Named::default()).unwrap();
            let (mut segments, mut fresh) = (Vec::new(), held::ReadChanges::new());
            for (id, row) in held::segments_of(&self.store, &log).unwrap() {
                let bytes = held::segment_bytes(&self.store, &id).unwrap().unwrap();
                let segment = Segment::from_bytes(&ORG, &bytes).unwrap();
                let ground = held::meta_of(&self.store, &log, row.first - 1, &row.back).unwrap();
                let before =
                    ground.map_or_else(|| khettara_core::log::first_head(&log), |ground| ground.head);
                let key = keys.iter().map(|granted| &granted.key).find(|key| key.id() == row.key);
                let earlier = Branch::up_to(&self.store, log, row.first - 1, row.back).with(&fresh);
                let ground: (&Head, &dyn Earlier) = (&before, &earlier);
                let unit = open_on(&ORG, &segment, ground, false, key, &OnlySlim);
                if let Unit::Entries(entries) = &unit {
                    let changes = entries.iter().filter_map(|entry| Some((entry.n, entry.pointed(&log)?)));
                    fresh.insert(id, changes.collect());
                }
                let listed = listing[&log].segments.contains(&id);
                let held::SegmentRow { first, count, head, roster_seen, back, .. } = row;
                segments.push(HeldSegment { id, back, first, count, head, roster_seen, listed, unit });
            }
            logs.push(HeldLog { log, device: Some(device), segments });
        }
        logs
    }

    /// That the copy, however it came about, says what the pure function says.
    pub(crate) fn check_against_rules(&self) {
        self.check_against(None);
    }

    /// The same under a roster.
    pub(crate) fn check_against(&self, roster: Option<&Roster>) {
        let key = |log: LogId, n, count, state| (log, n, count, state);
        let mut expected: Vec<_> = self
            .judged(roster)
            .into_iter()
            .filter(|one| one.state.held_back_number().is_some())
            .map(|one| key(one.log, one.n, one.count, one.state))
            .collect();
        let mut found: Vec<_> =
            self.held_back().into_iter().map(|one| key(one.log, one.n, one.count, one.state)).collect();
        expected.sort_unstable();
        expected.dedup();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, expected);
    }
}

/// The slim form, and no dictionaries.
pub(crate) struct OnlySlim;

impl Dictionaries for OnlySlim {
    fn dictionary(&self, _number: u32) -> Option<&[u8]> {
        None
    }
    fn slim(&self) -> Option<&dyn Slim> {
        Some(&SlimChanges)
    }
}

pub(crate) fn cutter<'a>(signing: &'a SigningKey, log: LogId, key: Option<&'a FeedKey>) -> Cutter<'a> {
    Cutter {
        org: &ORG,
        signing,
        log,
        key,
        codec: Codec::Slim { dictionary: 0 },
        level: 3,
        dictionaries: &OnlySlim,
        roster_seen: RosterSeen::Position(0),
    }
}

/// A writer without rules: it puts into its log whatever it is given.
pub(crate) struct Forger {
    pub(crate) signing: SigningKey,
    pub(crate) descriptor: Descriptor,
    pub(crate) log: LogId,
    pub(crate) tip: Tip,
}

impl Forger {
    pub(crate) fn new(name: u8) -> Self {
        let signing = SigningKey::from_seed(&[name; 32]);
        let descriptor = Descriptor {
            device: signing.public(),
            feed: feed(),
            incarnation: Incarnation([name; 16]),
            continues: None,
        };
        let log = descriptor.log_id(&ORG);
        Self { signing, descriptor, log, tip: Tip::start(&log) }
    }

    pub(crate) fn start(nonce: u8) -> Written {
        let nonce = khettara_core::id::StartNonce([nonce; 16]);
        Written::plain(&Entry::Start(Start { nonce, software: "forger".into(), schema: 1 })).unwrap()
    }

    pub(crate) fn actor(&self, nonce: u8) -> khettara_core::id::ActorId {
        khettara_core::log::actor_id(&self.log, &khettara_core::id::StartNonce([nonce; 16]))
    }

    /// Cuts one segment at the tip, which moves on.
    pub(crate) fn cut(&mut self, items: &[Written]) -> Parcel {
        let key = key(1);
        let (mut segments, tip) = cutter(&self.signing, self.log, Some(&key)).cut(self.tip, items).unwrap();
        assert_eq!(segments.len(), 1);
        self.tip = tip;
        Parcel { segment: segments.remove(0), descriptor: self.descriptor.clone() }
    }
}
