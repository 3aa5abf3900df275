//! Rules that a hostile change breaks in how it is spelt: columns, runs, counts, the chunk around it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::dice::Dice;
use crate::press::{Press, close, content, number, push_signed};

/// Breaks the spelling of a change; none where there is nothing here to break it on.
pub(crate) type Misspell = fn(Press, &mut Dice) -> Option<Vec<u8>>;

/// Every rule of this kind, by name.
pub(crate) const SPELLINGS: [(&str, Misspell); 18] = [
    ("a run cut in two", |mut press, dice| {
        let at = column(&press, dice)?;
        let (specification, bytes) = &press.columns[at];
        let cut = respelt(*specification, bytes, dice)?;
        press.columns[at].1 = cut;
        Some(press.print())
    }),
    ("a count that is not so", |mut press, dice| {
        let at = column(&press, dice)?;
        let (specification, bytes) = &press.columns[at];
        let first = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let inflated = inflated(*specification, dice);
        // The same run said once more, or the raw bytes of values, could be just as well.
        if *specification == 0x57 || bytes.starts_with(&inflated) {
            return None;
        }
        press.columns[at].1 = [&inflated, &bytes[first..]].concat();
        Some(press.print())
    }),
    ("an unknown column", |press, dice| {
        let specification = [0x00, 0x03, 0x5e, 0x5f, 0x94, 0xa5, 0x1_0001, u64::MAX][dice.below(8)];
        Some(press.with_column(specification, vec![1]).print())
    }),
    ("a deflated column", |mut press, dice| {
        let at = column(&press, dice)?;
        let (specification, bytes) = press.columns[at].clone();
        let content = if dice.below(3) == 0 { vec![0; 100_000] } else { bytes };
        press.columns[at] = (specification | 8, deflated(&content));
        press.columns.sort();
        Some(press.print())
    }),
    ("an empty column", |mut press, dice| {
        let specification = 0x80 + dice.next() % 9;
        press.columns.push((specification, Vec::new()));
        press.columns.sort();
        Some(press.print())
    }),
    ("a column twice", |mut press, dice| {
        let at = column(&press, dice)?;
        let twice = press.columns[at].clone();
        press.columns.insert(at, twice);
        Some(press.print())
    }),
    ("columns out of order", |mut press, _| {
        let turned = press.columns.len() > 1;
        press.columns.reverse();
        turned.then(|| press.print())
    }),
    ("a column missing", |mut press, dice| {
        let at = column(&press, dice)?;
        press.columns.remove(at);
        // Without its keys, its objects or its values, a change may be another sound one.
        let needed = [0x34, 0x42, 0x56, 0x70];
        let all =
            needed.iter().all(|specification| press.columns.iter().any(|(known, _)| known == specification));
        (!all).then(|| press.print())
    }),
    ("bytes behind the columns", |press, dice| {
        let tail = vec![dice.next().to_le_bytes()[0]; 1 + dice.below(40)];
        Some(Press { tail, ..press }.print())
    }),
    ("an actor of another length", |press, dice| {
        let actor = vec![7; [0, 1, 15, 17, 32, 200][dice.below(6)]];
        Some(Press { actor, ..press }.print())
    }),
    ("actors nobody refers to, out of order, twice, or one's own", |mut press, dice| {
        match dice.below(5) {
            0 => press.others.push(vec![0xff; 16]),
            1 => press.others.push(press.actor.clone()),
            2 => press.others = (0..65).map(|place| vec![place; 16]).collect(),
            3 => press.others.push(vec![9; 5]),
            _ => {
                let twice = press.others.first()?.clone();
                press.others.push(twice);
            }
        }
        Some(press.print())
    }),
    ("one long key for thousands of rows", |press, dice| {
        let rows = 1_100 + dice.below(2_900) as u64;
        let key = [number(1_000), vec![b'k'; 1_000]].concat();
        let run = |cell: &[u8]| [signed(rows.cast_signed()), cell.to_vec()].concat();
        let columns = vec![
            (0x15, run(&key)),
            (0x34, number(rows)),
            (0x42, run(&[1])),
            (0x56, run(&[0])),
            (0x70, run(&[0])),
        ];
        Some(Press { columns, others: Vec::new(), ..press }.print())
    }),
    ("a key that is no text", |press, _| {
        let keys = press.columns.iter().position(|(known, bytes)| *known == 0x15 && bytes.len() > 3)?;
        let mut press = press;
        // The first key of the column: behind its run's count and its own length.
        let bytes = &mut press.columns[keys].1;
        let counts = bytes[0] as i8 != 0 && bytes[0] & 0x80 == 0 && bytes[1] > 0 && bytes[1] < 0x80;
        bytes[2] = 0xff;
        counts.then(|| press.print())
    }),
    ("larger than a change may be", |press, dice| {
        let tail = vec![0; 65_536 + dice.below(300_000)];
        Some(Press { tail, ..press }.print())
    }),
    ("another kind of chunk", |press, dice| {
        let kind = [0, 2, 3, 4, 255][dice.below(5)];
        let bytes = if kind == 2 { deflated(&press.content()) } else { press.content() };
        Some(close(kind, &bytes))
    }),
    ("a torn chunk", |press, dice| {
        let mut chunk = press.print();
        match dice.below(3) {
            0 => chunk.truncate(dice.below(chunk.len())),
            1 => chunk.push(0),
            _ => {
                let at = dice.below(chunk.len());
                chunk[at] ^= 1 << dice.below(8);
            }
        }
        Some(chunk)
    }),
    ("an end before its time", |press, dice| {
        let chunk = press.print();
        let whole = content(&chunk);
        Some(close(1, &whole[..dice.below(whole.len())]))
    }),
    ("a number longer than it needs to be", |press, _| {
        let whole = press.content();
        // The number of dependencies stands first.
        Some(close(1, &[&[whole[0] | 0x80, 0], &whole[1..]].concat()))
    }),
];

fn signed(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    push_signed(&mut out, value);
    out
}

fn column(press: &Press, dice: &mut Dice) -> Option<usize> {
    (!press.columns.is_empty()).then(|| dice.below(press.columns.len()))
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A first count that no column of a change has.
fn inflated(specification: u64, dice: &mut Dice) -> Vec<u8> {
    let count = [5_000, 100_000, 1_000_000, 10_000_000, 1 << 40, i64::MAX][dice.below(6)];
    match specification & 7 {
        4 => number(count.cast_unsigned()),
        _ if dice.below(3) == 0 => signed(-count),
        _ if dice.below(3) == 0 => [&[0][..], &number(count.cast_unsigned())].concat(),
        _ => signed(count),
    }
}

/// One segment of a run-length column, as bytes.
enum Segment {
    Run(i64, Vec<u8>),
    Literal(Vec<Vec<u8>>),
    Nulls(u64),
}

/// The same cells with one run, literal or stretch of nulls cut in two.
fn respelt(specification: u64, bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    if specification == 0x57 {
        return None;
    }
    if specification & 7 == 4 {
        return truths(bytes, dice);
    }
    let segments = segments(specification, bytes)?;
    let chosen = dice.below(segments.len());
    let mut out = Vec::new();
    for (place, segment) in segments.into_iter().enumerate() {
        let parts = if place == chosen { halves(segment, dice) } else { vec![segment] };
        for part in parts {
            match part {
                Segment::Run(count, value) => out.extend([signed(count), value].concat()),
                Segment::Literal(values) => {
                    out.extend(signed(-(values.len() as i64)));
                    values.iter().for_each(|value| out.extend(value));
                }
                Segment::Nulls(count) => out.extend([vec![0], number(count)].concat()),
            }
        }
    }
    (out != bytes).then_some(out)
}

/// Truths with a stretch of none in between.
fn truths(bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] & 0x80 == 0).map(|at| at + 1).collect();
    let end = *dice.pick(&ends);
    Some([&bytes[..end], &[0, 0], &bytes[end..]].concat())
}

fn halves(segment: Segment, dice: &mut Dice) -> Vec<Segment> {
    match segment {
        Segment::Run(count, value) if dice.below(3) == 0 => {
            vec![Segment::Literal(vec![value; usize::try_from(count).unwrap_or(2)])]
        }
        Segment::Run(count, value) => {
            vec![Segment::Run(1, value.clone()), Segment::Run(count - 1, value)]
        }
        Segment::Literal(values) if values.len() > 1 => {
            let rest = values[1..].to_vec();
            vec![Segment::Literal(vec![values[0].clone()]), Segment::Literal(rest)]
        }
        Segment::Literal(mut values) => vec![Segment::Run(1, values.remove(0))],
        Segment::Nulls(count) if count > 1 => vec![Segment::Nulls(1), Segment::Nulls(count - 1)],
        Segment::Nulls(count) => vec![Segment::Nulls(count), Segment::Nulls(0)],
    }
}

/// Takes a column that is spelt rightly into its segments.
fn segments(specification: u64, mut rest: &[u8]) -> Option<Vec<Segment>> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (count, after) = take_signed(rest)?;
        rest = after;
        let mut cell = || -> Option<Vec<u8>> {
            let end = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
            let length = if specification & 7 == 5 { take_unsigned(rest)?.0 as usize } else { 0 };
            let (value, after) = rest.split_at_checked(end + length)?;
            rest = after;
            Some(value.to_vec())
        };
        found.push(match count {
            0 => {
                let (count, after) = take_unsigned(rest)?;
                rest = after;
                Segment::Nulls(count)
            }
            1.. => Segment::Run(count, cell()?),
            _ => Segment::Literal((0..-count).map(|_| cell()).collect::<Option<_>>()?),
        });
    }
    (!found.is_empty()).then_some(found)
}

fn take_unsigned(bytes: &[u8]) -> Option<(u64, &[u8])> {
    khettara_core::encoding::take_varint(bytes).ok()
}

fn take_signed(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let bits: i64 = (0..end).map(|place| i64::from(bytes[place] & 0x7f) << (7 * place)).sum();
    let width = 7 * end;
    let negative = bytes[end - 1] & 0x40 != 0 && width < 64;
    Some((if negative { bits - (1 << width) } else { bits }, &bytes[end..]))
}
