//! The relay is killed while tablets push, again and again: a receipt is never ahead of what is held.

use khettara_core::store::held;
use khettara_core::sync::Notice;
use khettara_node::driver::News;
use khettara_node::{Owner, open_store};

use crate::support::{Organisation, Peer, Process, within};

const KILLS: usize = 10;
const TABLETS: u8 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_receipt_is_still_covered_after_the_relay_was_killed_while_tablets_pushed() {
    let organisation = Organisation::found();
    let key = organisation.relay_key;
    let mut process = Process::start(&organisation.relay_dir());
    let tablets = organisation.tablets(process.address, TABLETS).await;
    let mut lines_checked = 0;
    for round in 0..KILLS {
        let mut news = tablets[round % tablets.len()].handle.news();
        let pushing: Vec<_> =
            tablets.iter().map(|tablet| tokio::spawn(push(tablet.clone(), process.address, key))).collect();
        // Each round dies at another place: at the 1st, 2nd, 3rd … receipt of one tablet.
        for _ in 0..=round % 4 {
            within(async { while !matches!(news.recv().await, Ok(News::Notice(Notice::ReceiptArrived))) {} })
                .await;
        }
        process.child.kill().expect("is running");
        process.child.wait().expect("was started");
        pushing.iter().for_each(tokio::task::JoinHandle::abort);

        let (store, _) =
            open_store(&organisation.relay_dir().join("store"), Owner::Relay).expect("opens after a kill");
        for tablet in &tablets {
            for (log, n, head) in tablet.receipt_lines(&key) {
                let held = held::segments_ending_at(&store, &log, n).expect("reads");
                assert!(held.iter().any(|(_, row)| row.head == head), "round {round}: {log:?} at {n}");
                lines_checked += 1;
            }
        }
        drop(store);
        process = Process::start(&organisation.relay_dir());
    }
    assert!(lines_checked >= KILLS, "{lines_checked} lines");

    // And after the last kill all comes together.
    for tablet in &tablets {
        let met = tablet.meet(process.address, key).await;
        assert!(met.settled, "{met:?}");
    }
    assert!(organisation.headquarters.meet(process.address, key).await.settled);
    for tablet in &tablets {
        assert!(tablet.meet(process.address, key).await.settled);
        assert_eq!(tablet.digest(), organisation.headquarters.digest());
    }
}

/// Writes and meets until the relay is gone.
async fn push(tablet: Peer, address: std::net::SocketAddr, relay: khettara_core::id::DeviceKey) {
    loop {
        tablet.note(b"a visit");
        if !tablet.meet(address, relay).await.settled {
            return;
        }
    }
}
