//! Which of some things a shop has: asked once, before records that were imported from files are taken for its own. Not a stream
//! of a sync.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::documents::KNOWN;
use super::flow::{self, Flow};
use super::slices::second_of;
use crate::connectors::fetch::{Batch, Coverage, Measure, Page, Step, StreamCtx};
use crate::net::NetError;

/// Name of the question where a stream is named.
pub(crate) const KNOWN_STREAM: &str = "known";

/// Most orders that are asked for by name.
pub(crate) const MOST_NAMES: usize = 10;
/// Most things that are asked for by id; the platform takes 250.
pub(crate) const MOST_IDS: usize = 200;

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Question {
    /// Gids, at most [`MOST_IDS`].
    pub(crate) ids: Vec<String>,
    /// Orders of which only the name is known, with the UTC second they were placed; at most [`MOST_NAMES`]. Shops have the same
    /// names, but not for orders of the same second.
    pub(crate) named: Vec<(String, i64)>,
    /// Answered already.
    answered: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    name: String,
    created_at: Option<String>,
    processed_at: Option<String>,
}

#[derive(Deserialize)]
struct NamedRows {
    nodes: Vec<Named>,
}

impl Question {
    /// Finds orders by their names; one that no order has finds none.
    fn search(&self) -> String {
        let names = self.named.iter().map(|(name, _)| {
            let plain: String = name.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
            format!("name:'{plain}'")
        });
        let names: Vec<String> = names.collect();
        if names.is_empty() {
            "id:0".to_owned()
        } else {
            names.join(" OR ")
        }
    }
}

impl Flow for Question {
    fn begin(&mut self, _ctx: &StreamCtx<'_>) {
        self.answered = false;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if self.answered {
            return Ok(Step::Done);
        }
        // Names may repeat within a shop; a few more rows than names are enough for that.
        let rows = 5 * MOST_NAMES as i64;
        KNOWN.call(
            ctx.remote,
            json!({ "ids": self.ids, "q": self.search() }),
            &[("n", rows)],
        )
    }

    /// The measure's `done` says how many of the things the shop knows.
    fn read(&mut self, _ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let (answer, _) = flow::answer(&batch)?;
        let envelope = flow::envelope(answer)?;
        let nodes: Vec<Option<Value>> = envelope
            .root("nodes")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("nodes"))?;
        let rows: NamedRows = envelope
            .root("orders")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("orders"))?;
        let same = |row: &Named, (name, second): &(String, i64)| {
            let times = [row.created_at.as_deref(), row.processed_at.as_deref()];
            row.name == *name && times.into_iter().flatten().any(|at| second_of(at) == Some(*second))
        };
        let by_name = self
            .named
            .iter()
            .filter(|named| rows.nodes.iter().any(|row| same(row, named)))
            .count();
        self.answered = true;
        Ok(Page {
            measure: Measure::of(
                (nodes.iter().flatten().count() + by_name) as u64,
                Some((self.ids.len() + self.named.len()) as u64),
            ),
            ..Page::default()
        })
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: None,
            until: None,
            whole: self.answered,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
