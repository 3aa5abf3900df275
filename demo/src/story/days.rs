//! The days: everybody writes, some have a signal, some links break, headquarters pulls in the evening.

use std::sync::atomic::{AtomicU64, Ordering};

use khettara_device::{Cancel, SyncEnd};

use crate::narrator::Narrator;
use crate::options::StoryOptions;
use crate::province::Chance;
use crate::story::StoryError;
use crate::story::cast::{Cast, of_tablet};
use crate::story::field::{day, disagreements, enter};
use crate::story::{consultation, families};

/// Of a hundred days, those on which a tablet finds a signal.
const SIGNAL_PERCENT: u32 = 55;
/// Of a hundred syncs, those whose link breaks soon after it began.
const BREAKS_PERCENT: u32 = 20;

/// Lives through all days, then brings everybody to the depot, where the signal is good.
pub(super) fn live(cast: &mut Cast, options: &StoryOptions, narrator: &Narrator) -> Result<(), StoryError> {
    consultation::hold(cast)?;
    narrator.say(
        "The first consultation is written down: who attended, what was expected, what stands in the way.",
    );
    for today in 0..u32::from(options.days) {
        write(cast, today, options, narrator)?;
        let signals = signals(cast, today, options);
        let (met, broke) = sync(cast, &signals)?;
        let pulled = cast.headquarters.pull(&mut |_| ())?;
        narrator.say(&format!(
            "Day {}: {met} of {} tablets had a signal, {broke} lost it midway; headquarters merged {} visits.",
            today + 1,
            cast.tablets.len(),
            pulled.visits
        ));
    }
    let everybody = vec![Some(false); cast.tablets.len()];
    let families = families::write(cast, options)?;
    for _ in 0..2 {
        sync(cast, &everybody)?;
    }
    families::answer(cast, &families)?;
    consultation::answer(cast)?;
    narrator
        .say("Many bodies, one family: overlaps, moves and double registrations; referrals are answered.");
    narrator.say("What the first consultation expected is answered at another office.");
    // Once to bring what is left, once to take what the others brought and what headquarters says of it.
    for _ in 0..2 {
        sync(cast, &everybody)?;
        cast.headquarters.pull(&mut |_| ())?;
    }
    sync(cast, &everybody)?;
    narrator.say("Back at the depot: everybody syncs, headquarters pulls, receipts travel back.");
    Ok(())
}

fn write(cast: &Cast, today: u32, options: &StoryOptions, narrator: &Narrator) -> Result<(), StoryError> {
    narrator.begin(0, &format!("visits saved on day {}", today + 1));
    for tablet in &cast.tablets {
        let lines = day(cast, tablet, today, options)?;
        enter(tablet, &lines, &mut |visits| narrator.more(visits))?;
    }
    for disagreement in disagreements(cast, today, options)? {
        for (at, line) in disagreement.lines {
            let tablet = cast.tablets.get(at).ok_or(StoryError::Wrong("a tablet that is not there"))?;
            enter(tablet, &line, &mut |_| ())?;
        }
    }
    Ok(())
}

/// For each tablet: no signal, or whether the link will break.
fn signals(cast: &Cast, today: u32, options: &StoryOptions) -> Vec<Option<bool>> {
    let mut chance = Chance::keyed(&[options.seed, 9, u64::from(today)]);
    cast.tablets
        .iter()
        .map(|_| {
            let (signal, breaks) = (chance.percent(SIGNAL_PERCENT), chance.percent(BREAKS_PERCENT));
            signal.then_some(breaks)
        })
        .collect()
}

/// Syncs all who have a signal, at once. Gives how many did, and how many of their links broke.
fn sync(cast: &mut Cast, signals: &[Option<bool>]) -> Result<(u64, u64), StoryError> {
    let (met, broke) = (AtomicU64::new(0), AtomicU64::new(0));
    let (up, down) = (AtomicU64::new(0), AtomicU64::new(0));
    let tablets = &cast.tablets;
    std::thread::scope(|scope| -> Result<(), StoryError> {
        let syncing: Vec<_> = tablets
            .iter()
            .zip(signals)
            .filter_map(|(tablet, signal)| signal.map(|breaks| (tablet, breaks)))
            .map(|(tablet, breaks)| {
                let (met, broke, up, down) = (&met, &broke, &up, &down);
                scope.spawn(move || {
                    let cancel = Cancel::default();
                    let report = tablet.device.sync(&cancel, &mut |progress| {
                        if breaks && progress.bytes_up + progress.bytes_down > 2_000 {
                            cancel.cancel();
                        }
                    });
                    let report = report.map_err(|error| of_tablet(tablet.number, &error))?;
                    met.fetch_add(1, Ordering::Relaxed);
                    up.fetch_add(report.bytes_up, Ordering::Relaxed);
                    down.fetch_add(report.bytes_down, Ordering::Relaxed);
                    if report.ended != SyncEnd::Complete {
                        broke.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok::<(), StoryError>(())
                })
            })
            .collect();
        for thread in syncing {
            thread.join().map_err(|_| StoryError::Wrong("a tablet's thread broke"))??;
        }
        Ok(())
    })?;
    cast.bytes.0 += up.into_inner();
    cast.bytes.1 += down.into_inner();
    Ok((met.into_inner(), broke.into_inner()))
}
