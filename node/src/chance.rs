//! The one place that asks the operating system for chance.

use zeroize::Zeroizing;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes: nothing can be written safely; restart the device")]
pub struct NoChance;

/// 32 fresh random bytes, asked for once when a process starts: the seed of its nonces and incarnations.
///
/// # Errors
/// [`NoChance`]: whoever asked must not write.
pub fn process_seed() -> Result<Zeroizing<[u8; 32]>, NoChance> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| NoChance)?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_do_not_share_a_seed() {
        assert_ne!(process_seed().expect("chance"), process_seed().expect("chance"));
    }
}
