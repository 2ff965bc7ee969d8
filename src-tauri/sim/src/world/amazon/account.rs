//! Money that belongs to no order: storage, subscription, advertising, reimbursements, and the transfers to the bank.

use chrono::{Datelike, Days, NaiveDate};

use super::market::Marketplace;
use super::money::{AmazonTransaction, Held, Part, TransactionType};
use super::{Seller, ids};
use crate::world::calendar::midnight;
use crate::world::catalogue::from_cents;
use crate::world::instant::{DAY, Second};
use crate::world::rng::{Purpose, Rng};

/// Days that one settlement covers.
pub(super) const PERIOD: i64 = 14;
/// A settlement is paid out this long after its end.
const PAID_AFTER: i64 = 2 * DAY;
/// A day's figures are told this long after the day has ended.
const TOLD_AFTER: i64 = DAY;
/// Goods that storage is paid for, at most.
const STORED: usize = 12;

/// What the seller spent on advertising one listing on one day of the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdSpend {
    /// Position of the variant.
    pub variant: u32,
    /// The platform's name of the kind of advertising.
    pub kind: &'static str,
    /// Smallest units, positive.
    pub amount: i64,
}

/// A settlement: the money of fourteen days, paid to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// Whose account.
    pub market: Marketplace,
    /// Number of the period.
    pub period: i64,
    /// Identifier.
    pub id: u64,
    /// Begin, inclusive.
    pub start: Second,
    /// End, exclusive.
    pub end: Second,
    /// When the money reaches the bank.
    pub deposit: Second,
}

/// The period in which a moment lies.
pub(super) fn period(at: Second) -> i64 {
    at.0.div_euclid(PERIOD * DAY)
}

/// A row of the account, before it becomes a transaction.
pub(super) struct Row {
    pub(super) posted: Second,
    pub(super) kind: TransactionType,
    group: &'static str,
    name: &'static str,
    /// `None` for a transfer: it moves what its settlement adds up to.
    amount: Option<i64>,
}

impl Settlement {
    /// The settlement of a period.
    pub fn numbered(market: Marketplace, period: i64) -> Self {
        let start = Second(period * PERIOD * DAY);
        let end = start.plus(PERIOD * DAY);
        Self {
            market,
            period,
            id: 21_000_000_000 + period.unsigned_abs() * 4 + market.place() as u64,
            start,
            end,
            deposit: end.plus(PAID_AFTER),
        }
    }

    /// Identifier of the group of its transactions.
    pub fn group(&self) -> String {
        ids::opaque("group", self.id)
    }
}

impl Seller {
    /// What was spent on advertising on a local day, as far as it is told by now.
    pub fn ads(&self, market: Marketplace, day: NaiveDate) -> Vec<AdSpend> {
        if !self.day_is_told(market, day) {
            return Vec::new();
        }
        self.spent(market, day)
    }

    /// Whether a local day is over for so long that Amazon's daily figures tell of it.
    pub fn day_is_told(&self, market: Marketplace, day: NaiveDate) -> bool {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        Second(midnight(market.zone(), next)).plus(TOLD_AFTER) <= self.now()
    }

    fn spent(&self, market: Marketplace, day: NaiveDate) -> Vec<AdSpend> {
        if !self.base.trades(market) || day < self.base.first_day(market) {
            return Vec::new();
        }
        let advertised = self.listed().iter().filter(|variant| **variant % 4 == 1).take(16);
        let number = u64::from(day.num_days_from_ce().unsigned_abs());
        let spend = advertised.filter_map(|variant| {
            let mut rng = Rng::of(
                self.base.seed(market),
                Purpose::Exchange,
                (u64::from(*variant) << 32) | number,
            );
            if !rng.chance(700) {
                return None;
            }
            let kind = if rng.chance(850) {
                "SponsoredProductFee"
            } else {
                "SponsoredDisplayFee"
            };
            let amount = from_cents(rng.between(1, 640), market.currency()).max(1);
            Some(AdSpend {
                variant: *variant,
                kind,
                amount,
            })
        });
        spend.collect()
    }

    /// Rows of the account on one UTC day, counted in days since 1970.
    pub(super) fn account_rows(&self, market: Marketplace, day: i64) -> Vec<Row> {
        let date = Second(day * DAY).utc().date_naive();
        let mut rows = Vec::new();
        if !self.base.trades(market) || date <= self.base.first_day(market) {
            return rows;
        }
        let mut rng = Rng::of(self.base.seed(market), Purpose::Exchange, !day.unsigned_abs());
        let cents = |cents: i64| from_cents(cents, market.currency());
        let mut at = Second(day * DAY + 8 * 3_600);
        let mut add = |kind, group, name, amount| {
            at = at.plus(97);
            rows.push(Row {
                posted: at,
                kind,
                group,
                name,
                amount,
            });
        };
        if day.rem_euclid(3) == 0 {
            // Advertising is paid in lumps, for three days that ended two days before.
            let days = (2..5).filter_map(|back| date.checked_sub_days(Days::new(back)));
            let spent: i64 = days.flat_map(|day| self.spent(market, day)).map(|ad| ad.amount).sum();
            if spent > 0 {
                add(
                    TransactionType::ProductAdsPayment,
                    "Expenses",
                    "AdvertisingFee",
                    Some(-spent),
                );
            }
        }
        if date.day() == 5 {
            for _ in self.listed().iter().filter(|variant| **variant % 3 != 0).take(STORED) {
                let amount = -cents(rng.between(2, 900)).max(1);
                add(TransactionType::ServiceFee, "FBAFees", "FBAStorageFee", Some(amount));
            }
        }
        if date.day() == 1 {
            add(
                TransactionType::ServiceFee,
                "AmazonFees",
                "Subscription",
                Some(-cents(3_999)),
            );
        }
        if date.day() == 15 {
            add(
                TransactionType::ServiceFee,
                "FBAFees",
                "FBAInboundTransportationFee",
                Some(-cents(rng.between(900, 9_000))),
            );
        }
        if rng.chance(120) {
            let amount = Some(cents(rng.between(300, 6_000)));
            add(TransactionType::Reimbursement, "", "FBAInventoryReimbursement", amount);
        }
        if rng.chance(25) {
            let amount = Some(-cents(rng.between(300, 3_000)));
            add(TransactionType::Reimbursement, "", "FBAReversedReimbursement", amount);
        }
        if day.rem_euclid(PERIOD) == PAID_AFTER / DAY {
            add(TransactionType::Transfer, "", "FundTransfer", None);
        }
        rows
    }

    /// The transaction of a row of the account; `None` for a transfer of nothing.
    pub(super) fn account_transaction(
        &self,
        market: Marketplace,
        day: i64,
        number: usize,
    ) -> Option<AmazonTransaction> {
        let row = self.account_rows(market, day).into_iter().nth(number)?;
        let settled = Settlement::numbered(market, period(row.posted) - i64::from(row.amount.is_none()));
        let amount = match row.amount {
            Some(amount) => amount,
            None => self.settled_total(&settled),
        };
        let nothing = row.kind == TransactionType::Transfer && amount <= 0;
        (!nothing).then(|| AmazonTransaction {
            id: ids::opaque(
                "account",
                (day.unsigned_abs() * 64 + number as u64) * 4 + market.place() as u64,
            ),
            market,
            kind: row.kind,
            posted: row.posted,
            shown: row.posted.plus(2 * 3_600),
            status: Held::Released,
            matures: None,
            other: None,
            order: None,
            shipment: None,
            refund: None,
            period: settled.period,
            placed: true,
            items: Vec::new(),
            parts: vec![Part {
                group: row.group,
                name: row.name,
                amount,
            }],
        })
    }

    /// Settlements that are closed by now, oldest first, beginning with the one in which `since` lies.
    pub fn settlements(&self, market: Marketplace, since: Second) -> Vec<Settlement> {
        if !self.base.trades(market) {
            return Vec::new();
        }
        let first = Second(midnight(market.zone(), self.base.first_day(market)));
        let periods = period(since.max(first))..period(self.now());
        let closed = periods.map(|number| Settlement::numbered(market, number));
        closed.filter(|settled| settled.deposit <= self.now()).collect()
    }

    /// The transactions that a settlement pays out, by date; they are the same whenever it is asked for.
    pub fn settled(&self, settlement: &Settlement) -> Vec<AmazonTransaction> {
        let world = self.at(settlement.end.plus(3 * DAY));
        let keys = world.money_keys(settlement.market, settlement.start, settlement.end);
        let paid = keys.into_iter().filter_map(|key| world.transaction(&key));
        // What is held back is paid when it is let go; what moves to the bank is no income.
        paid.filter(|paid| paid.status == Held::Released && paid.kind != TransactionType::Transfer)
            .collect()
    }

    /// What a settlement pays to the bank.
    pub fn settled_total(&self, settlement: &Settlement) -> i64 {
        let key = (settlement.market, settlement.period);
        if let Some(total) = self.base.settled(key) {
            return total;
        }
        let total = self.settled(settlement).iter().map(AmazonTransaction::total).sum();
        self.base.keep_settled(key, total);
        total
    }
}
