//! Counting requests and deciding which faults strike.

use super::{Kind, Plan, When};

/// A plan at work, with its counters.
#[derive(Debug, Default)]
pub(crate) struct Strikes {
    plan: Plan,
    met: Vec<u64>,
}

/// The faults that strike one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Struck(Vec<Kind>);

impl Strikes {
    /// A plan before its first request.
    pub(crate) fn new(plan: Plan) -> Strikes {
        let met = vec![0; plan.faults.len()];
        Strikes { plan, met }
    }

    /// Counts a request that goes by these names, and tells what strikes it.
    pub(crate) fn request(&mut self, names: &[&str]) -> Struck {
        let mut struck = Vec::new();
        for (index, fault) in self.plan.faults.iter().enumerate() {
            if !names.contains(&fault.target.as_str()) {
                continue;
            }
            self.met[index] += 1;
            if strikes(fault.when, self.met[index], self.plan.seed, index) {
                struck.push(fault.kind.clone());
            }
        }
        Struck(struck)
    }
}

impl Struck {
    /// Whether this very fault strikes.
    pub(crate) fn has(&self, kind: &Kind) -> bool {
        self.0.contains(kind)
    }

    /// The first fault of which the rule can tell something.
    pub(crate) fn find<T>(&self, rule: impl Fn(&Kind) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(rule)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.0.iter()
    }
}

fn strikes(when: When, number: u64, seed: u64, fault: usize) -> bool {
    match when {
        When::Between(first, last) => (first..=last).contains(&number),
        When::Every(first, step) => number >= first && (number - first).is_multiple_of(step.max(1)),
        When::PerMille(share) => mix(seed ^ mix(number) ^ mix(fault as u64 + 1).rotate_left(17)) % 1000 < share,
    }
}

/// Spreads the bits of a number evenly (the finaliser of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(plan: &str, names: &[&[&str]]) -> Vec<usize> {
        let mut strikes = Strikes::new(plan.parse().expect("a test's plan is well formed"));
        names
            .iter()
            .enumerate()
            .filter(|(_, names)| strikes.request(names).iter().count() > 0)
            .map(|(index, _)| index + 1)
            .collect()
    }

    #[test]
    fn each_fault_counts_its_own_requests() {
        let requests: [&[&str]; 6] = [
            &["api", "shop"],
            &["api", "orders"],
            &["api", "orders"],
            &["token"],
            &["api", "orders"],
            &["api", "products"],
        ];
        assert_eq!(
            run("internal:orders@2", &requests),
            [3],
            "the second request for orders is the third of all"
        );
        assert_eq!(
            run("internal@2-3", &requests),
            [2, 3],
            "any API request counts without a target"
        );
        assert_eq!(
            run("internal@2/2", &requests),
            [2, 5],
            "token requests are not counted among API requests"
        );
        assert_eq!(
            run("500:token", &requests),
            [4],
            "token requests have a name of their own"
        );
    }

    #[test]
    fn chance_follows_the_seed() {
        let names: Vec<&[&str]> = vec![&["api"]; 4000];
        let (one, again, other) = (
            run("internal@~50;seed=1", &names),
            run("internal@~50;seed=1", &names),
            run("internal@~50;seed=2", &names),
        );
        assert_eq!(one, again, "the same seed strikes the same requests");
        assert_ne!(one, other, "another seed strikes others");
        assert!(
            (120..280).contains(&one.len()),
            "about 50 of 1000 are struck, here {} of 4000",
            one.len()
        );
    }
}
