//! Whose the records are that were imported before their shop was connected.
//!
//! Records from files belong to no account. When a shop is connected it is asked for some of them: the newest orders, products
//! and customers by their ids, which no two shops share, and orders of exports without ids by name and second. What it knows is
//! its own: the sets of files that hold it become part of the connection, so that nothing counts twice. What it does not know
//! stays apart, so that two shops are never one.

use crate::auth::connect::shopify::{Connected, World, known};
use crate::connectors::Channel;
use crate::connectors::fetch::Note;
use crate::connectors::shopify::fetch::{MOST_IDS, MOST_NAMES, Question};
use crate::model::Zone;
use crate::store::{Connection, ConnectionId, Read};

use super::joining::is_files;
use super::{Profile, Result};

/// A shop that let us in, and what it says of the files that were imported before.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The shop.
    pub connected: Connected,
    /// Its say about each set of imported files.
    pub(super) claims: Vec<Claim>,
}

/// What a shop says of one set of imported files.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) connection: ConnectionId,
    pub(super) name: String,
    /// Things it was asked for; 0 where the files hold nothing that can be asked for, or the shop does not let us ask.
    pub(super) asked: u64,
    /// Those it knows.
    pub(super) known: u64,
}

/// Keys of orders from exports without ids begin so; the number that people see follows.
pub(super) const NAMED: &str = "name:";

/// What becomes of the files.
pub(super) struct Fate {
    /// The set that becomes the connection.
    pub(super) adopted: Option<ConnectionId>,
    /// The sets that become part of it.
    pub(super) joined: Vec<ConnectionId>,
    /// What the user should know of it.
    pub(super) notes: Vec<Note>,
}

impl Profile {
    /// Asks the shop for things of each set of imported files.
    pub(super) async fn claims(&self, world: &World, connected: &Connected) -> Result<Vec<Claim>> {
        let sets = self.store().read(|r| {
            let all = r.connections()?.into_iter();
            all.filter(|c| c.channel == Channel::Shopify && is_files(c))
                .map(|c| question(r, &c).map(|question| (c, question)))
                .collect::<crate::store::Result<Vec<_>>>()
        });
        let mut claims = Vec::new();
        for (connection, question) in sets.await? {
            let something = !question.ids.is_empty() || !question.named.is_empty();
            let answer = match something {
                true => known(world, connected, question).await?,
                false => None,
            };
            let (known, asked) = answer.unwrap_or((0, 0));
            claims.push(Claim {
                connection: connection.id,
                name: connection.name,
                asked,
                known,
            });
        }
        Ok(claims)
    }
}

/// What to ask a shop for, to learn whether a set of files is its own.
fn question(r: &Read<'_>, files: &Connection) -> crate::store::Result<Question> {
    let mut question = Question::default();
    for (stream, kind) in [("orders", "Order"), ("products", "Product"), ("customers", "Customer")] {
        let keys = r.keys_of(files.id, stream)?;
        let mut numbers: Vec<u64> = keys.iter().filter_map(|key| key.parse().ok()).collect();
        // Newer things have higher numbers, and a shop may hide old orders.
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let newest = numbers.into_iter().take(MOST_IDS / 4);
        question.ids.extend(newest.map(|n| format!("gid://shopify/{kind}/{n}")));
        if kind == "Order" {
            let mut products = Vec::new();
            for key in keys.iter().rev() {
                if products.len() >= MOST_IDS / 4 && question.named.len() >= MOST_NAMES {
                    break;
                }
                let Some(order) = r.order(files.id, key)? else { continue };
                if key.starts_with(NAMED) && question.named.len() < MOST_NAMES {
                    question.named.push((order.name.clone(), order.placed_at.sort_key()));
                }
                // The shop shows a product whatever the age of its sales.
                for product in order.lines.iter().filter_map(|line| line.product.as_ref()) {
                    let gid = format!("gid://shopify/Product/{product}");
                    if products.len() < MOST_IDS / 4 && product.parse::<u64>().is_ok() && !products.contains(&gid) {
                        products.push(gid);
                    }
                }
            }
            question.ids.append(&mut products);
        }
    }
    question.ids.sort();
    question.ids.dedup();
    Ok(question)
}

impl Fate {
    /// What becomes of the files by what the shop says of them; `before` is the shop's connection, if it had one.
    pub(super) fn of(before: Option<&Connection>, claims: &[Claim]) -> Fate {
        let (own, others): (Vec<&Claim>, Vec<&Claim>) = claims.iter().partition(|c| c.known > 0);
        let notes = own.iter().map(|claim| adopted(claim));
        let notes = notes.chain(others.iter().map(|claim| apart(claim))).collect();
        let mut own = own.iter().map(|claim| claim.connection);
        Fate {
            adopted: if before.is_none() { own.next() } else { None },
            joined: own.collect(),
            notes,
        }
    }
}

pub(super) fn note(code: &str, message: String, hint: &str) -> Note {
    Note {
        code: code.to_owned(),
        message,
        hint: hint.to_owned(),
    }
}

fn adopted(claim: &Claim) -> Note {
    let Claim { name, asked, known, .. } = claim;
    note(
        "files_adopted",
        format!(
            "What was imported as “{name}” is this shop's, which knows {known} of {asked} things asked for; it is part of this connection now."
        ),
        if known < asked {
            "What it does not know was deleted there, or is hidden from the app, or came from a file of another shop."
        } else {
            ""
        },
    )
}

fn apart(claim: &Claim) -> Note {
    let Claim { name, asked, .. } = claim;
    let message = match asked {
        0 => format!("“{name}” stays apart: nothing in it tells whether it is this shop's."),
        _ => format!("“{name}” stays apart: the shop knows none of {asked} things asked for of it."),
    };
    note(
        "files_apart",
        message,
        "If it is this shop's after all, “countinghouse connections join” makes it part of this connection.",
    )
}

/// What changed for records whose days were counted in another zone.
pub(super) fn recounted(files: &Connection, zone: Zone) -> Option<Note> {
    let before = files.zone.unwrap_or(Zone::UTC);
    (before != zone).then(|| {
        note(
            "files_recounted",
            format!(
                "Days of what was imported were counted in {before}, and are now counted in the shop's zone, {zone}."
            ),
            "",
        )
    })
}
