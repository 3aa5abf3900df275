//! Headquarters and a tablet meet through a relay over real sockets.

use std::sync::{Arc, Mutex};

use khettara_core::sync::CloseReason;
use khettara_node::driver::Ended;
use khettara_relay::{Log, Status};

use crate::support::{Organisation, Peer, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_travels_from_a_tablet_through_the_relay_to_headquarters() {
    let organisation = Organisation::found();
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = lines.clone();
    let log = Log::to(move |line| kept.lock().expect("whole").push(line.to_owned()));
    let relay = organisation.run(log).await;
    assert_eq!(relay.key(), organisation.relay_key);
    let (address, key) = (relay.address(), relay.key());
    let tablet = organisation.tablets(address, 1).await.remove(0);

    tablet.note(b"a first note");
    tablet.note(b"a second note");
    assert!(tablet.meet(address, key).await.settled);
    let lines_of_receipt = tablet.receipt_lines(&key);
    assert_eq!(lines_of_receipt.len(), 1, "delivered");
    // The start, and two notes.
    assert_eq!(lines_of_receipt[0].1, 3);

    let met = organisation.headquarters.meet(address, key).await;
    assert!(met.settled && met.received > 0, "{met:?}");
    assert_eq!(organisation.headquarters.digest(), tablet.digest());

    within(relay.stop()).await.expect("a clean stop");
    let status = std::fs::read(organisation.relay_dir().join("status.json")).expect("written at the stop");
    let status: Status = serde_json::from_slice(&status).expect("JSON");
    assert!(!status.running && status.is_whole(), "{status:?}");
    assert_eq!((status.figures.devices_admitted, status.figures.bindings_pending), (1, 0));
    assert!(status.figures.receipts_given > 0);
    assert_eq!(status.counters.sessions, status.counters.ended);
    let said = lines.lock().expect("whole").join("\n");
    assert!(said.contains("serial 1: 1 in, 0 out, ended by the peer: all is said"), "{said}");
    assert!(!said.contains("note") && !said.contains("08.201"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_comes_back_with_all_it_had_and_a_stranger_stays_outside() {
    let organisation = Organisation::found();
    let relay = organisation.run(Log::to(|_| {})).await;
    let tablet = organisation.tablets(relay.address(), 1).await.remove(0);
    tablet.note(b"before the stop");
    assert!(tablet.meet(relay.address(), relay.key()).await.settled);
    within(relay.stop()).await.expect("a clean stop");

    let relay = organisation.run(Log::to(|_| {})).await;
    let met = organisation.headquarters.meet(relay.address(), relay.key()).await;
    assert!(met.settled, "{met:?}");
    assert_eq!(organisation.headquarters.digest(), tablet.digest());

    let stranger: Peer = organisation.invited_tablet(77);
    stranger.shared.with(|engine, _| engine.party_mut().claim = None);
    let met = stranger.meet(relay.address(), relay.key()).await;
    assert!(!met.settled);
    assert_eq!(met.how, Some(Ended::There(CloseReason::NotAdmitted)));
    within(relay.stop()).await.expect("a clean stop");
}
