//! A Hello and what follows it, said to a relay by somebody enrolled, by its equal or by a stranger: the relay answers
//! in frames, or closes, and its store works. Each time it begins from the same store.

use std::cell::RefCell;

use khettara_core::id::DeviceKey;
use khettara_core::store::MemoryStore;
use khettara_core::sync::{Input, Now, Output, SessionId};
use khettara_core::wire::Frame;
use khettara_tests::{Node, World};

use super::{number, reached};

/// What a relay may say to one peer in one session, in bytes: a few times all that it holds.
const SAID_BYTES_MAX: usize = 4 * 1_048_576;

struct Relay {
    node: Node,
    store: MemoryStore,
    tablet: DeviceKey,
    session: SessionId,
}

thread_local! {
    static RELAY: RefCell<Relay> = RefCell::new(relay());
}

/// A world with a relay that holds a tablet's work.
pub(crate) fn world() -> World {
    let mut world = World::new(11);
    world.tablet("Hafida");
    let feed = world.feeds[0].clone();
    world.node_mut("Hafida").note(&feed, b"one well").expect("saves");
    world.node_mut("Hafida").engine_cut();
    assert!(world.meet("Hafida", "relay").settled);
    world
}

fn relay() -> Relay {
    let mut world = world();
    let (tablet, node) = (world.node("Hafida").key(), world.take("relay"));
    let store = node.copied_store();
    Relay { node, store, tablet, session: 1 }
}

pub(super) fn run(mut bytes: &[u8]) {
    RELAY.with_borrow_mut(|relay| {
        relay.node.store = Box::new(relay.store.clone());
        relay.session += 1;
        let (who, session) = (number(&mut bytes), relay.session);
        let peer = match who % 4 {
            0 | 1 => relay.tablet,
            2 => DeviceKey([who; 32]),
            _ => relay.node.key(),
        };
        let (dialled, confirmed) = (who & 4 != 0, who & 8 == 0);
        let mut said = relay.hear(Input::Opened { session, peer, dialled, confirmed });
        if !confirmed {
            said += relay.hear(Input::Confirmed { session });
        }
        while !bytes.is_empty() {
            let kind = number(&mut bytes);
            let length = usize::from(u16::from_le_bytes([number(&mut bytes), number(&mut bytes)]));
            let (part, rest) = bytes.split_at(length.min(bytes.len()));
            bytes = rest;
            said += relay.hear(match kind {
                255 => Input::Segment { session, bytes: part.to_vec(), whole: true },
                254 => Input::Segment { session, bytes: part.to_vec(), whole: false },
                253 => Input::Wake,
                _ => Input::Frame { session, frame: [&[kind], part].concat() },
            });
        }
        relay.hear(Input::Lost { session });
        assert!(said <= SAID_BYTES_MAX, "the relay said {said} bytes");
        // More than a refusal: it took the peer for somebody.
        if said > 64 {
            reached();
        }
    });
}

impl Relay {
    /// Tells the relay something; how many bytes it says.
    fn hear(&mut self, input: Input) -> usize {
        let Node { engine, store, .. } = &mut self.node;
        let (outputs, result) = engine.handle(&mut **store, Now::default(), vec![input]);
        result.expect("the store works");
        let sizes = outputs.into_iter().map(|output| match output {
            Output::Frame { frame, .. } => {
                Frame::from_bytes(&frame).expect("it says frames");
                frame.len()
            }
            Output::Segment { bytes, .. } => bytes.len(),
            Output::Close { .. } | Output::WakeAt { .. } | Output::Notice(_) => 0,
        });
        sizes.sum()
    }
}
