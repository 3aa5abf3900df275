//! A household in outline: what a list shows of it, read in one pass that makes neither rows nor sides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::iter::{DocItem, MapRangeItem};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ValueRef};
use khettara_core::limits::DOCUMENT_DEPTH_MAX;
use uuid::Uuid;

use super::moments::{self, Moment};
use super::view::HouseholdView;
use crate::model::laid::{self, Held};
use crate::model::of_canonical;
use crate::model::set_aside::set_aside;
use crate::model::{
    Commune, FieldValue, HouseholdDocument, Identifier, Instant, Phone, RecordKind, Reference, Relation,
    Scalar, is_root_map,
};

/// What a list shows of a household. Every count and field equals what [`super::HouseholdView`] says.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// What the document is about, where that is no household.
    pub(crate) about: Option<RecordKind>,
    pub(crate) commune: Option<Commune>,
    pub(crate) douar: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) phone: Option<Phone>,
    pub(crate) withdrawn: bool,
    /// The head's name, else the first member's.
    pub(crate) name: Option<String>,
    /// When the latest visit was that is not withdrawn, where a clock says anything credible.
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
    /// The other records of this family that its links name, withdrawn ones left out.
    pub(crate) links: BTreeSet<Uuid>,
    /// What names its members, each with the member: their ids, and the hashes of their numbers in registers. Withdrawn
    /// ones and those of a withdrawn household are left out.
    pub(crate) people: BTreeSet<(Uuid, Uuid)>,
}

impl std::fmt::Debug for Outline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outline({} visits, {} conflicts)", self.visits, self.conflicts)
    }
}

impl Outline {
    /// Reads a document: in one pass, unless maps are laid over each other in it, which is rare and takes the
    /// whole view.
    pub(crate) fn read(document: &HouseholdDocument) -> Self {
        let mut pass = Pass::default();
        match pass.read(document.automerge()) {
            Ok(()) if pass.has_set_aside => {
                let broken = count(set_aside(document.automerge()).len());
                let outline = pass.outline();
                Self { conflicts: outline.conflicts + broken, ..outline }
            }
            Ok(()) => pass.outline(),
            Err(LaidOver) => Self::of_view(&HouseholdView::read(document)),
        }
    }

    fn of_view(view: &HouseholdView) -> Self {
        let household = &view.household;
        let members = view.members.iter().filter(|member| member.withdrawn != Some(true));
        let members = members.map(|member| Member {
            id: member.id,
            latin: member.name_latin.clone(),
            arabic: member.name_ar.clone(),
            is_head: member.relation.as_deref() == Some(Relation::Head.code()),
            withdrawn: false,
            numbers: [hash_of(member.cin.as_ref()), hash_of(member.idcs.as_ref())],
        });
        let members: Vec<Member> = members.collect();
        let visits = || view.visits.iter().filter(|visit| visit.withdrawn != Some(true));
        let needs = view.needs.iter();
        Self {
            about: Some(view.about).filter(|about| *about != RecordKind::Household),
            commune: household.commune.clone(),
            douar: household.douar.clone(),
            status: household.status.clone(),
            phone: household.phone.clone(),
            withdrawn: household.withdrawn == Some(true),
            name: name_of(&members, household.head.as_ref()),
            last_visit: view.last_visit(),
            members: count(members.len()),
            visits: count(visits().count()),
            needs: count(view.needs.len()),
            open_needs: count(needs.filter(|need| is_open(need.status.as_deref())).count()),
            conflicts: view.conflicts,
            links: view
                .of_kind(RecordKind::Link)
                .filter(|link| !link.is_withdrawn())
                .filter_map(|link| of_canonical(link.text("to")?))
                .collect(),
            people: people(&members, household.withdrawn == Some(true)),
        }
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

pub(super) fn is_open(status: Option<&str>) -> bool {
    !matches!(status, Some("met" | "withdrawn"))
}

/// The name a list shows: of the member the household names as its head, else of a member who is head, else of
/// the first.
fn name_of(members: &[Member], head: Option<&Reference>) -> Option<String> {
    let named = members.iter().find(|member| head == Some(&Reference::Id(member.id)));
    let named = named.or_else(|| members.iter().find(|member| member.is_head)).or_else(|| members.first())?;
    named.latin.clone().or_else(|| named.arabic.clone())
}

fn people(members: &[Member], is_withdrawn: bool) -> BTreeSet<(Uuid, Uuid)> {
    let names = |member: &Member| {
        let id = member.id;
        std::iter::once(id).chain(member.numbers.into_iter().flatten()).map(move |name| (name, id))
    };
    members.iter().filter(|_| !is_withdrawn).flat_map(names).collect()
}

fn hash_of(number: Option<&Identifier>) -> Option<Uuid> {
    number.map(|number| Uuid::from_bytes(number.hash()))
}

/// Maps stand beside each other under one key.
struct LaidOver;

struct Member {
    id: Uuid,
    latin: Option<String>,
    arabic: Option<String>,
    is_head: bool,
    withdrawn: bool,
    /// The hashes of its numbers.
    numbers: [Option<Uuid>; 2],
}

impl Member {
    const fn of(id: Uuid) -> Self {
        Self { id, latin: None, arabic: None, is_head: false, withdrawn: false, numbers: [None; 2] }
    }
}

#[derive(Default)]
struct Visit {
    moment: Moment,
    withdrawn: bool,
}

#[derive(Default)]
struct Link {
    to: Option<Uuid>,
    withdrawn: bool,
}

/// What an object is, known from the one it lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Household,
    Languages,
    /// What a document is about that is no household's.
    Subject(RecordKind),
    /// The map of all entries of a kind.
    All(RecordKind),
    /// One of them, by its place in the list where lists show something of it.
    One(RecordKind, usize),
    /// A map of other software, so deep.
    Other(u32),
    /// What conflicts are not looked for in.
    Skipped,
}

/// One pass over everything that can be read, parents before children.
#[derive(Default)]
struct Pass {
    places: BTreeMap<ObjId, Place>,
    outline: Outline,
    head: Option<Reference>,
    members: Vec<Member>,
    visits: Vec<Visit>,
    /// Whether each need is open.
    needs: Vec<bool>,
    links: Vec<Link>,
    /// Something is set aside, so that others may have gone on with it.
    has_set_aside: bool,
}

impl Pass {
    fn read(&mut self, document: &Automerge) -> Result<(), LaidOver> {
        self.places.insert(ROOT, Place::Root);
        let mut last: Option<(Arc<ObjId>, Place)> = None;
        for item in document.iter() {
            let place = match &last {
                Some((object, place)) if Arc::ptr_eq(object, &item.obj) => *place,
                _ => self.places.get(&*item.obj).copied().unwrap_or(Place::Skipped),
            };
            if let DocItem::Map(found) = item.item
                && place != Place::Skipped
            {
                self.note_subject(place);
                self.item(document, &item.obj, place, found)?;
            }
            last = Some((item.obj, place));
        }
        Ok(())
    }

    /// Something stands in a subject's map: the first subject that says anything is what the document is about.
    fn note_subject(&mut self, place: Place) {
        let kind = match place {
            Place::Household => RecordKind::Household,
            Place::Subject(kind) => kind,
            _ => return,
        };
        if self.outline.about.is_none_or(|about| kind < about) {
            self.outline.about = Some(kind);
        }
    }

    fn item(
        &mut self,
        document: &Automerge,
        object: &ObjId,
        place: Place,
        item: MapRangeItem<'_>,
    ) -> Result<(), LaidOver> {
        if item.conflict {
            let operations = laid::operations(document, std::slice::from_ref(object), &item.key);
            if operations.iter().any(|operation| matches!(operation.held, Held::Object(ObjType::Map, _))) {
                return Err(LaidOver);
            }
            if !matches!(place, Place::All(_)) {
                self.outline.conflicts += u32::from(laid::differ(&operations));
            }
            let winner = laid::winner_place(&item.key, &operations);
            if let Some(scalar) = winner.and_then(|winner| laid::scalar_of(&operations[winner].held)) {
                self.scalar(place, &item.key, &scalar);
            }
            return Ok(());
        }
        match &item.value {
            ValueRef::Object(ObjType::Map) => {
                let inner = self.inner(place, &item.key);
                self.places.insert(item.id(), inner);
            }
            ValueRef::Object(_) => {}
            ValueRef::Scalar(_) if is_shown(place, &item.key) => {
                let held = laid::held_of(item.value.into_value(), ROOT);
                if let Some(scalar) = laid::scalar_of(&held) {
                    self.scalar(place, &item.key, &scalar);
                }
            }
            ValueRef::Scalar(_) => {}
        }
        Ok(())
    }

    /// What a map under this key is.
    fn inner(&mut self, place: Place, key: &str) -> Place {
        match place {
            Place::Root => match is_root_map(key) {
                true => match RecordKind::ALL.iter().find(|kind| kind.map() == key) {
                    Some(RecordKind::Household) => Place::Household,
                    Some(kind) if kind.is_subject() => Place::Subject(*kind),
                    Some(kind) => Place::All(*kind),
                    None => Place::Languages,
                },
                false => Place::Other(2),
            },
            Place::All(kind) => of_canonical(key).map_or(Place::Skipped, |id| self.one(kind, id)),
            Place::Household | Place::Languages | Place::Subject(_) | Place::One(..) => Place::Other(2),
            Place::Other(depth) if depth <= DOCUMENT_DEPTH_MAX => Place::Other(depth + 1),
            Place::Other(_) | Place::Skipped => Place::Skipped,
        }
    }

    fn one(&mut self, kind: RecordKind, id: Uuid) -> Place {
        let place = match kind {
            RecordKind::Member => {
                self.members.push(Member::of(id));
                self.members.len()
            }
            RecordKind::Visit => {
                self.visits.push(Visit::default());
                self.visits.len()
            }
            RecordKind::Need => {
                self.needs.push(true);
                self.needs.len()
            }
            RecordKind::Link => {
                self.links.push(Link::default());
                self.links.len()
            }
            _ => 1,
        };
        Place::One(kind, place - 1)
    }

    fn scalar(&mut self, place: Place, key: &str, scalar: &Scalar) {
        // As `marker` says it, for every scalar of a document.
        self.has_set_aside |= match (place, key) {
            (Place::One(RecordKind::Need, _), "status") => {
                typed::<String>(scalar).as_deref() == Some("withdrawn")
            }
            (Place::Household | Place::Subject(_) | Place::One(..), "withdrawn") => {
                typed(scalar) == Some(true)
            }
            _ => false,
        };
        match place {
            Place::Household => match key {
                "commune" => self.outline.commune = typed(scalar),
                "douar" => self.outline.douar = typed(scalar),
                "status" => self.outline.status = typed(scalar),
                "phone" => self.outline.phone = typed(scalar),
                "withdrawn" => self.outline.withdrawn = typed(scalar) == Some(true),
                "head" => self.head = typed(scalar),
                _ => {}
            },
            Place::One(RecordKind::Member, number) => {
                let member = &mut self.members[number];
                match key {
                    "name_latin" => member.latin = typed(scalar),
                    "name_ar" => member.arabic = typed(scalar),
                    "relation" => member.is_head = Relation::of_scalar(scalar) == Some(Relation::Head),
                    "withdrawn" => member.withdrawn = typed(scalar) == Some(true),
                    "cin" => member.numbers[0] = hash_of(typed(scalar).as_ref()),
                    "idcs" => member.numbers[1] = hash_of(typed(scalar).as_ref()),
                    _ => {}
                }
            }
            Place::One(RecordKind::Visit, number) => match key {
                "at" => self.visits[number].moment.at = typed(scalar),
                "anchored_at" => self.visits[number].moment.anchored_at = typed(scalar),
                "withdrawn" => self.visits[number].withdrawn = typed(scalar) == Some(true),
                _ => {}
            },
            Place::One(RecordKind::Link, number) => match key {
                "to" => self.links[number].to = typed::<String>(scalar).and_then(|to| of_canonical(&to)),
                "withdrawn" => self.links[number].withdrawn = typed(scalar) == Some(true),
                _ => {}
            },
            Place::One(RecordKind::Need, number) if key == "status" => {
                self.needs[number] = is_open(typed::<String>(scalar).as_deref());
            }
            _ => {}
        }
    }

    fn outline(mut self) -> Outline {
        self.members.retain(|member| !member.withdrawn);
        self.members.sort_by_key(|member| member.id);
        self.visits.retain(|visit| !visit.withdrawn);
        let heads = self.members.iter().filter(|member| member.is_head).count();
        Outline {
            about: self.outline.about.filter(|about| *about != RecordKind::Household),
            name: name_of(&self.members, self.head.as_ref()),
            last_visit: moments::latest(&self.visits.iter().map(|visit| visit.moment).collect::<Vec<_>>()),
            members: count(self.members.len()),
            visits: count(self.visits.len()),
            needs: count(self.needs.len()),
            open_needs: count(self.needs.iter().filter(|is_open| **is_open).count()),
            conflicts: self.outline.conflicts + u32::from(heads > 1),
            links: self.links.iter().filter(|link| !link.withdrawn).filter_map(|link| link.to).collect(),
            people: people(&self.members, self.outline.withdrawn),
            ..self.outline
        }
    }
}

/// Whether a list shows anything of this field; other values are not even copied.
fn is_shown(place: Place, key: &str) -> bool {
    let fields: &[&str] = match place {
        Place::Household => &["commune", "douar", "status", "phone", "withdrawn", "head"],
        Place::One(RecordKind::Member, _) => {
            &["name_latin", "name_ar", "relation", "withdrawn", "cin", "idcs"]
        }
        Place::One(RecordKind::Visit, _) => &["at", "anchored_at", "withdrawn"],
        Place::One(RecordKind::Need, _) => &["status"],
        Place::One(RecordKind::Link, _) => &["to", "withdrawn"],
        Place::One(..) | Place::Subject(_) => &["withdrawn"],
        _ => &[],
    };
    fields.contains(&key)
}

fn typed<T: FieldValue>(scalar: &Scalar) -> Option<T> {
    T::of_scalar(scalar)
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use khettara_core::id::{ActorId, DocumentId};
    use proptest::prelude::*;

    use super::super::Added;
    use super::*;
    use crate::model::{Reason, parse_line};

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

    impl Outline {
        fn with(self, added: &Added) -> Self {
            Self {
                visits: self.visits + added.visits,
                last_visit: self.last_visit.max(added.last_visit),
                needs: self.needs + added.needs,
                open_needs: self.open_needs + added.open_needs,
                ..self
            }
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
        assert_eq!(Outline::read(&left), Outline::of_view(&HouseholdView::read(&left)));
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
                    let before = Outline::read(&copies[place]);
                    let recorded = copies[place].record(actor, position, &form);
                    if let Some(added) = recorded.as_ref().ok().and_then(|recorded| {
                        Added::read(&copies[place], [recorded.records.as_slice()])
                    }) {
                        prop_assert!(matches!(what, 2 | 3), "only visits and needs are added");
                        prop_assert_eq!(before.with(&added), Outline::read(&copies[place]));
                    }
                    let refused = recorded.err().map(|error| error.reason);
                    prop_assert!(matches!(refused, None | Some(Reason::NothingChanged | Reason::NoSuchRecord)), "{refused:?}");
                } else if what == 5 {
                    copies[place].automerge.set_actor(actor.as_bytes().as_slice().into());
                    strange(&mut copies[place].automerge, which + says % 2 * 3, says);
                } else {
                    let mut other = copies[(place + 1) % 3].automerge.clone();
                    copies[place].automerge.merge(&mut other).expect("automerge takes it");
                }
                prop_assert_eq!(Outline::read(&copies[place]), Outline::of_view(&HouseholdView::read(&copies[place])));
            }
            let mut all = copies[0].clone();
            for other in &copies[1..] {
                all.automerge.merge(&mut other.automerge.clone()).expect("automerge takes it");
            }
            prop_assert_eq!(Outline::read(&all), Outline::of_view(&HouseholdView::read(&all)));
        }
    }
}
