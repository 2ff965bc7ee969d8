//! Keeping to a platform's speed limit: buckets of points that refill with time.
//!
//! Pure: the time is an argument, points are whole thousandths. What the platform says about its bucket always wins over what
//! was computed here; between two answers the bucket is taken to refill at the stated rate, from the moment the answer was
//! received, so that it is never thought fuller than it is.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Thousandths in one point.
const MILLI: i64 = 1_000;

/// A speed limit that a connector declares: a bucket of points. A limit by requests is one of one point a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Its name among the connector's limits.
    pub name: &'static str,
    /// Points a full bucket holds, until the platform states another number.
    pub capacity: i64,
    /// Thousandths of a point that flow in per second, until the platform states another number.
    pub refill_milli: i64,
}

/// What a request takes from a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Name of the limit.
    pub limit: &'static str,
    /// Points that must be in the bucket for the request to be let in.
    pub points: i64,
    /// What is asked, for learning how far the forecast is off (`orders`, `products`).
    pub label: &'static str,
}

/// What an answer tells about a limit. Every part may be missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LimitHint {
    /// Name of the limit.
    pub limit: String,
    /// Thousandths of a point in the bucket when the answer was made.
    pub available_milli: Option<i64>,
    /// Points a full bucket holds.
    pub capacity: Option<i64>,
    /// Thousandths of a point that flow in per second.
    pub refill_milli: Option<i64>,
    /// Points the platform asked for this request to be let in.
    /// Points the platform asked for this request to be let in.
    pub asked: Option<i64>,
    /// Nothing may be asked for that long.
    pub shut: Option<Duration>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Bucket {
    capacity: i64,
    refill_milli: i64,
    level_milli: i64,
    /// When `level_milli` was right, milliseconds UTC.
    at: i64,
    /// Nothing is let in before, milliseconds UTC.
    shut_until: i64,
    /// Points of requests that are on their way; their answers will tell what they took.
    #[serde(skip)]
    under_way_milli: i64,
}

/// The limits of one connection as they stand. Serialises, so that a new process does not start with a full bucket it has not got.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Limiter {
    buckets: BTreeMap<String, Bucket>,
    /// Real cost of a label in thousandths of the forecast, where the platform asked another one.
    learned: BTreeMap<String, i64>,
}

/// Why a request may not go now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It may go; its points are set aside.
    Go,
    /// Wait that long and ask again.
    Wait(Duration),
    /// It needs more points than a full bucket holds.
    Never {
        /// What a full bucket holds.
        capacity: i64,
    },
}

impl Limiter {
    /// Takes in the limits a connector declares; known ones keep what was learned about them.
    pub fn declare(&mut self, limits: &[Limit], now_millis: i64) {
        for limit in limits {
            self.buckets.entry(limit.name.to_owned()).or_insert_with(|| Bucket {
                capacity: limit.capacity,
                refill_milli: limit.refill_milli,
                level_milli: limit.capacity * MILLI,
                at: now_millis,
                shut_until: 0,
                under_way_milli: 0,
            });
        }
    }

    /// Whether a request of `cost` may go at `now_millis`.
    pub fn admit(&mut self, cost: &Cost, now_millis: i64) -> Admission {
        let points = self.forecast(cost);
        let Some(bucket) = self.buckets.get_mut(cost.limit) else {
            return Admission::Go;
        };
        bucket.flow(now_millis);
        if points > bucket.capacity {
            return Admission::Never {
                capacity: bucket.capacity,
            };
        }
        let shut = bucket.shut_until - now_millis;
        let missing = points * MILLI + bucket.under_way_milli - bucket.level_milli;
        if shut <= 0 && missing <= 0 {
            bucket.under_way_milli += points * MILLI;
            return Admission::Go;
        }
        let refill = match missing.max(0) {
            0 => 0,
            missing if bucket.refill_milli > 0 => ceiling_div(missing * MILLI, bucket.refill_milli),
            _ => 1_000,
        };
        Admission::Wait(Duration::from_millis(
            u64::try_from(refill.max(shut).max(1)).unwrap_or(1),
        ))
    }

    /// Takes note of an answer to a request of `cost`, or of its failure (`hint` is then `None` and the points count as used).
    pub fn settle(&mut self, cost: &Cost, hint: Option<&LimitHint>, now_millis: i64) {
        let points = self.forecast(cost);
        if let Some(bucket) = self.buckets.get_mut(cost.limit) {
            bucket.flow(now_millis);
            bucket.under_way_milli = (bucket.under_way_milli - points * MILLI).max(0);
            bucket.level_milli -= points * MILLI;
        }
        let Some(hint) = hint else { return };
        if let Some(time) = hint.shut {
            self.shut(&hint.limit, time, now_millis);
        }
        if let Some(asked) = hint.asked
            && cost.points > 0
        {
            self.learned
                .insert(cost.label.to_owned(), ceiling_div(asked * MILLI, cost.points));
        }
        if let Some(bucket) = self.buckets.get_mut(&hint.limit) {
            bucket.capacity = hint.capacity.unwrap_or(bucket.capacity).max(1);
            bucket.refill_milli = hint.refill_milli.unwrap_or(bucket.refill_milli).max(1);
            bucket.level_milli = hint
                .available_milli
                .unwrap_or(bucket.level_milli)
                .min(bucket.capacity * MILLI);
            bucket.at = now_millis;
        }
    }

    /// Lets nothing into `limit` for `time`: the platform has said so.
    fn shut(&mut self, limit: &str, time: Duration, now_millis: i64) {
        if let Some(bucket) = self.buckets.get_mut(limit) {
            let until = now_millis.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
            bucket.shut_until = bucket.shut_until.max(until);
        }
    }

    /// What a full bucket of `limit` holds, in points; `None` for a limit that was not declared.
    pub fn capacity(&self, limit: &str) -> Option<i64> {
        self.buckets.get(limit).map(|bucket| bucket.capacity)
    }

    /// Seconds until so many points more will have been let through, as the bucket stood at the last answer; 0 for a limit that was
    /// not declared.
    pub fn seconds_for(&self, limit: &str, points: i64) -> u64 {
        self.buckets.get(limit).map_or(0, |bucket| {
            let missing = points.saturating_mul(MILLI).saturating_sub(bucket.level_milli);
            u64::try_from(missing.max(0) / bucket.refill_milli.max(1)).unwrap_or(0)
        })
    }

    /// Limits that let no request of one point in at `now_millis`, each with the seconds until it does.
    pub fn met(&self, now_millis: i64) -> Vec<(&str, u64)> {
        let waits = |bucket: &Bucket| {
            let mut bucket = bucket.clone();
            bucket.flow(now_millis);
            let missing = (MILLI - bucket.level_milli).max(0);
            let refill = ceiling_div(missing * MILLI, bucket.refill_milli.max(1));
            ceiling_div(refill.max(bucket.shut_until - now_millis).max(0), MILLI)
        };
        let waits = self.buckets.iter().map(|(name, bucket)| (name.as_str(), waits(bucket)));
        waits
            .filter(|(_, seconds)| *seconds > 0)
            .map(|(name, seconds)| (name, seconds.unsigned_abs()))
            .collect()
    }

    /// Real cost of `label` in thousandths of the forecast: 1,000 unless the platform has asked for more or less.
    pub fn learned_milli(&self, label: &str) -> i64 {
        self.learned.get(label).copied().unwrap_or(MILLI)
    }

    /// The points a request will be asked for, from its forecast and what was learned.
    fn forecast(&self, cost: &Cost) -> i64 {
        ceiling_div(cost.points * self.learned_milli(cost.label), MILLI)
    }
}

impl Bucket {
    /// Lets in what has flowed since. A clock that was set back lets nothing in, and moves the end of a pause back with it.
    fn flow(&mut self, now_millis: i64) {
        let passed = (now_millis - self.at).max(0);
        self.shut_until += (now_millis - self.at).min(0);
        self.at = now_millis;
        self.level_milli =
            (self.level_milli + passed.saturating_mul(self.refill_milli) / MILLI).min(self.capacity * MILLI);
    }
}

fn ceiling_div(value: i64, by: i64) -> i64 {
    value.div_euclid(by) + i64::from(value.rem_euclid(by) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: Limit = Limit {
        name: "points",
        capacity: 2_000,
        refill_milli: 100_000,
    };

    fn cost(points: i64) -> Cost {
        Cost {
            limit: "points",
            points,
            label: "orders",
        }
    }

    fn limiter() -> Limiter {
        let mut limiter = Limiter::default();
        limiter.declare(&[POINTS], 0);
        limiter
    }

    #[test]
    fn a_request_waits_for_exactly_the_points_it_lacks() {
        let mut limiter = limiter();
        assert_eq!(limiter.admit(&cost(1_500), 0), Admission::Go, "the bucket is full");
        limiter.settle(&cost(1_500), None, 0);
        assert_eq!(
            limiter.admit(&cost(1_000), 0),
            Admission::Wait(Duration::from_secs(5)),
            "500 of 1,000 are there, 100 a second"
        );
        assert_eq!(
            limiter.admit(&cost(1_000), 4_999),
            Admission::Wait(Duration::from_millis(1)),
            "a millisecond too early"
        );
        assert_eq!(limiter.admit(&cost(1_000), 5_000), Admission::Go, "now they are there");
    }

    #[test]
    fn the_platforms_own_figure_wins() {
        let mut limiter = limiter();
        assert_eq!(limiter.admit(&cost(1_000), 0), Admission::Go, "a full bucket");
        let hint = LimitHint {
            limit: "points".into(),
            available_milli: Some(1_700_500),
            capacity: Some(4_000),
            refill_milli: Some(200_000),
            ..LimitHint::default()
        };
        limiter.settle(&cost(1_000), Some(&hint), 2_000);
        assert_eq!(limiter.capacity("points"), Some(4_000), "a bigger plan");
        assert_eq!(limiter.admit(&cost(1_700), 2_000), Admission::Go, "1,700.5 are there");
        assert_eq!(
            limiter.admit(&cost(200), 2_000),
            Admission::Wait(Duration::from_millis(998)),
            "199.5 lack at 200 a second"
        );
    }

    #[test]
    fn requests_under_way_are_not_spent_twice() {
        let mut limiter = limiter();
        assert_eq!(limiter.admit(&cost(1_200), 0), Admission::Go, "the first");
        assert_eq!(
            limiter.admit(&cost(1_200), 0),
            Admission::Wait(Duration::from_secs(4)),
            "the second must not count on the same points"
        );
    }

    #[test]
    fn a_cost_beyond_the_bucket_is_never_let_in() {
        assert_eq!(
            limiter().admit(&cost(2_001), 0),
            Admission::Never { capacity: 2_000 },
            "waiting would not help"
        );
    }

    #[test]
    fn a_wrong_forecast_is_learned() {
        let mut limiter = limiter();
        assert_eq!(limiter.admit(&cost(100), 0), Admission::Go, "as forecast");
        let hint = LimitHint {
            limit: "points".into(),
            asked: Some(130),
            ..LimitHint::default()
        };
        limiter.settle(&cost(100), Some(&hint), 0);
        assert_eq!(limiter.learned_milli("orders"), 1_300, "the platform asks for 30% more");
        assert_eq!(
            limiter.admit(&cost(1_600), 0),
            Admission::Never { capacity: 2_000 },
            "1,600 forecast are 2,080 real ones"
        );
    }

    #[test]
    fn a_shut_limit_and_a_clock_set_back_let_nothing_in() {
        let mut limiter = limiter();
        limiter.shut("points", Duration::from_secs(30), 10_000);
        assert_eq!(
            limiter.admit(&cost(1), 10_000),
            Admission::Wait(Duration::from_secs(30)),
            "the platform said so"
        );
        assert_eq!(limiter.admit(&cost(2_000), 40_000), Admission::Go, "the time is over");
        limiter.settle(&cost(2_000), None, 40_000);
        assert_eq!(
            limiter.admit(&cost(100), 1_000),
            Admission::Wait(Duration::from_secs(1)),
            "the clock went back: nothing flowed in"
        );
        assert_eq!(
            limiter.admit(&cost(100), 2_000),
            Admission::Go,
            "and the pause is not a year long because of it"
        );
    }

    #[test]
    fn nine_tenths_of_the_limit_are_used_without_overdrawing() {
        let mut limiter = limiter();
        let (mut now, mut level, mut used) = (0_i64, 2_000_000_i64, 0_i64);
        while now < 3_600_000 {
            match limiter.admit(&cost(992), now) {
                Admission::Go => {
                    assert!(
                        level >= 992_000,
                        "at {now} ms the platform would have throttled: {level}"
                    );
                    let taken = 380_000 + (now % 7) * 10_000;
                    level -= taken;
                    used += taken;
                    now += 400;
                    level = (level + 400 * 100).min(2_000_000);
                    let hint = LimitHint {
                        limit: "points".into(),
                        available_milli: Some(level),
                        ..LimitHint::default()
                    };
                    limiter.settle(&cost(992), Some(&hint), now);
                }
                Admission::Wait(time) => {
                    let millis = time.as_millis() as i64;
                    now += millis;
                    level = (level + millis * 100).min(2_000_000);
                }
                Admission::Never { .. } => panic!("992 points fit into the bucket"),
            }
        }
        assert!(used * 10 >= now * 100 * 9, "used {used} of {} thousandths", now * 100);
    }

    #[test]
    fn what_was_known_survives_a_new_process() {
        let mut limiter = limiter();
        limiter.settle(&cost(1_990), None, 0);
        let stored = serde_json::to_string(&limiter).expect("a limiter serialises");
        let mut again: Limiter = serde_json::from_str(&stored).expect("and comes back");
        again.declare(&[POINTS], 1_000);
        assert_eq!(
            again.admit(&cost(111), 1_000),
            Admission::Wait(Duration::from_millis(10)),
            "10 left, 100 flowed in, 1 lacks"
        );
    }
}
