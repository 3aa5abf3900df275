//! What the three parties answer at the end. No figure is remembered from the telling.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use khettara_hq::export::read_table;
use serde::Serialize;

use crate::narrator::Narrator;
use crate::options::StoryOptions;
use crate::story::StoryError;
use crate::story::cast::{Cast, feed_of, of_tablet, reference_of};

/// The end of the story, in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Families in the dataset: records of one family, joined by links, count once.
    pub households: u64,
    /// Records of households in the dataset.
    pub household_records: u64,
    /// Families that more than one body's programme reaches.
    pub programmes_overlapping: u64,
    /// Families that moved and went on in a new record.
    pub families_moved: u64,
    /// Families that were registered twice.
    pub registered_twice: u64,
    /// Referrals whose loop is closed.
    pub referrals_answered: u64,
    /// Expectations that were considered.
    pub expectations_considered: u64,
    /// Consultations in the dataset.
    pub consultations: u64,
    /// Who attended them.
    pub consultation_attendees: u64,
    /// What was expected there.
    pub consultation_expectations: u64,
    /// Of these, expectations that were answered.
    pub consultation_expectations_answered: u64,
    /// What was said there to stand in the way.
    pub consultation_constraints: u64,
    /// Tablets.
    pub tablets: u64,
    /// Days in the field.
    pub days: u16,
    /// Visits that the tablets say they saved.
    pub visits_saved: u64,
    /// Of these, visits that the tablets hold a relay's or headquarters' receipt for.
    pub visits_delivered: u64,
    /// Of these, visits that the tablets hold headquarters' receipt for.
    pub visits_at_headquarters: u64,
    /// Visits that some tablet saved and that are not in the dataset.
    pub visits_lost: u64,
    /// Fields with several answers that headquarters shows.
    pub conflicts_shown: u64,
    /// Whether every tablet reads of each of its communes exactly what headquarters reads.
    pub replicas_equal: bool,
    /// Bytes that the tablets sent, without what carries them.
    pub bytes_up: u64,
    /// Bytes that the tablets received, likewise.
    pub bytes_down: u64,
    /// Where the dataset is.
    pub dataset_dir: String,
}

/// Asks the tablets, the relay and headquarters.
pub(super) fn reckon(
    cast: &mut Cast,
    options: &StoryOptions,
    narrator: &Narrator,
) -> Result<Summary, StoryError> {
    let dataset = options.dir.join("dataset");
    let manifest = cast.headquarters.export(&dataset)?;
    narrator.say("The dataset is written.");
    let in_dataset = visit_ids(&dataset.join("visits.csv"))?;
    let (mut saved, mut delivered, mut at_headquarters, mut lost) = (0, 0, 0, 0);
    for tablet in &cast.tablets {
        let told = |error: khettara_device::DeviceError| of_tablet(tablet.number, &error);
        let status = tablet.device.status().map_err(told)?;
        saved += status.visits.all;
        delivered += status.visits.left_the_tablet();
        at_headquarters += status.visits.at_headquarters;
        let own = tablet.device.own_visits().map_err(told)?;
        lost += own.iter().filter(|visit| !in_dataset.contains(&visit.id.to_string())).count() as u64;
    }
    let replicas_equal = replicas_are_equal(cast)?;
    let told = Told::of(&dataset)?;
    Ok(Summary {
        households: told.families,
        household_records: manifest.holds.households,
        programmes_overlapping: told.programmes_overlapping,
        families_moved: told.families_moved,
        registered_twice: told.registered_twice,
        referrals_answered: told.referrals_answered,
        expectations_considered: told.expectations_considered,
        consultations: told.consultations.held,
        consultation_attendees: told.consultations.attendees,
        consultation_expectations: told.consultations.expectations,
        consultation_expectations_answered: told.consultations.answered,
        consultation_constraints: told.consultations.constraints,
        tablets: cast.tablets.len() as u64,
        days: options.days,
        visits_saved: saved,
        visits_delivered: delivered,
        visits_at_headquarters: at_headquarters,
        visits_lost: lost,
        conflicts_shown: cast.headquarters.status().map_err(khettara_hq::HqError::from)?.conflicts,
        replicas_equal,
        bytes_up: cast.bytes.0,
        bytes_down: cast.bytes.1,
        dataset_dir: dataset.display().to_string(),
    })
}

fn visit_ids(table: &Path) -> Result<BTreeSet<String>, StoryError> {
    Ok(columns(table, ["visit_id"])?.into_iter().map(|[id]| id).collect())
}

/// Some columns of a table of the dataset.
fn columns<const N: usize>(table: &Path, names: [&str; N]) -> Result<Vec<[String; N]>, StoryError> {
    let rows = read_table(table)?;
    let wrong = || StoryError::Wrong("a table of the dataset lacks a column");
    let head = rows.first().ok_or_else(wrong)?;
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        *place = head.iter().position(|column| column == name).ok_or_else(wrong)?;
    }
    let cells = |row: &Vec<String>| places.map(|place| row.get(place).cloned().unwrap_or_default());
    Ok(rows.iter().skip(1).map(cells).collect())
}

/// What the dataset says of consultations.
struct Consultations {
    held: u64,
    attendees: u64,
    expectations: u64,
    answered: u64,
    constraints: u64,
}

impl Consultations {
    fn of(dataset: &Path) -> Result<Self, StoryError> {
        let held = columns(&dataset.join("consultations.csv"), ["consultation_id"])?;
        let held: BTreeSet<String> = held.into_iter().map(|[id]| id).collect();
        let rows = |table: &str, column: &str| -> Result<Vec<[String; 2]>, StoryError> {
            let rows = columns(&dataset.join(table), ["document_id", column])?;
            Ok(rows.into_iter().filter(|[document, _]| held.contains(document)).collect())
        };
        let expectations = rows("expectations.csv", "answer")?;
        Ok(Self {
            attendees: rows("attendees.csv", "name")?.len() as u64,
            expectations: expectations.len() as u64,
            answered: expectations.iter().filter(|[_, answer]| !answer.is_empty()).count() as u64,
            constraints: rows("constraints.csv", "kind")?.len() as u64,
            held: held.len() as u64,
        })
    }
}

/// What the dataset says of families that several bodies know.
struct Told {
    families: u64,
    programmes_overlapping: u64,
    families_moved: u64,
    registered_twice: u64,
    referrals_answered: u64,
    expectations_considered: u64,
    consultations: Consultations,
}

impl Told {
    fn of(dataset: &Path) -> Result<Self, StoryError> {
        let count = |number: usize| number as u64;
        let households = columns(&dataset.join("households.csv"), ["family_id"])?;
        let families: BTreeSet<&String> = households.iter().map(|[family]| family).collect();
        let mut bodies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for [household, body] in columns(&dataset.join("enrolments.csv"), ["household_id", "body"])? {
            bodies.entry(household).or_default().insert(body);
        }
        let links = columns(&dataset.join("links.csv"), ["kind"])?;
        let linked = |kind: &str| links.iter().filter(|[of]| of == kind).count();
        let with_status = |table: &str, status: &str| -> Result<u64, StoryError> {
            let all = columns(&dataset.join(table), ["status"])?;
            Ok(count(all.iter().filter(|[of]| of == status).count()))
        };
        Ok(Self {
            families: count(families.len()),
            programmes_overlapping: count(bodies.values().filter(|bodies| bodies.len() > 1).count()),
            families_moved: count(linked("continues")),
            registered_twice: count(linked("same_as")),
            referrals_answered: with_status("referrals.csv", "completed")?,
            expectations_considered: with_status("expectations.csv", "considered")?,
            consultations: Consultations::of(dataset)?,
        })
    }
}

/// Each tablet's copy of each of its communes, and an office's of what concerns the province, against headquarters'.
fn replicas_are_equal(cast: &mut Cast) -> Result<bool, StoryError> {
    let Cast { tablets, headquarters, province, .. } = cast;
    for tablet in tablets {
        let feeds = tablet.communes.iter().map(|place| feed_of(province, *place));
        for feed in feeds.chain(tablet.is_office.then(|| reference_of(province))) {
            let feed = feed?;
            let here = tablet.device.digest(&feed).map_err(|error| of_tablet(tablet.number, &error))?;
            if here != headquarters.digest(&feed).map_err(khettara_hq::HqError::from)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

impl Summary {
    /// The end of the story, for people.
    #[must_use]
    pub fn words(&self) -> String {
        let equal = if self.replicas_equal { "reads the same" } else { "does NOT read the same" };
        format!(
            "\n{} tablets, {} days, {} households\n\
             \x20 {:>7}  visits saved on tablets\n\
             \x20 {:>7}  delivered: the tablets hold a receipt for them\n\
             \x20 {:>7}  at headquarters, merged\n\
             \x20 {:>7}  lost\n\
             \x20 {:>7}  answers that disagree, shown with both sides\n\
             \x20 {:>7}  families reached by programmes of several bodies\n\
             \x20 {:>7}  families that moved; {} registered twice: still {} families in {} records\n\
             \x20 {:>7}  referrals answered, {} expectations considered\n\
             \x20 {:>7}  consultation: {} attended, {} expectations, {} of them answered\n\
             \x20 {:>7}  KiB to the relay, {} KiB from it\n\
             Every tablet {equal} as headquarters, commune by commune.\n\
             The dataset: {}\n",
            self.tablets,
            self.days,
            self.households,
            self.visits_saved,
            self.visits_delivered,
            self.visits_at_headquarters,
            self.visits_lost,
            self.conflicts_shown,
            self.programmes_overlapping,
            self.families_moved,
            self.registered_twice,
            self.households,
            self.household_records,
            self.referrals_answered,
            self.expectations_considered,
            self.consultations,
            self.consultation_attendees,
            self.consultation_expectations,
            self.consultation_expectations_answered,
            self.bytes_up / 1_024,
            self.bytes_down / 1_024,
            self.dataset_dir
        )
    }

    /// Whether it ended as it must.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.visits_lost == 0
            && self.replicas_equal
            && self.visits_at_headquarters == self.visits_saved
            && self.consultation_expectations_answered > 0
    }
}
