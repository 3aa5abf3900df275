//! Reading a sorted map through a sheet of changes laid over it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Changes by key: a value, or `None` where the key is deleted.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Keys of `map` ≥ `from` that begin with `prefix`, ascending.
pub(crate) fn ascending<'a, V>(
    map: &'a BTreeMap<Vec<u8>, V>,
    prefix: &'a [u8],
    from: &'a [u8],
) -> impl Iterator<Item = (&'a Vec<u8>, &'a V)> {
    let start = from.max(prefix);
    map.range::<[u8], _>((Bound::Included(start), Bound::Unbounded))
        .take_while(move |(key, _)| key.starts_with(prefix))
}

/// Keys of `map` < `below` that begin with `prefix`, descending.
pub(crate) fn descending<'a, V>(
    map: &'a BTreeMap<Vec<u8>, V>,
    prefix: &'a [u8],
    below: Option<&'a [u8]>,
) -> impl Iterator<Item = (&'a Vec<u8>, &'a V)> {
    let end = upper_bound(prefix, below);
    let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let empty = matches!(end, Bound::Excluded(end) if end <= prefix);
    let start = Bound::Included(prefix);
    let range = if empty { None } else { Some(map.range::<[u8], _>((start, end))) };
    range.into_iter().flat_map(Iterator::rev)
}

/// The least key above every key that begins with `prefix` and is below `below`; `None`: there is none.
pub(crate) fn upper_bound(prefix: &[u8], below: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            break;
        }
        end.pop();
    }
    let end = if end.is_empty() { None } else { Some(end) };
    match (end, below) {
        (Some(end), Some(below)) if end.as_slice() > below => Some(below.to_vec()),
        (None, Some(below)) => Some(below.to_vec()),
        (end, _) => end,
    }
}

/// A scan upwards: `fetch(from, limit)` reads what lies below the sheet.
pub(crate) fn scan<E>(
    changes: &Changes,
    prefix: &[u8],
    from: &[u8],
    limit: usize,
    mut fetch: impl FnMut(&[u8], usize) -> Result<Rows, E>,
) -> Result<Rows, E> {
    let mut out = Rows::new();
    let mut cursor = from.max(prefix).to_vec();
    while out.len() < limit {
        let wanted = limit - out.len();
        let below = fetch(&cursor, wanted)?;
        let end = if below.len() < wanted { None } else { below.last().map(|(key, _)| key.clone()) };
        let sheet = ascending(changes, prefix, &cursor)
            .take_while(|(key, _)| end.as_ref().is_none_or(|end| *key <= end));
        lay_over(&mut out, limit, below, sheet, |one, other| one.cmp(other));
        let Some(mut next) = end else { break };
        next.push(0);
        cursor = next;
    }
    Ok(out)
}

/// A scan downwards: `fetch(below, limit)` reads what lies below the sheet.
pub(crate) fn scan_back<E>(
    changes: &Changes,
    prefix: &[u8],
    below: Option<&[u8]>,
    limit: usize,
    mut fetch: impl FnMut(Option<&[u8]>, usize) -> Result<Rows, E>,
) -> Result<Rows, E> {
    let mut out = Rows::new();
    let mut cursor = below.map(<[u8]>::to_vec);
    while out.len() < limit {
        let wanted = limit - out.len();
        let under = fetch(cursor.as_deref(), wanted)?;
        let end = if under.len() < wanted { None } else { under.last().map(|(key, _)| key.clone()) };
        let sheet = descending(changes, prefix, cursor.as_deref())
            .take_while(|(key, _)| end.as_ref().is_none_or(|end| *key >= end));
        lay_over(&mut out, limit, under, sheet, |one, other| other.cmp(one));
        if end.is_none() {
            break;
        }
        cursor = end;
    }
    Ok(out)
}

/// Adds rows of both in their common order, the sheet's in place of those below, until `out` has `limit`: of a
/// large sheet no more is touched than is asked for.
fn lay_over<'a>(
    out: &mut Rows,
    limit: usize,
    below: Rows,
    sheet: impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>,
    order: fn(&[u8], &[u8]) -> Ordering,
) {
    let (mut below, mut sheet) = (below.into_iter().peekable(), sheet.peekable());
    while out.len() < limit {
        let first = match (below.peek(), sheet.peek()) {
            (Some((under, _)), Some((over, _))) => order(under, over),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let under = below.next_if(|_| first != Ordering::Greater);
        if first == Ordering::Less {
            out.extend(under);
        } else if let Some((key, Some(value))) = sheet.next() {
            out.push((key.clone(), value.clone()));
        }
    }
}
