//! A household in outline: what a list shows of it, read in one pass that makes neither rows nor sides.

use std::collections::BTreeMap;

use automerge::iter::MapRangeItem;
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc};
use khettara_core::limits::DOCUMENT_DEPTH_MAX;
use uuid::Uuid;

use super::view::entries;
use crate::model::laid::{self, Held, Operation};
use crate::model::{
    Commune, FieldValue, HouseholdDocument, Instant, Phone, ROOT_MAPS, RecordKind, Reference, Relation,
    Scalar,
};

/// What a list shows of a household. Every count and field equals what [`super::HouseholdView`] says.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) commune: Option<Commune>,
    pub(crate) douar: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) phone: Option<Phone>,
    pub(crate) withdrawn: bool,
    /// The head's name, else the first member's.
    pub(crate) name: Option<String>,
    /// The latest visit that is not withdrawn.
    pub(crate) last_visit: Option<Instant>,
    /// Members that are not withdrawn.
    pub(crate) members: u32,
    /// Visits that are not withdrawn.
    pub(crate) visits: u32,
    pub(crate) needs: u32,
    /// Needs that are neither met nor withdrawn.
    pub(crate) open_needs: u32,
    /// Fields with several answers, and rules that a merge broke.
    pub(crate) conflicts: u32,
}

impl std::fmt::Debug for Outline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outline({} visits, {} conflicts)", self.visits, self.conflicts)
    }
}

impl Outline {
    /// Reads a document.
    pub(crate) fn read(document: &HouseholdDocument) -> Self {
        let mut search = Search { automerge: document.automerge(), conflicts: 0, nested: Vec::new() };
        let mut outline = Self::default();
        let household = laid::maps_under(search.automerge, &[ROOT], RecordKind::Household.map());
        let fields = ["commune", "douar", "status", "phone", "head", "withdrawn"];
        let [commune, douar, status, phone, head, withdrawn] = search.record(&household, fields);
        outline.commune = typed(commune);
        outline.douar = typed(douar);
        outline.status = typed(status);
        outline.phone = typed(phone);
        outline.withdrawn = typed(withdrawn) == Some(true);
        let languages = laid::maps_under(search.automerge, &[ROOT], "languages");
        let [] = search.record(&languages, []);
        outline.members(&mut search, typed(head));
        outline.visits(&mut search);
        outline.needs(&mut search);
        search.unknown_roots();
        search.nested();
        outline.conflicts = search.conflicts;
        outline
    }

    fn members(&mut self, search: &mut Search<'_>, head: Option<Reference>) {
        let (mut heads, mut best) = (0, None);
        for (id, maps) in search.entries(RecordKind::Member) {
            let fields = ["name_latin", "name_ar", "relation", "withdrawn"];
            let [latin, arabic, relation, withdrawn] = search.record(&maps, fields);
            if typed(withdrawn) == Some(true) {
                continue;
            }
            self.members = self.members.saturating_add(1);
            let is_head = relation.as_ref().and_then(Relation::of_scalar) == Some(Relation::Head);
            heads += u32::from(is_head);
            // Of equal rank the first stays: ids ascend.
            let rank = if head == Some(Reference::Id(id)) { 2 } else { u8::from(is_head) };
            if best.is_none_or(|best| rank > best) {
                best = Some(rank);
                self.name = typed::<String>(latin).or_else(|| typed(arabic));
            }
        }
        search.conflicts += u32::from(heads > 1);
    }

    fn visits(&mut self, search: &mut Search<'_>) {
        for (_, maps) in search.entries(RecordKind::Visit) {
            let [at, withdrawn] = search.record(&maps, ["at", "withdrawn"]);
            if typed(withdrawn) != Some(true) {
                self.visits = self.visits.saturating_add(1);
                self.last_visit = self.last_visit.max(typed(at));
            }
        }
    }

    fn needs(&mut self, search: &mut Search<'_>) {
        for (_, maps) in search.entries(RecordKind::Need) {
            let [status] = search.record(&maps, ["status"]);
            self.needs = self.needs.saturating_add(1);
            let is_open = !matches!(typed::<String>(status).as_deref(), Some("met" | "withdrawn"));
            self.open_needs = self.open_needs.saturating_add(u32::from(is_open));
        }
    }
}

fn typed<T: FieldValue>(scalar: Option<Scalar>) -> Option<T> {
    T::of_scalar(&scalar?)
}

struct Search<'a> {
    automerge: &'a Automerge,
    conflicts: u32,
    /// Maps of other software still to be looked into, with their depth.
    nested: Vec<(Vec<ObjId>, u32)>,
}

impl Search<'_> {
    fn entries(&self, kind: RecordKind) -> Vec<(Uuid, Vec<ObjId>)> {
        entries(self.automerge, kind, &mut BTreeMap::new())
    }

    /// Counts a record's conflicts and gives the winners of the fields asked for, where they are scalars.
    fn record<const N: usize>(&mut self, maps: &[ObjId], fields: [&str; N]) -> [Option<Scalar>; N] {
        let mut found = [const { None }; N];
        self.each(
            maps,
            1,
            |key, operations| {
                if let Some(place) = fields.iter().position(|field| *field == key) {
                    let winner = laid::winner_place(key, operations);
                    found[place] = winner.and_then(|winner| laid::scalar_of(&operations[winner].held));
                }
            },
            |key| fields.contains(&key),
        );
        found
    }

    /// Compares every key of `maps`. What only one operation holds is shown to `visit` only where it is `wanted`.
    fn each(
        &mut self,
        maps: &[ObjId],
        depth: u32,
        mut visit: impl FnMut(&str, &[Operation]),
        wanted: impl Fn(&str) -> bool,
    ) {
        let [map] = maps else {
            for (key, operations) in laid::contents(self.automerge, maps) {
                self.key(&operations, depth);
                visit(&key, &operations);
            }
            return;
        };
        let automerge = self.automerge;
        for item in automerge.map_range(map, ..) {
            if item.conflict {
                let operations = laid::operations(automerge, maps, &item.key);
                self.key(&operations, depth);
                visit(&item.key, &operations);
            } else if is_map(&item) || wanted(&item.key) {
                let id = item.id();
                let key = item.key;
                let operations = [Operation { held: laid::held_of(item.value.into_value(), id.clone()), id }];
                self.key(&operations, depth);
                visit(&key, &operations);
            }
        }
    }

    fn key(&mut self, operations: &[Operation], depth: u32) {
        let inner = laid::maps_of(operations);
        if !inner.is_empty() && depth <= DOCUMENT_DEPTH_MAX {
            self.nested.push((inner, depth));
        }
        self.compare(operations);
    }

    /// A conflict where the operations differ. Maps beside maps are one record laid over another.
    fn compare(&mut self, operations: &[Operation]) {
        let is_map = |operation: &Operation| matches!(operation.held, Held::Object(ObjType::Map, _));
        self.conflicts += u32::from(laid::differ(operations) && !operations.iter().all(is_map));
    }

    fn unknown_roots(&mut self) {
        for (key, operations) in laid::contents(self.automerge, &[ROOT]) {
            if ROOT_MAPS.contains(&key.as_str()) {
                self.compare(&operations);
            } else {
                self.key(&operations, 1);
            }
        }
    }

    /// What lies inside maps of other software, as deep as documents are read.
    fn nested(&mut self) {
        while let Some((maps, depth)) = self.nested.pop() {
            self.each(&maps, depth + 1, |_, _| {}, |_| false);
        }
    }
}

fn is_map(item: &MapRangeItem<'_>) -> bool {
    matches!(item.value, automerge::ValueRef::Object(ObjType::Map))
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use khettara_core::id::{ActorId, DocumentId};
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Reason, parse_line};
    use crate::projection::HouseholdView;

    /// The outline, taken from the whole view.
    fn of_view(view: &HouseholdView) -> Outline {
        let household = &view.household;
        let stays = |withdrawn: Option<bool>| withdrawn != Some(true);
        let is_head = |id| household.head == Some(Reference::Id(id));
        let members = || view.members.iter().filter(|member| stays(member.withdrawn));
        let visits = || view.visits.iter().filter(|visit| stays(visit.withdrawn));
        let named = members()
            .find(|member| is_head(member.id))
            .or_else(|| members().find(|member| member.relation.as_deref() == Some("head")))
            .or_else(|| members().next());
        let is_open = |status: Option<&str>| !matches!(status, Some("met" | "withdrawn"));
        let needs = || view.needs.iter();
        let count = |items: usize| u32::try_from(items).expect("few");
        Outline {
            commune: household.commune.clone(),
            douar: household.douar.clone(),
            status: household.status.clone(),
            phone: household.phone.clone(),
            withdrawn: household.withdrawn == Some(true),
            name: named.and_then(|member| member.name_latin.clone().or_else(|| member.name_ar.clone())),
            last_visit: visits().filter_map(|visit| visit.at).max(),
            members: count(members().count()),
            visits: count(visits().count()),
            needs: count(needs().count()),
            open_needs: count(needs().filter(|need| is_open(need.status.as_deref())).count()),
            conflicts: view.conflicts,
        }
    }

    const FAMILY: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

    /// A line of ours: its record and what it says, by three numbers.
    fn line(what: u8, which: u8, says: u8) -> String {
        let id = format!("0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c0{which}");
        let word = |words: [&'static str; 3]| words[usize::from(says % 3)];
        let withdrawn = says % 4 == 3;
        match what {
            0 => format!(
                r#"{{"record":"household","id":"{FAMILY}","commune":"08.201.11.07","douar":"Tizi {says}","status":"{}","withdrawn":{withdrawn}}}"#,
                word(["sedentary", "nomadic", "sedentary"])
            ),
            1 => format!(
                r#"{{"record":"member","household":"{FAMILY}","id":"{id}","name_latin":"Itto {says}","sex":"female","relation":"{}","withdrawn":{withdrawn}}}"#,
                word(["head", "child", "spouse"])
            ),
            2 => format!(
                r#"{{"record":"visit","household":"{FAMILY}","id":"{id}","at":"2026-11-{:02}T09:30:00Z","agent":"a","kind":"first","consent":"{}","withdrawn":{withdrawn}}}"#,
                says % 28 + 1,
                word(["given", "refused", "withdrawn"])
            ),
            3 => format!(
                r#"{{"record":"need","household":"{FAMILY}","id":"{id}","category":"water","urgency":"low","status":"{}"}}"#,
                word(["open", "met", "withdrawn"])
            ),
            _ => format!(
                r#"{{"record":"household","id":"{FAMILY}","commune":"08.201.11.07","status":"sedentary","head":"{id}","phone":"+2126123456{:02}","languages":["{}"]}}"#,
                says % 10 + 10,
                word(["zgh", "ary", "fr"])
            ),
        }
    }

    const DEEP: &str = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c01";

    /// What other software may have written: keys, maps and scalars where ours has records.
    fn strange(document: &mut Automerge, which: u8, says: u8) {
        let mut transaction = document.transaction();
        let key = ["x", "members", "visits", "household", "languages"][usize::from(which % 5)];
        if says.is_multiple_of(3) {
            let map = transaction.put_object(ROOT, key, ObjType::Map).expect("a map goes anywhere");
            let deep = transaction.put_object(&map, DEEP, ObjType::Map).expect("automerge takes it");
            let deeper = transaction.put_object(&deep, "deeper", ObjType::Map).expect("automerge takes it");
            transaction.put(&deeper, "relation", i64::from(says)).expect("automerge takes it");
            transaction.put(&deep, "relation", "head").expect("automerge takes it");
        } else if let Ok(Some((automerge::Value::Object(ObjType::Map), map))) = transaction.get(ROOT, "x") {
            let (_, deep) = transaction.get(&map, DEEP).expect("a map is read").expect("it was put there");
            transaction.put(&deep, "z", i64::from(says)).expect("automerge takes it");
        } else {
            transaction.put(ROOT, "y", i64::from(says)).expect("automerge takes it");
        }
        transaction.commit();
    }

    #[test]
    fn a_conflict_inside_one_map_of_other_software_is_counted() {
        let mut left = HouseholdDocument::new(DocumentId([1; 16]));
        strange(&mut left.automerge, 0, 0);
        let mut right = left.clone();
        right.automerge.set_actor([2; 16].as_slice().into());
        strange(&mut left.automerge, 0, 1);
        strange(&mut right.automerge, 0, 2);
        left.automerge.merge(&mut right.automerge).expect("automerge takes it");
        assert_eq!(Outline::read(&left).conflicts, 1);
        assert_eq!(Outline::read(&left), of_view(&HouseholdView::read(&left)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_outline_says_what_the_whole_view_says(
            steps in prop::collection::vec((0..3usize, 0..7u8, 0..3u8, any::<u8>()), 1..40),
        ) {
            let id = DocumentId(*Uuid::parse_str(FAMILY).expect("an id").as_bytes());
            let mut copies = vec![HouseholdDocument::new(id); 3];
            let mut position = 1;
            for (place, what, which, says) in steps {
                position += 1;
                let actor = ActorId([u8::try_from(place).expect("of three") + 1; 16]);
                if what < 5 {
                    let form = parse_line(1, &line(what, which, says)).expect("a line of ours");
                    let refused = copies[place].record(actor, position, &form).err();
                    let refused = refused.map(|error| error.reason);
                    prop_assert!(matches!(refused, None | Some(Reason::NothingChanged | Reason::NoSuchRecord)), "{refused:?}");
                } else if what == 5 {
                    copies[place].automerge.set_actor(actor.as_bytes().as_slice().into());
                    strange(&mut copies[place].automerge, which + says % 2 * 3, says);
                } else {
                    let mut other = copies[(place + 1) % 3].automerge.clone();
                    copies[place].automerge.merge(&mut other).expect("automerge takes it");
                }
                prop_assert_eq!(Outline::read(&copies[place]), of_view(&HouseholdView::read(&copies[place])));
            }
            let mut all = copies[0].clone();
            for other in &copies[1..] {
                all.automerge.merge(&mut other.automerge.clone()).expect("automerge takes it");
            }
            prop_assert_eq!(Outline::read(&all), of_view(&HouseholdView::read(&all)));
        }
    }
}
