//! Golden transcripts: whole sessions between parties with given keys, each frame and stream in order.

use khettara_core::wire::{Frame, SegmentHeader};
use khettara_tests::{Report, World};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};

const ABOUT: &str = "Whole sessions of one fixed world, in the order things were said. `by` is opener or \
    answerer; `frame` is type and body as on the control stream, without its length; `stream` is a segment's \
    header and sealed bytes, split in `header` and `sealed`. Another implementation replays one side and \
    compares the other's words with its own. Keys and nonces come from the world's seed.";

#[test]
fn sessions_are_said_as_they_were_frozen() {
    hold("transcripts", ABOUT, |_| {
        let mut world = World::new(7);
        let feed = world.feeds[0].clone();
        world.invited_tablet("amina");
        let invitation = world.meet("headquarters", "relay");
        let enrolment = world.meet("amina", "relay");
        world.node_mut("amina").note(&feed, b"a first note").expect("saved");
        let first = world.meet("amina", "relay");
        world.meet("amina", "relay");
        world.node_mut("amina").note(&feed, b"a second note").expect("saved");
        let second = world.meet("amina", "relay");
        let pull = world.meet("headquarters", "relay");
        world.meet("amina", "relay");
        let quiet = world.meet("amina", "relay");
        vec![
            session("headquarters brings an invitation and its key grant", &invitation),
            session("a tablet claims its serial and is given what it may know", &enrolment),
            session("a first segment", &first),
            session("a second segment, with a base that both know", &second),
            session("headquarters pulls", &pull),
            session("nothing to do", &quiet),
        ]
    });
}

fn session(name: &str, report: &Report) -> Value {
    assert!(report.settled, "{name}: {report:?}");
    let said: Vec<Value> =
        report.said.iter().map(|(opener, stream, bytes)| line(*opener, *stream, bytes)).collect();
    case(name, json!({}), json!({ "said": said }))
}

fn line(opener: bool, stream: bool, bytes: &[u8]) -> Value {
    let by = if opener { "opener" } else { "answerer" };
    if stream {
        let (_, sealed) = SegmentHeader::take(bytes).expect("a header");
        let header = &bytes[..bytes.len() - sealed.len()];
        return json!({ "by": by, "stream": { "header": hex(header), "sealed": hex(sealed) } });
    }
    let frame = Frame::from_bytes(bytes).expect("a frame");
    assert_eq!(frame.to_bytes(), bytes, "frames have one spelling");
    json!({ "by": by, "type": name_of(&frame), "frame": hex(bytes) })
}

const fn name_of(frame: &Frame) -> &'static str {
    match frame {
        Frame::Hello(_) => "Hello",
        Frame::HelloAck(_) => "HelloAck",
        Frame::NeedVectors(_) => "NeedVectors",
        Frame::Vectors(_) => "Vectors",
        Frame::Ends(_) => "Ends",
        Frame::Log(_) => "Log",
        Frame::Receipt(_) => "Receipt",
        Frame::Item(_) => "Item",
        Frame::Claim(_) => "Claim",
        Frame::Bound(_) => "Bound",
        Frame::Refused(_) => "Refused",
        Frame::Taken(_) => "Taken",
        Frame::Settled(_) => "Settled",
        Frame::Shown => "Shown",
        Frame::BaseKept(_) => "BaseKept",
        Frame::NeedGrants(_) => "NeedGrants",
        Frame::Ignored => "Ignored",
    }
}
