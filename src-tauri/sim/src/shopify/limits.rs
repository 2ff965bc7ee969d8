//! The bucket of cost points of an app at a shop (contract section 4.1).

use serde_json::{Map, Value, json};

/// The shop's plan, which sets the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShopPlan {
    /// Basic, Grow, development: 2,000 points, 100 a second.
    #[default]
    Standard,
    /// 4,000 points, 200 a second.
    Advanced,
    /// 20,000 points, 1,000 a second.
    Plus,
    /// 40,000 points, 2,000 a second.
    Enterprise,
}

impl std::str::FromStr for ShopPlan {
    type Err = String;

    /// Reads a plan's name in small letters.
    fn from_str(text: &str) -> Result<ShopPlan, String> {
        match text {
            "standard" => Ok(ShopPlan::Standard),
            "advanced" => Ok(ShopPlan::Advanced),
            "plus" => Ok(ShopPlan::Plus),
            "enterprise" => Ok(ShopPlan::Enterprise),
            _ => Err(format!(
                "{text:?} is no plan; there are standard, advanced, plus and enterprise"
            )),
        }
    }
}

impl ShopPlan {
    /// Points that come back in a second.
    pub(crate) fn restore_rate(self) -> u64 {
        match self {
            ShopPlan::Standard => 100,
            ShopPlan::Advanced => 200,
            ShopPlan::Plus => 1000,
            ShopPlan::Enterprise => 2000,
        }
    }

    /// Points of a full bucket.
    pub(crate) fn maximum(self) -> u64 {
        self.restore_rate() * 20
    }

    /// The plan's name in the shop's settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ShopPlan::Standard => "Basic",
            ShopPlan::Advanced => "Advanced",
            ShopPlan::Plus => "Shopify Plus",
            ShopPlan::Enterprise => "Commerce Components",
        }
    }
}

/// A bucket. Time is in milliseconds, points are kept in thousandths.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    plan: ShopPlan,
    thousandths: u64,
    at: i64,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn full(plan: ShopPlan, now: i64) -> Bucket {
        Bucket {
            plan,
            thousandths: plan.maximum() * 1000,
            at: now,
        }
    }

    /// Lets the points come back that belong to the time gone by.
    pub(crate) fn restore(&mut self, now: i64) {
        let passed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        // A point a second is a thousandth a millisecond.
        let gained = passed.saturating_mul(self.plan.restore_rate());
        self.thousandths = self.thousandths.saturating_add(gained).min(self.plan.maximum() * 1000);
        self.at = self.at.max(now);
    }

    /// Whether a query of this cost may start.
    pub(crate) fn admits(&self, cost: u64) -> bool {
        cost * 1000 <= self.thousandths
    }

    /// Takes points out.
    pub(crate) fn charge(&mut self, cost: u64) {
        self.thousandths = self.thousandths.saturating_sub(cost * 1000);
    }

    /// Takes all points out.
    pub(crate) fn drain(&mut self) {
        self.thousandths = 0;
    }

    /// `extensions.cost`; the platform writes the two settings as fractions.
    pub(crate) fn told(&self, requested: u64, actual: Option<u64>) -> Value {
        let mut status = Map::new();
        status.insert("maximumAvailable".to_owned(), fraction(self.plan.maximum()));
        status.insert("currentlyAvailable".to_owned(), Value::from(self.thousandths / 1000));
        status.insert("restoreRate".to_owned(), fraction(self.plan.restore_rate()));
        json!({ "requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status })
    }
}

/// A whole number written with a fraction, `2000.0`.
fn fraction(number: u64) -> Value {
    format!("{number}.0").parse().map_or(Value::from(number), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_empties_and_fills_by_the_clock() {
        let mut bucket = Bucket::full(ShopPlan::Standard, 0);
        assert!(
            bucket.admits(2000) && !bucket.admits(2001),
            "a full bucket holds 2,000 points"
        );
        bucket.charge(1990);
        assert!(bucket.admits(10) && !bucket.admits(11), "what is charged is gone");
        bucket.restore(500);
        assert!(
            bucket.admits(60) && !bucket.admits(61),
            "half a second brings 50 points"
        );
        bucket.restore(500_000);
        assert!(
            bucket.admits(2000) && !bucket.admits(2001),
            "never more than a full bucket"
        );
        assert_eq!(
            bucket.told(156, Some(35)).to_string(),
            json!({ "requestedQueryCost": 156, "actualQueryCost": 35, "throttleStatus":
                { "maximumAvailable": 2000.0, "currentlyAvailable": 2000, "restoreRate": 100.0 } })
            .to_string(),
            "the answer tells it as the contract shows"
        );
    }
}
