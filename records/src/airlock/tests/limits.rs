//! Airlock tests: every limit is met to its last unit, and not one beyond.

use khettara_core::limits;

use super::super::AirlockFault::{self, BadCounter, BadTime, BadValue, TooLarge, TooMany};
use super::super::walk;
use super::press::{Press, PressOp};

fn put() -> PressOp {
    PressOp::put(None, "k")
}

fn bytes(length: u64) -> PressOp {
    PressOp { value: (7, vec![0; length as usize]), ..put() }
}

/// `limit` passes and one more does not.
fn meets(limit: u64, beyond: AirlockFault, press: impl Fn(u64) -> Press) {
    assert_eq!(walk(&press(limit).print()).err(), None, "{beyond:?} at {limit}");
    assert_eq!(walk(&press(limit + 1).print()).err(), Some(beyond), "one more than {limit}");
}

#[test]
fn a_change_has_so_many_operations_and_bytes() {
    meets(limits::CHANGE_OPS_MAX, TooMany, |count| Press::new(&vec![put(); count as usize]));
    meets(limits::CHANGE_VALUE_BYTES_MAX, BadValue, |length| Press::new(&[bytes(length)]));
    let message = |length| Press { message: vec![b'a'; length as usize], ..Press::new(&[put()]) };
    meets(limits::CHANGE_VALUE_BYTES_MAX, BadValue, message);
    let filled = |length: u64| {
        Press::new(&[bytes(16_000), bytes(16_000), bytes(16_000), bytes(16_000), bytes(length)])
    };
    let rest = limits::CHANGE_BYTES_MAX - filled(1_200).print().len() + 1_200;
    assert_eq!(filled(rest as u64).print().len(), limits::CHANGE_BYTES_MAX);
    meets(rest as u64, TooLarge, filled);
}

#[test]
fn a_change_stands_on_so_many_others_of_so_many_actors() {
    let deps =
        |count: u64| Press { deps: (0..count).map(|n| [n as u8; 32]).collect(), ..Press::new(&[put()]) };
    meets(limits::CHANGE_DEPS_MAX as u64, TooMany, deps);
    let of_actors = |count: u64| {
        let replaced: Vec<(u64, u64)> = (1..=count).map(|actor| (actor, 1)).collect();
        let others = (1..=count).map(|actor| vec![actor as u8; 16]).collect();
        Press {
            others,
            actor: vec![0xff; 16],
            start_op: 2,
            deps: vec![[1; 32]],
            ..Press::new(&[put().replacing(&replaced)])
        }
    };
    meets(limits::CHANGE_ACTORS_MAX as u64, TooMany, of_actors);
    let replacing = |count: u64| {
        let replaced: Vec<(u64, u64)> = (1..=count).map(|counter| (1, counter)).collect();
        let (others, start_op) = (vec![vec![9; 16]], count + 1);
        Press { others, start_op, deps: vec![[1; 32]], ..Press::new(&[put().replacing(&replaced)]) }
    };
    meets(limits::CHANGE_PREDECESSORS_MAX, TooMany, replacing);
}

#[test]
fn a_change_counts_and_dates_so_far() {
    let starting = |start_op| Press { start_op, deps: vec![[1; 32]], ..Press::new(&[put()]) };
    meets(limits::CHANGE_OP_COUNTER_MAX, BadCounter, starting);
    let ending = |end: u64| Press { start_op: end - 1, deps: vec![[1; 32]], ..Press::new(&[put(), put()]) };
    meets(limits::CHANGE_OP_COUNTER_MAX, BadCounter, ending);
    let dated = |time: i64| Press { time, ..Press::new(&[put()]) };
    meets(limits::CHANGE_TIME_DISTANCE_MAX, BadTime, |time| dated(time.cast_signed()));
    meets(limits::CHANGE_TIME_DISTANCE_MAX, BadTime, |time| dated(-time.cast_signed()));
}
