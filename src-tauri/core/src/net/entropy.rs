//! Randomness as an argument.

use std::sync::{Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};

/// Where random bytes come from: the system in the program, a seed in tests.
pub trait Entropy: Send + Sync {
    /// Fills `buffer`.
    ///
    /// # Errors
    /// [`NoEntropy`] if the system has none to give; secrets must then not be made.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy>;

    /// A number below `bound` (0 for a bound of 0), for jitter: slightly uneven, and 0 where there is no entropy.
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        match self.fill(&mut bytes) {
            Ok(()) if bound > 0 => u64::from_le_bytes(bytes) % bound,
            _ => 0,
        }
    }
}

/// The system's random source failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system has no random numbers to give; restart the machine and try again")]
pub struct NoEntropy;

/// The system's random source.
#[derive(Debug)]
pub struct SystemEntropy(SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        SystemEntropy(SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        self.0.fill(buffer).map_err(|_| NoEntropy)
    }
}

/// Numbers that follow from a seed: the same for the same seed. Never for secrets.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        SeededEntropy(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in buffer {
            // SplitMix64: one step a byte keeps it simple, and speed does not matter here.
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed ^ (mixed >> 31)) as u8;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_own_sequence_again() {
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            (0..4).map(|_| entropy.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7), "the same seed, the same numbers");
        assert_ne!(draw(7), draw(8), "another seed, other numbers");
        assert!(draw(9).iter().all(|n| *n < 1_000_000), "the bound holds");
        assert_eq!(SeededEntropy::new(1).below(0), 0, "a bound of nothing gives nothing");
    }
}
