//! Many tablets at once share commits.

use std::sync::mpsc;

use khettara_relay::Log;

use crate::support::{Organisation, within};

const TABLETS: u8 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_tablets_at_once_share_their_commits() {
    let organisation = Organisation::found();
    let relay = organisation.run(Log::to(|_| {})).await;
    let (address, key) = (relay.address(), relay.key());
    let tablets = organisation.tablets(address, TABLETS).await;
    let before = relay.counters();

    // The engine is kept waiting until every tablet is on its way: so all this does not hang on who is quick.
    let (arrived, waiting) = mpsc::channel();
    let meeting: Vec<_> = tablets
        .iter()
        .cloned()
        .map(|tablet| {
            let arrived = arrived.clone();
            tablet.note(b"a visit");
            let mut news = tablet.handle.news();
            tokio::spawn(async move {
                let told = async {
                    // The session begins once the relay's key is proved, or is known from before.
                    within(news.recv()).await.expect("the engine lives");
                    arrived.send(()).expect("somebody waits");
                };
                tokio::join!(tablet.meet(address, key), told).0
            })
        })
        .collect();
    let counted = tokio::task::block_in_place(|| {
        relay.with(|_, _| (0..TABLETS).map(|_| waiting.recv().expect("they come")).count())
    });
    assert_eq!(counted, usize::from(TABLETS));
    for met in meeting {
        let met = within(met).await.expect("no panic");
        assert!(met.settled, "{met:?}");
    }
    let after = relay.counters();
    let (inputs, calls) = (after.inputs - before.inputs, after.calls - before.calls);
    assert_eq!(after.segments_in - before.segments_in, u64::from(TABLETS));
    assert!(calls < inputs, "{calls} calls, hence at least {calls} chances to flush, for {inputs} inputs");
    for tablet in &tablets {
        assert!(!tablet.receipt_lines(&key).is_empty());
    }
    within(relay.stop()).await.expect("a clean stop");
}
