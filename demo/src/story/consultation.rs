//! The first consultation: people were listened to before anybody was visited. What they hoped for is written down by
//! the office that held it, and answered at another.

use khettara_device::RecordKind;
use uuid::Uuid;

use crate::story::StoryError;
use crate::story::cast::{Cast, of_tablet};
use crate::story::field::enter;

/// The founding text: who attended, what was expected, what stands in the way.
const FIRST: &str = include_str!("../../../docs/samples/first-consultation.jsonl");

/// What an answer is given to: what was promised there and has begun since.
const PROMISED: &str = "training";

/// The office enters what was said.
pub(super) fn hold(cast: &Cast) -> Result<(), StoryError> {
    let office = cast.tablets.iter().find(|tablet| tablet.is_office);
    enter(office.ok_or(StoryError::Wrong("a province without an office"))?, FIRST, &mut |_| ())
}

/// The last office to have read it answers what was promised.
pub(super) fn answer(cast: &Cast) -> Result<(), StoryError> {
    let Some(office) = cast.tablets.iter().rfind(|tablet| tablet.is_office) else { return Ok(()) };
    let told = |error: khettara_device::DeviceError| of_tablet(office.number, &error);
    let mut lines = String::new();
    for listed in office.device.register().map_err(told)? {
        if listed.row.about.as_deref() != Some(RecordKind::Consultation.word()) {
            continue;
        }
        let consultation = Uuid::from_bytes(listed.row.document.0);
        let view = office.device.household(&consultation).map_err(told)?.view;
        let promised = |one: &&khettara_device::RecordRow| one.text("category") == Some(PROMISED);
        for one in view.of_kind(RecordKind::Expectation).filter(promised) {
            lines.push_str(&format!(
                "{{\"record\":\"expectation\",\"consultation\":\"{consultation}\",\"id\":\"{}\",\"status\":\"answered\",\"answer\":\"أول فوج من الجمعيات حاصل على شهادة · Une première promotion d'associations est certifiée\",\"answered_by\":\"Pôle social\"}}\n",
                one.id
            ));
        }
    }
    enter(office, &lines, &mut |_| ())
}
