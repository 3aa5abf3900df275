//! Colleagues' logs as they arrive over the wire, and how they are made durable.

use khettara_core::id::OrgId;
use khettara_core::identity::{FeedKey, Signed};
use khettara_core::log::{Cutter, Descriptor, Named, RosterSeen, Segment, Tip};
use khettara_core::store::held::{self, Acceptance};
use khettara_core::store::{Answer, Overlay, Store};
use khettara_node::NodeStore;
use khettara_records::content::{CODEC, LEVEL, Shipped};
use khettara_tests::Notebook;

/// Segments made durable together: what one flush takes while a relay sends without pause.
const SEGMENTS_PER_COMMIT: usize = 32;

/// A log's segments as they arrive.
pub(crate) struct Arrived {
    pub(crate) descriptor: Descriptor,
    pub(crate) segments: Vec<(Signed, Vec<u8>)>,
}

/// Cuts and seals what a notebook has gained.
pub(crate) fn cut(org: &OrgId, key: &FeedKey, notebook: &mut Notebook) -> Arrived {
    let content = notebook.take();
    let cutter = Cutter {
        org,
        signing: &notebook.signing,
        log: notebook.log,
        key: Some(key),
        codec: CODEC,
        level: LEVEL,
        dictionaries: &Shipped,
        roster_seen: RosterSeen::Position(0),
    };
    let (segments, _) = cutter.cut(Tip::start(&notebook.log), &content.items).expect("cuts");
    let parts = |segment: Segment| (segment.header().as_signed().clone(), segment.sealed().to_vec());
    Arrived { descriptor: notebook.descriptor.clone(), segments: segments.into_iter().map(parts).collect() }
}

/// Checks their signatures and hashes.
pub(crate) fn check<'a>(org: &OrgId, arrived: &'a [Arrived]) -> Vec<(&'a Descriptor, Segment)> {
    let mut checked = Vec::new();
    for Arrived { descriptor, segments } in arrived {
        for (header, sealed) in segments {
            let segment = Segment::check(org, header.clone(), sealed.clone()).expect("verifies");
            checked.push((descriptor, segment));
        }
    }
    checked
}

/// Makes checked segments durable.
pub(crate) fn hold(store: &mut NodeStore, segments: &[(&Descriptor, Segment)]) {
    for part in segments.chunks(SEGMENTS_PER_COMMIT) {
        let mut overlay = Overlay::new(&*store);
        for (descriptor, segment) in part {
            let accepted = held::accept(&overlay, segment, Some(descriptor), &Named::default(), &|_, _| true)
                .expect("reads");
            let Acceptance::Accepted { group, .. } = accepted else { panic!("accepted: {accepted:?}") };
            overlay.commit(vec![group]).expect("memory takes everything");
        }
        let answers = store.commit(overlay.into_groups()).expect("commits");
        assert!(answers.iter().all(|answer| *answer == Answer::Committed));
    }
}
