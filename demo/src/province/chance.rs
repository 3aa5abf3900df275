//! Seeded chance of the province: a small generator written here, so that a seed means the same for ever.
//!
//! It decides nothing but invented people; keys and nonces never come from here.

/// Odd constant of the splitmix64 sequence.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Rounds of the keyed shuffle: enough that neighbours are torn apart.
const SHUFFLE_ROUNDS: u64 = 4;

/// Scrambles one word (the finalizer of splitmix64).
fn scramble(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Joins the parts of a key into one word; order and count matter.
pub(super) fn key(parts: &[u64]) -> u64 {
    parts.iter().fold(STEP, |state, part| scramble(state.wrapping_add(STEP) ^ scramble(*part)))
}

/// A stream of chance: the same key gives the same draws on every machine and in every version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// The stream of a key such as `[seed, commune, household, purpose]`.
    pub fn keyed(parts: &[u64]) -> Self {
        Self { state: key(parts) }
    }

    /// 64 fresh bits.
    pub fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        scramble(self.state)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        (((self.word() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A number in `[0, 1)` with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True `percent` times of a hundred.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// Where `position` of `0..len` goes in a shuffle that needs no memory: a permutation of `0..len` for every key.
///
/// A Feistel network over the next even power of two, walked until it lands inside; at most four steps on average.
pub(super) fn shuffled(position: u32, len: u32, key: u64) -> u32 {
    if len < 2 {
        return 0;
    }
    let bits = 64 - u64::from(len - 1).leading_zeros();
    let half = bits.div_ceil(2);
    let mask = (1_u64 << half) - 1;
    let mut at = u64::from(position);
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..SHUFFLE_ROUNDS {
            let mixed = scramble(key.wrapping_add(round.wrapping_mul(STEP)) ^ scramble(right)) & mask;
            (left, right) = (right, left ^ mixed);
        }
        at = (left << half) | right;
        if at < u64::from(len) {
            return at as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_always_gives_the_same_draws() {
        let mut chance = Chance::keyed(&[1, 2, 3]);
        let drawn = [chance.word(), chance.word(), chance.word()];
        assert_eq!(drawn, [8_376_740_484_610_967_619, 15_359_502_569_314_460_499, 3_997_147_043_746_835_798]);
    }

    #[test]
    fn a_shuffle_sends_every_position_to_a_place_of_its_own() {
        for len in [1, 2, 3, 29, 64, 1000] {
            let mut places: Vec<u32> = (0..len).map(|position| shuffled(position, len, 7)).collect();
            assert!(len < 20 || places.windows(2).any(|pair| pair[0] > pair[1]), "nothing moved in {len}");
            places.sort_unstable();
            assert_eq!(places, (0..len).collect::<Vec<u32>>());
        }
    }

    #[test]
    fn draws_stay_inside_their_bounds() {
        let mut chance = Chance::keyed(&[9]);
        for _ in 0..1000 {
            assert!(chance.below(7) < 7);
            assert!((3..=5).contains(&chance.between(3, 5)));
            assert!((0.0..1.0).contains(&chance.unit()));
        }
        assert_eq!(chance.below(0), 0);
    }
}
