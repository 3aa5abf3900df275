//! The canonical digest of a document: `save()` depends on the order of merging, this does not.

use std::collections::VecDeque;

use automerge::{Automerge, ObjId, ObjType, ReadDoc, ScalarValue};
use khettara_core::hash;
use khettara_core::limits::DOCUMENT_DEPTH_MAX;

use super::laid::{self, Held, lamport};

/// `D("document digest", changes ‖ walk)`: the sorted change hashes behind their count, then every object
/// from the root on, breadth first, its keys sorted, all surviving operations of each key.
pub(crate) fn digest(document: &Automerge) -> [u8; 32] {
    let mut hashes: Vec<[u8; 32]> =
        document.get_changes_meta(&[]).into_iter().map(|change| change.hash.0).collect();
    hashes.sort_unstable();
    let mut bytes = (hashes.len() as u64).to_le_bytes().to_vec();
    bytes.extend(hashes.iter().flatten());
    let mut queue = VecDeque::from([(ObjId::Root, ObjType::Map, 0)]);
    while let Some((object, kind, depth)) = queue.pop_front() {
        push_id(&mut bytes, &object);
        if depth > DOCUMENT_DEPTH_MAX {
            bytes.push(b'!');
            continue;
        }
        for (key, held, id) in contents(document, &object, kind) {
            push_bytes(&mut bytes, b'k', key.as_bytes());
            push_id(&mut bytes, &id);
            match held {
                Held::Scalar(scalar) => push_scalar(&mut bytes, &scalar),
                Held::Object(kind, id) => {
                    push_bytes(&mut bytes, b'o', kind.to_string().as_bytes());
                    queue.push_back((id, kind, depth + 1));
                }
            }
        }
    }
    hash::derive("document digest", &[&bytes])
}

/// Everything in one object, in order.
fn contents(document: &Automerge, object: &ObjId, kind: ObjType) -> Vec<(String, Held, ObjId)> {
    if !kind.is_sequence() {
        let keys = laid::contents(document, std::slice::from_ref(object)).into_iter();
        let one_by_one = keys.flat_map(|(key, operations)| {
            operations.into_iter().map(move |operation| (key.clone(), operation.held, operation.id))
        });
        return one_by_one.collect();
    }
    let mut found = Vec::new();
    for place in 0..document.length(object) {
        for (value, id) in document.get_all(object, place).unwrap_or_default() {
            found.push((place.to_string(), laid::held_of(value, id.clone()), id));
        }
    }
    found
}

fn push_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn push_id(out: &mut Vec<u8>, id: &ObjId) {
    let (counter, actor) = lamport(id);
    out.extend(counter.to_le_bytes());
    push_bytes(out, b'@', actor);
}

fn push_scalar(out: &mut Vec<u8>, scalar: &ScalarValue) {
    match scalar {
        ScalarValue::Bytes(bytes) => push_bytes(out, b'b', bytes),
        ScalarValue::Str(text) => push_bytes(out, b's', text.as_bytes()),
        ScalarValue::Int(number) => push_bytes(out, b'i', &number.to_le_bytes()),
        ScalarValue::Uint(number) => push_bytes(out, b'u', &number.to_le_bytes()),
        ScalarValue::F64(number) => push_bytes(out, b'f', &number.to_bits().to_le_bytes()),
        ScalarValue::Counter(counter) => push_bytes(out, b'c', &i64::from(counter).to_le_bytes()),
        ScalarValue::Timestamp(time) => push_bytes(out, b't', &time.to_le_bytes()),
        ScalarValue::Boolean(flag) => push_bytes(out, b'?', &[u8::from(*flag)]),
        ScalarValue::Unknown { type_code, bytes } => {
            push_bytes(out, b'x', &[*type_code]);
            push_bytes(out, b'x', bytes);
        }
        ScalarValue::Null => push_bytes(out, b'0', &[]),
    }
}
