//! A call on its way through the face.

use bytes::Bytes;
use serde_json::Value;

use super::answers::{Refusal, denied, invalid};
use super::app::{App, Options};
use super::params::Params;
use crate::faults::{Kind, Struck, mix};
use crate::world::Second;
use crate::world::amazon::{Marketplace, Region, Seller};

/// How many numbers there are for what is made.
const NUMBERS: u64 = 1_000_000_000;

/// What an operation needs to answer.
pub(super) struct Call<'a> {
    pub(super) options: &'a Options,
    pub(super) app: &'a App,
    pub(super) region: Region,
    pub(super) seller: Seller,
    /// The present of the simulator in seconds; the seller's own may stand still.
    pub(super) now: i64,
    pub(super) params: Params,
    /// The last part of the path.
    pub(super) tail: String,
    pub(super) body: &'a Bytes,
    pub(super) struck: &'a Struck,
}

/// A status and a body, or the answer that says what is wrong.
pub(super) type Outcome = Result<(u16, Value), Refusal>;

impl Call<'_> {
    /// A number for what this call has made, below a thousand millions. It comes from the question: a simulator that was started again
    /// never gives the number of one thing to another, so that who comes back with it is told that it is not known.
    pub(super) fn number(&self, taken: impl Fn(u64) -> bool) -> u64 {
        let mut mark = self.body.iter().fold(7, |mark, byte| mix(mark ^ u64::from(*byte)));
        while taken(mark % NUMBERS) {
            mark = mix(mark);
        }
        mark % NUMBERS
    }

    /// Whether the world stands still: everything has arrived everywhere then.
    pub(super) fn held(&self) -> bool {
        self.seller.now().0 != self.now
    }

    /// The marketplaces named by a parameter; all of the account when there are none.
    pub(super) fn markets(&self, name: &str) -> Result<Vec<Marketplace>, Refusal> {
        let named = self.params.list(name);
        if named.is_empty() {
            return Ok(self.region.marketplaces().collect());
        }
        named.iter().map(|id| self.market(id)).collect()
    }

    /// A marketplace of the account. Pseudo marketplaces are for nobody.
    pub(super) fn market(&self, id: &str) -> Result<Marketplace, Refusal> {
        if Marketplace::ALL.into_iter().any(|market| market.outside_id() == id) {
            return Err(denied(""));
        }
        match Marketplace::of(id) {
            Some(market) if market.region() == self.region => Ok(market),
            Some(_) => Err(denied("")),
            None => Err(invalid(&format!("marketplace {id:?} is not known"))),
        }
    }

    /// The only marketplace that a parameter names.
    pub(super) fn one_market(&self, name: &str) -> Result<Marketplace, Refusal> {
        match self.params.list(name).as_slice() {
            [id] => self.market(id),
            _ => Err(invalid(&format!("{name} must name exactly one marketplace."))),
        }
    }

    /// A moment that must lie at least two minutes back.
    pub(super) fn past(&self, name: &str) -> Result<Option<Second>, Refusal> {
        let at = self.params.moment(name)?;
        match at {
            Some(at) if at.0 > self.now - 120 => Err(invalid(&format!(
                "{name} must be at least 2 minutes before the time of the request."
            ))),
            at => Ok(at),
        }
    }

    /// Whether this fault strikes.
    pub(super) fn has(&self, kind: &Kind) -> bool {
        self.struck.has(kind)
    }
}
