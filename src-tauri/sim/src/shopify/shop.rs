//! The shop that the face shows: what the seller's world does not say about it.

pub use super::limits::ShopPlan;

/// A shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// The name in `{handle}.myshopify.com`.
    pub handle: String,
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its plan, which sets the limits.
    pub plan: ShopPlan,
    /// Whether it uses the platform's payment service; without it there are no payouts.
    pub payments: bool,
}

impl Shop {
    /// Handle of the shop that the simulator has by default.
    pub const DEMO_HANDLE: &'static str = "harbor-and-pine";

    /// The shop that the simulator has by default.
    pub fn demo() -> Shop {
        Shop {
            handle: Self::DEMO_HANDLE.to_owned(),
            id: 61_908_525_097,
            name: "Harbor & Pine".to_owned(),
            plan: ShopPlan::Standard,
            payments: true,
        }
    }

    /// `{handle}.myshopify.com`.
    pub fn domain(&self) -> String {
        format!("{}.myshopify.com", self.handle)
    }
}
