//! Chance as an argument: everything random in core comes out of a seed that `node` gives each process.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};

use crate::hash;

/// Nonces and incarnations of one process: `D("fresh", seed ‖ counter)[..16]`, one counter from 0.
pub struct Fresh {
    seed: [u8; 32],
    counter: u64,
}

impl Fresh {
    /// Begins at counter 0 with the process's random seed.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0 }
    }

    /// The next 16 bytes; never the same twice in one process.
    pub fn draw(&mut self) -> [u8; 16] {
        let out = hash::derive("fresh", &[&self.seed, &self.counter.to_le_bytes()]);
        self.counter += 1;
        hash::first(&out)
    }

    /// A generator for one sealing, independent of everything drawn before and after.
    pub fn chance(&mut self) -> SeededChance {
        let low = self.draw();
        SeededChance::new(&low, &self.seed)
    }
}

/// A deterministic generator over a secret seed, for the HPKE crate.
pub struct SeededChance(blake3::OutputReader);

impl SeededChance {
    fn new(salt: &[u8; 16], seed: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("khettara/1 chance");
        hasher.update(seed);
        hasher.update(salt);
        Self(hasher.finalize_xof())
    }
}

impl TryRng for SeededChance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for SeededChance {}
