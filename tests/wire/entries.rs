//! Change chunks, entries, entry hashes and the chain of heads.

use automerge::Change;
use khettara_core::encoding;
use khettara_core::id::{EntryHash, Head};
use khettara_core::log::{Entry, Start, Written, chain_head, change_hash, entry_hash, first_head};
use serde_json::{Value, json};

use crate::golden::{Stored, case, hex, hold};
use crate::world;

const ABOUT: &str = "Change hashes of automerge's own chunks, entries of every kind, and the heads over them";

/// Where the two automerge chunks of all vectors are kept.
const CHUNKS: [&str; 2] = ["a first change", "a second change"];

#[test]
fn entries_and_heads_are_what_they_were() {
    hold("entries", ABOUT, |stored| {
        let chunks = chunks(stored);
        let mut cases: Vec<Value> = CHUNKS
            .iter()
            .zip(&chunks)
            .zip(1u64..)
            .map(|((name, chunk), seq)| change(name, chunk, seq))
            .collect();
        cases.push(chain(&chunks));
        cases
    });
}

/// The two chunks, as the file of entries keeps them.
pub(crate) fn chunks_on_file() -> [Vec<u8>; 2] {
    chunks(&Stored::open("entries"))
}

fn chunks(stored: &Stored) -> [Vec<u8>; 2] {
    let fresh = world::changes();
    [0, 1].map(|at: usize| stored.data(CHUNKS[at], "chunk", || fresh[at].clone()))
}

fn change(name: &str, chunk: &[u8], seq: u64) -> Value {
    let hash = change_hash(chunk).expect("a change chunk");
    let read = Change::from_bytes(chunk.to_vec()).expect("automerge reads it");
    assert_eq!(read.hash().0, hash.0, "automerge gives the same name");
    assert_eq!((read.actor_id().to_bytes(), read.seq()), (&world::actor().0[..], seq));
    case(
        name,
        json!({ "chunk": hex(chunk) }),
        json!({ "checksum": hex(&hash.0[..4]), "change_hash": hex(hash.0) }),
    )
}

fn written(chunks: &[Vec<u8>; 2]) -> Vec<Written> {
    let (_, nonce) = world::process();
    let start = Entry::Start(Start { nonce, software: "khettara 0.1.0".into(), schema: 1 });
    let withdraw = Entry::Roster { item: 22, version: 1, bytes: vec![17] };
    vec![
        Written::plain(&start).expect("a known kind"),
        Written::change(&world::document(), &chunks[0]),
        Written::change(&world::document(), &chunks[1]),
        Written::plain(&withdraw).expect("a known kind"),
        Written { kind: 9, bytes: b"from later software".to_vec() },
        Written::plain(&Entry::Final).expect("a known kind"),
    ]
}

fn chain(chunks: &[Vec<u8>; 2]) -> Value {
    let log = world::log();
    let zero = first_head(&log);
    let (mut head, mut made): (Head, Vec<Value>) = (zero, Vec::new());
    let items = written(chunks);
    for (n, item) in (1u64..).zip(&items) {
        let body = match item.split_change() {
            Ok((document, _, hash)) => encoding::to_bytes(&(document, hash)),
            Err(_) => item.bytes.clone(),
        };
        let hash: EntryHash = entry_hash(item.kind, &body);
        assert_eq!(item.hash(), Ok(hash), "what content carries gives the same hash");
        head = chain_head(&head, n, &hash);
        made.push(json!({ "n": n, "body": hex(body), "entry_hash": hex(hash.0), "head": hex(head.0) }));
    }
    let carried: Vec<Value> =
        items.iter().map(|item| json!({ "kind": item.kind, "bytes": hex(&item.bytes) })).collect();
    case(
        "a chain",
        json!({
            "log": hex(log.0), "software": "khettara 0.1.0", "schema": 1, "nonce": hex(world::process().1.0),
            "document": hex(world::document().0), "items": carried,
        }),
        json!({ "head_0": hex(zero.0), "entries": made }),
    )
}
