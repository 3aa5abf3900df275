//! Handles: numbers that stand for open tablets, each good for one opening only.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// The number stands for nothing that is open: it was closed, or never given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOpen;

struct Slot<T> {
    generation: u32,
    held: Option<Arc<T>>,
}

/// Open things by number. A number names its slot and the slot's generation, so it is never good again after
/// a close, even where the slot is.
pub struct Handles<T> {
    slots: Mutex<Vec<Slot<T>>>,
}

impl<T> std::fmt::Debug for Handles<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handles(…)")
    }
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Handles<T> {
    /// No handles yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: Mutex::new(Vec::new()) }
    }

    /// A number for `thing`; never 0, never negative.
    ///
    /// # Panics
    /// Never in practice: only with more than two thousand million things open at once.
    pub fn open(&self, thing: T) -> i64 {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let place = slots.iter().position(|slot| slot.held.is_none()).unwrap_or(slots.len());
        if place == slots.len() {
            slots.push(Slot { generation: first_generation(), held: None });
        }
        let slot = slots.get_mut(place).expect("the slot is there or was just made");
        // 31 bits, so that the number stays positive; it skips 0, so that no number is 0.
        slot.generation = (slot.generation % 0x7fff_ffff) + 1;
        slot.held = Some(Arc::new(thing));
        (i64::from(slot.generation) << 32) | i64::try_from(place).expect("fewer than 2^32 slots")
    }

    /// What a number stands for. It stays whole while it is held, even if it is closed meanwhile.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub fn hold(&self, number: i64) -> Result<Arc<T>, NotOpen> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (generation, place) = split(number)?;
        let slot = slots.get(place).filter(|slot| slot.generation == generation).ok_or(NotOpen)?;
        slot.held.clone().ok_or(NotOpen)
    }

    /// Closes a number and gives what it stood for, which goes when nobody holds it any more.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub fn close(&self, number: i64) -> Result<Arc<T>, NotOpen> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (generation, place) = split(number)?;
        let slot = slots.get_mut(place).filter(|slot| slot.generation == generation).ok_or(NotOpen)?;
        slot.held.take().ok_or(NotOpen)
    }
}

/// Where a slot's generations begin: anywhere, so that a number which another process gave stands for nothing here.
fn first_generation() -> u32 {
    let bits = RandomState::new().hash_one(0_u8).to_le_bytes();
    u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3] & 0x7f])
}

fn split(number: i64) -> Result<(u32, usize), NotOpen> {
    let generation = u32::try_from(number >> 32).map_err(|_| NotOpen)?;
    let place = usize::try_from(number & 0xffff_ffff).map_err(|_| NotOpen)?;
    Ok((generation, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_good_for_one_opening_only() {
        let handles = Handles::new();
        let first = handles.open("first");
        assert_eq!(handles.hold(first).as_deref(), Ok(&"first"));
        assert_eq!(handles.close(first).as_deref(), Ok(&"first"));
        assert_eq!(handles.close(first), Err(NotOpen));
        let second = handles.open("second");
        assert_ne!(first, second, "the same slot, another number");
        assert_eq!(handles.hold(first), Err(NotOpen));
        for wrong in [0, -1, i64::MAX, i64::MIN, second + 1] {
            assert_eq!(handles.hold(wrong), Err(NotOpen), "{wrong}");
        }
    }

    #[test]
    fn what_somebody_holds_outlives_its_close() {
        let handles = Handles::new();
        let number = handles.open(String::from("a tablet"));
        let held = handles.hold(number).expect("open");
        handles.close(number).expect("open");
        assert_eq!(*held, "a tablet");
    }
}
