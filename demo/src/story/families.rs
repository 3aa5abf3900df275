//! Many bodies, one family: programmes that overlap, a family that moved, one that was registered twice, a referral that
//! is answered, an expectation that is considered.

use khettara_core::id::Feed;
use khettara_device::RecordKind;
use uuid::Uuid;

use crate::options::StoryOptions;
use crate::province::Chance;
use crate::story::StoryError;
use crate::story::cast::{Cast, feed_of, of_tablet};
use crate::story::field::{enter, households, pick};

/// Communes in which it is told.
const COMMUNES_MAX: usize = 5;

/// A family that both tablets of a commune know.
pub(super) struct Shared {
    feed: Feed,
    family: Uuid,
    /// Another family there.
    neighbour: Uuid,
    /// Places of the two tablets in the cast.
    tablets: [usize; 2],
}

/// Families of a few communes, two each.
fn shared(cast: &Cast, options: &StoryOptions) -> Result<Vec<Shared>, StoryError> {
    let mut chance = Chance::keyed(&[options.seed, 11]);
    let mut found = Vec::new();
    for place in 0..cast.province.communes.len() {
        let feed = feed_of(&cast.province, place)?;
        let both: Vec<usize> =
            (0..cast.tablets.len()).filter(|at| cast.tablets[*at].communes.contains(&place)).collect();
        let [one, two, ..] = both[..] else { continue };
        let theirs = households(&cast.tablets[two], &feed)?;
        let mine = households(&cast.tablets[one], &feed)?;
        let mut known: Vec<Uuid> = mine.into_iter().filter(|family| theirs.contains(family)).collect();
        let Some(family) = pick(&known, &mut chance).copied() else { continue };
        known.retain(|other| *other != family);
        let Some(neighbour) = pick(&known, &mut chance).copied() else { continue };
        found.push(Shared { feed, family, neighbour, tablets: [one, two] });
        if found.len() == COMMUNES_MAX {
            break;
        }
    }
    Ok(found)
}

/// What two bodies' workers write about the same families, apart from each other. Gives the families.
pub(super) fn write(cast: &Cast, options: &StoryOptions) -> Result<Vec<Shared>, StoryError> {
    let all = shared(cast, options)?;
    for (number, Shared { feed, family, neighbour, tablets: [one, two] }) in all.iter().enumerate() {
        let next = &all[(number + 1) % all.len()];
        let date = format!("2026-11-{:02}", 9 + number);
        let here = format!(
            "{{\"record\":\"enrolment\",\"household\":\"{family}\",\"programme\":\"الدعم الاجتماعي المباشر\",\"body\":\"CNSS\",\"status\":\"enrolled\",\"since\":\"2024-01\",\"amount_mad\":500}}\n\
             {{\"record\":\"expectation\",\"household\":\"{family}\",\"category\":\"disability\",\"text\":\"Une antenne du centre social au ksar\",\"target\":\"Entraide Nationale\"}}\n\
             {{\"record\":\"referral\",\"household\":\"{family}\",\"commune\":\"{feed}\",\"category\":\"disability\",\"urgency\":\"high\",\"to\":\"مركز توجيه ومساعدة الأشخاص في وضعية إعاقة\",\"at\":\"{date}T10:30:00Z\",\"time_source\":\"device\",\"error_s\":60,\"offset_min\":60,\"agent\":\"AS-{}\"}}\n",
            one + 1
        );
        enter(&cast.tablets[*one], &here, &mut |_| ())?;
        // A colleague of another body, who knows nothing of this, and the same families under other ids.
        let there = format!(
            "{{\"record\":\"enrolment\",\"household\":\"{family}\",\"programme\":\"تيسير\",\"body\":\"Éducation nationale\",\"status\":\"applied\",\"since\":\"2026-09\"}}\n\
             {{\"record\":\"household\",\"commune\":\"{feed}\",\"status\":\"sedentary\",\"links\":[{{\"kind\":\"same_as\",\"to\":\"{neighbour}\",\"to_commune\":\"{feed}\",\"note\":\"Inscrite deux fois : deux agents, même porte\"}}],\"members\":[{{\"name_latin\":\"Itto\",\"sex\":\"female\",\"relation\":\"head\"}}]}}\n\
             {{\"record\":\"place\",\"commune\":\"{feed}\",\"constraints\":[{{\"kind\":\"no_signal\",\"severity\":\"high\",\"scope\":\"commune\",\"agent\":\"AS-{}\",\"last_seen\":\"{date}\"}}]}}\n",
            two + 1
        );
        enter(&cast.tablets[*two], &there, &mut |_| ())?;
        // The family of the next commune has moved here.
        if next.feed != *feed {
            let moved = format!(
                "{{\"record\":\"household\",\"commune\":\"{feed}\",\"status\":\"nomadic\",\"links\":[{{\"kind\":\"continues\",\"to\":\"{}\",\"to_commune\":\"{}\",\"since\":\"2026-11\"}}],\"members\":[{{\"name_latin\":\"Baha\",\"sex\":\"male\",\"relation\":\"head\"}}]}}\n",
                next.family, next.feed
            );
            enter(&cast.tablets[*one], &moved, &mut |_| ())?;
        }
    }
    Ok(all)
}

/// What was asked is answered by whoever reads it: referrals at the last tablet, expectations at a colleague's.
pub(super) fn answer(cast: &Cast, families: &[Shared]) -> Result<(), StoryError> {
    let Some(centre) = cast.tablets.last() else { return Ok(()) };
    let told = |error: khettara_device::DeviceError| of_tablet(centre.number, &error);
    let mut lines = String::new();
    for listed in centre.device.register().map_err(told)? {
        if listed.row.about.as_deref() == Some(RecordKind::Referral.word()) {
            let id = Uuid::from_bytes(listed.row.document.0);
            lines.push_str(&format!(
                "{{\"record\":\"referral\",\"id\":\"{id}\",\"status\":\"completed\",\"answer\":\"Fauteuil remis\",\"answered_by\":\"centre\",\"answered_at\":\"2026-11-20T09:00:00Z\"}}\n"
            ));
        }
    }
    enter(centre, &lines, &mut |_| ())?;
    for Shared { family, tablets: [_, two], .. } in families {
        let tablet = &cast.tablets[*two];
        let told = |error: khettara_device::DeviceError| of_tablet(tablet.number, &error);
        let view = tablet.device.household(family).map_err(told)?.view;
        let open = view.of_kind(RecordKind::Expectation).filter(|one| one.text("status") == Some("recorded"));
        let lines: String = open
            .map(|one| {
                format!(
                    "{{\"record\":\"expectation\",\"household\":\"{family}\",\"id\":\"{}\",\"status\":\"considered\",\"answered_by\":\"Entraide Nationale\"}}\n",
                    one.id
                )
            })
            .collect();
        enter(tablet, &lines, &mut |_| ())?;
    }
    Ok(())
}
