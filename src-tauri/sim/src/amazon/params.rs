//! Parameters of a call: single values, lists with commas, moments; and tokens that hold to them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;

use super::answers::{Refusal, invalid};
use crate::faults::mix;
use crate::reply::Fields;
use crate::world::Second;

/// The parameters of a call, in the order in which they came.
pub(super) struct Params(Fields);

impl Params {
    pub(super) fn of(query: &str) -> Params {
        Params(Fields::form(query.as_bytes()))
    }

    /// A single value, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    /// All values by a name, commas and repetition alike.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let own = self.0.iter().filter(|(own, _)| *own == name);
        let values = own.flat_map(|(_, value)| value.split(','));
        values
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Names of all parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name)
    }

    /// A moment, rounded down to the second.
    pub(super) fn moment(&self, name: &str) -> Result<Option<Second>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let moment = DateTime::parse_from_rfc3339(text).ok().map(|at| Second(at.timestamp()));
        let day = || {
            let day = text.parse::<chrono::NaiveDate>().ok()?;
            Some(Second(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()))
        };
        match moment.or_else(day) {
            Some(at) => Ok(Some(at)),
            None => Err(invalid(&format!("{name} {text:?} is no date and time in ISO 8601."))),
        }
    }

    /// A whole number in a range.
    pub(super) fn size(&self, name: &str, most: usize, missing: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(missing) };
        let size = text.parse::<usize>().ok().filter(|size| (1..=most).contains(size));
        size.ok_or_else(|| invalid(&format!("{name} is a whole number from 1 to {most}.")))
    }

    /// All of them as they came, for a token that stands alone.
    pub(super) fn written(&self) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(self.0.iter());
        text.finish()
    }

    /// A mark of all parameters but those that may change from page to page.
    pub(super) fn mark(&self, free: &[&str]) -> u64 {
        let mut own: Vec<String> = self
            .0
            .iter()
            .filter(|(name, _)| !free.contains(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        own.sort();
        own.join("&").bytes().fold(7, |mark, byte| mix(mark ^ u64::from(byte)))
    }
}

/// A token: the call that it belongs to, when it was given, and where to go on. Opaque, with letters that an address
/// must escape.
pub(super) fn token(mark: u64, given: i64, place: &str) -> String {
    format!("{}+/==", STANDARD.encode(format!("{mark:016x}.{given}.{place}")))
}

/// The place in a token given for the same call at most `life` seconds ago.
pub(super) fn place(token: &str, mark: u64, now: i64, life: i64) -> Option<String> {
    let bytes = STANDARD.decode(token.strip_suffix("+/==")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut parts = text.splitn(3, '.');
    let own = u64::from_str_radix(parts.next()?, 16).ok()? == mark;
    let given: i64 = parts.next()?.parse().ok()?;
    let place = parts.next()?.to_owned();
    (own && (given..=given + life).contains(&now)).then_some(place)
}
