//! A small generator of pseudo-random numbers: splitmix64, one independent stream for each (seed, purpose, index).

/// What a stream of numbers is for. Streams of different purposes never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Catalogue = 1,
    Moment = 2,
    Plan = 3,
    Contents = 4,
    Step = 5,
    Stock = 6,
    Customer = 7,
    Exchange = 8,
    Extras = 9,
    Withdrawals = 10,
}

/// A stream of pseudo-random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn scramble(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Rng {
    /// The stream of one purpose and index.
    pub(crate) fn of(seed: u64, purpose: Purpose, index: u64) -> Self {
        let start = scramble(seed.wrapping_add((purpose as u64).wrapping_mul(GOLDEN)));
        Self(scramble(start ^ index.wrapping_mul(GOLDEN).wrapping_add(GOLDEN)))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        scramble(self.0)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1).unsigned_abs()) as i64
    }

    /// True in `per_mille` of 1000 draws.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the choices; the slice must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// A position below `count` that favours small ones: the product of it is a long tail.
    pub(crate) fn skewed(&mut self, count: u64) -> u64 {
        self.below(count).min(self.below(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, purpose, index| Rng::of(seed, purpose, index).next();
        assert_eq!(
            draw(1, Purpose::Plan, 5),
            draw(1, Purpose::Plan, 5),
            "a stream is a function of its key"
        );
        assert_ne!(
            draw(1, Purpose::Plan, 5),
            draw(1, Purpose::Plan, 6),
            "indexes have their own streams"
        );
        assert_ne!(
            draw(1, Purpose::Plan, 5),
            draw(1, Purpose::Contents, 5),
            "purposes have their own streams"
        );
        assert_ne!(
            draw(1, Purpose::Plan, 5),
            draw(2, Purpose::Plan, 5),
            "seeds have their own streams"
        );
    }

    #[test]
    fn bounded_draws_stay_in_bounds_and_cover_them() {
        let mut rng = Rng::of(7, Purpose::Plan, 0);
        let mut seen = [false; 5];
        for _ in 0..500 {
            seen[rng.below(5) as usize] = true;
            let number = rng.between(-3, 3);
            assert!((-3..=3).contains(&number), "{number} lies outside its bounds");
        }
        assert_eq!(seen, [true; 5], "five hundred draws of five values meet all of them");
    }
}
