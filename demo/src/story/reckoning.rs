//! What the three parties answer at the end. No figure is remembered from the telling.

use std::collections::BTreeSet;

use khettara_hq::export::read_table;
use serde::Serialize;

use crate::narrator::Narrator;
use crate::options::StoryOptions;
use crate::story::StoryError;
use crate::story::cast::{Cast, feed_of, of_tablet};

/// The end of the story, in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Households in the dataset.
    pub households: u64,
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
    Ok(Summary {
        households: manifest.holds.households,
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

fn visit_ids(table: &std::path::Path) -> Result<BTreeSet<String>, StoryError> {
    let rows = read_table(table)?;
    let wrong = StoryError::Wrong("visits.csv has no column visit_id");
    let column =
        rows.first().and_then(|head| head.iter().position(|name| name == "visit_id")).ok_or(wrong)?;
    Ok(rows.into_iter().skip(1).filter_map(|row| row.into_iter().nth(column)).collect())
}

/// Each tablet's copy of each of its communes, against headquarters'.
fn replicas_are_equal(cast: &mut Cast) -> Result<bool, StoryError> {
    let Cast { tablets, headquarters, province, .. } = cast;
    for tablet in tablets {
        for place in &tablet.communes {
            let feed = feed_of(province, *place)?;
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
            self.bytes_up / 1_024,
            self.bytes_down / 1_024,
            self.dataset_dir
        )
    }

    /// Whether it ended as it must.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.visits_lost == 0 && self.replicas_equal && self.visits_at_headquarters == self.visits_saved
    }
}
