//! What of a record may be kept: personal data is taken out before anything is stored (contract section 6), and the mark
//! “(removed)” stands where it was, so that the record says so itself.

use serde_json::value::RawValue;

use super::table::REMOVED;

/// Members of JSON records that are about a person, or texts that a person wrote; compared without signs and case.
const PERSONAL: &[&str] = &[
    "buyer",
    "recipient",
    "payment",
    "paymentexecutiondetail",
    "paymentmethoddetails",
    "giftoption",
    "giftmessage",
    "giftmessagetext",
    "gifttext",
    "customization",
    "customizedurl",
    "customizedpage",
    "cancelreason",
    "deliveryaddress",
    "deliverypreference",
    "deliverypreferences",
    "shippingaddress",
    "billingaddress",
    "destinationaddress",
    "shipfromaddress",
    "defaultshipfromlocationaddress",
    "addressline1",
    "addressline2",
    "addressline3",
    "postalcode",
    "destinationpostalcode",
    "phone",
    "phonenumber",
    "email",
    "purchaseordernumber",
    "customercomments",
    "cpf",
    "taxregistrations",
    "iossnumber",
];

/// Members that only an order's record has for a person's tax data.
const OF_ORDERS: &[&str] = &["tax"];

/// Columns of reports, by their beginning.
const COLUMNS_BEGINNING: &[&str] = &[
    "buyer-",
    "recipient-",
    "ship-",
    "bill-",
    "gift-message",
    "customized-",
    "payments-",
];

/// Columns that begin so and are about no person.
const KEPT_COLUMNS: &[&str] = &[
    "ship-service-level",
    "ship-promotion-discount",
    "ship-promotion-discount-tax",
    "ship-promotion-id",
];

/// Other columns of reports.
const COLUMNS: &[&str] = &[
    "cpf",
    "purchase-order-number",
    "customer-comments",
    "delivery-instructions",
    "address-type",
];

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_personal(name: &str, order: bool) -> bool {
    let name = plain(name);
    let about_buyers = name.starts_with("buyer") && name != "buyerrequestedcancel";
    about_buyers || PERSONAL.contains(&name.as_str()) || (order && OF_ORDERS.contains(&name.as_str()))
}

/// A JSON record without personal data: what stands in such a member is replaced, every other byte stays. `order`: whether it is
/// an order's.
pub fn json(text: &str, order: bool) -> String {
    let mut cuts = Vec::new();
    if let Ok(value) = serde_json::from_str::<&RawValue>(text) {
        find(text, value, order, 0, &mut cuts);
    }
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for (from, to) in cuts {
        kept.push_str(&text[at..from]);
        kept.push('"');
        kept.push_str(REMOVED);
        kept.push('"');
        at = to;
    }
    kept.push_str(&text[at..]);
    kept
}

/// What a JSON text says, whatever its spacing, the order of its members, and the zeros of its numbers.
pub fn meaning(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => say(value, 0, &mut said),
        Err(_) => said.push_str(text),
    }
    said
}

fn say(value: &RawValue, depth: usize, said: &mut String) {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') if depth < 64 => {
            let mut members = match serde_json::from_str(text) {
                Ok(Members(members)) => members,
                Err(_) => return said.push_str(text),
            };
            members.sort_by(|a, b| a.0.cmp(&b.0));
            said.push('{');
            for (name, member) in members {
                said.push_str(&format!("{name:?}:"));
                say(member, depth + 1, said);
                said.push(',');
            }
            said.push('}');
        }
        Some(b'[') if depth < 64 => {
            said.push('[');
            for item in serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_default() {
                say(item, depth + 1, said);
                said.push(',');
            }
            said.push(']');
        }
        Some(b'"') => match serde_json::from_str::<String>(text) {
            Ok(plain) => said.push_str(&format!("{plain:?}")),
            Err(_) => said.push_str(text),
        },
        Some(b'-' | b'0'..=b'9') => match super::parse::micros(text, crate::model::PathRef::default()) {
            Ok(micros) => said.push_str(&micros.to_string()),
            Err(_) => said.push_str(text),
        },
        _ => said.push_str(text),
    }
}

/// The members of an object in the order they stand in.
struct Members<'a>(Vec<(std::borrow::Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> serde::de::Visitor<'de> for Visit<'a> {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'a RawValue>()? {
                    members.push((name.into(), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit(std::marker::PhantomData))
    }
}

/// Collects the places of what is personal, in the order of the text.
fn find(whole: &str, value: &RawValue, order: bool, depth: usize, cuts: &mut Vec<(usize, usize)>) {
    let place = |value: &RawValue| {
        let from = value.get().as_ptr() as usize - whole.as_ptr() as usize;
        (from, from + value.get().len())
    };
    let nothing = |value: &RawValue| {
        let text: String = value.get().split_whitespace().collect();
        matches!(text.as_str(), "null" | "\"\"" | "{}" | "[]")
    };
    match value.get().as_bytes().first() {
        Some(b'{') if depth < 64 => {
            let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(value.get()) else {
                return;
            };
            for (name, member) in members {
                match is_personal(&name, order) {
                    true if nothing(member) => {}
                    true => cuts.push(place(member)),
                    false => find(whole, member, order, depth + 1, cuts),
                }
            }
        }
        Some(b'[') if depth < 64 => {
            let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
                return;
            };
            for item in items {
                find(whole, item, order, depth + 1, cuts);
            }
        }
        // What is nested deeper than any record is not looked into, and not kept.
        Some(b'{' | b'[') => cuts.push(place(value)),
        _ => {}
    }
}

/// Whether a column of a report is about a person.
pub fn is_personal_column(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    let begins = COLUMNS_BEGINNING.iter().any(|beginning| name.starts_with(beginning));
    (begins && !KEPT_COLUMNS.contains(&name.as_str())) || COLUMNS.contains(&name.as_str())
}

/// A row of a report without personal data.
pub fn row(line: &str, personal: &[usize]) -> String {
    let cells =
        line.split('\t')
            .enumerate()
            .map(|(at, cell)| match personal.contains(&at) && !cell.trim().is_empty() {
                true => REMOVED,
                false => cell,
            });
    cells.collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_personal_is_replaced_and_every_other_byte_stays() {
        let text = "{ \"orderId\" : \"1\",\"buyer\":{\"buyerName\":\"J\\u0061ne\"},\n \"x\":[{\"giftOption\":{\"giftMessage\":\"hi\"},\"q\":1.50}], \"recipient\":null}";
        let kept = json(text, true);
        assert_eq!(
            kept,
            "{ \"orderId\" : \"1\",\"buyer\":\"(removed)\",\n \"x\":[{\"giftOption\":\"(removed)\",\"q\":1.50}], \"recipient\":null}",
            "the mark stands in its place"
        );
        assert_eq!(json(&kept, true), kept, "once is enough");
        let clean = "{\"orderId\":\"1\"}";
        assert_eq!(json(clean, true), clean, "nothing to remove: the bytes as they came");
    }

    #[test]
    fn address_columns_go_and_money_columns_stay() {
        for gone in [
            "ship-city",
            "ship-state",
            "ship-postal-code",
            "ship-country",
            "buyer-email",
            "recipient-name",
            "cpf",
            "customized-url",
        ] {
            assert!(is_personal_column(gone), "{gone} is about a person");
        }
        for kept in ["ship-service-level", "ship-promotion-discount", "item-price"] {
            assert!(!is_personal_column(kept), "{kept} is not");
        }
        assert_eq!(
            row("1\tSEATTLE\t\t5", &[1, 2]),
            "1\t(removed)\t\t5",
            "a blank cell stays blank"
        );
    }
}
