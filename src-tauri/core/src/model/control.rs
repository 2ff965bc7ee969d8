//! What a platform itself says its figures are, to hold ours against.

use serde::{Deserialize, Serialize};

use super::{Currency, Day};

/// A platform's own total over a span of days. Never part of a figure: it is what figures are compared with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ControlTotal {
    /// Which of the platform's reports says it (`order_metrics`, `sales_and_traffic`, `economics`).
    pub report: String,
    /// The marketplace or store it is about, in the platform's id; empty where the answer names none.
    pub outlet: String,
    /// What it is about within the outlet: empty for all of it, else a SKU.
    pub sku: String,
    /// First day, in the outlet's own zone.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Currency of the amounts among the figures; `None` where there are none.
    pub currency: Option<Currency>,
    /// Figures by the platform's own name, as plain decimals.
    pub figures: Vec<(String, String)>,
}
