//! What stands around every page: profiles, range presets, definitions, channels, and what the user must do.

use chrono::Datelike;
use serde::Serialize;
use ts_rs::TS;

use crate::app::{Code, Result};
use crate::connectors::Channel;
use crate::metrics::{Comparison, Definition, Period, Step};
use crate::model::Day;
use crate::store::{Read, RunState};

use super::desk::{Desk, Part, Scene};
use super::issues::orders_twice;
use super::profiles::{ProfileRef, listed};
use super::{NoArgs, settings};

/// Something to choose, by code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Choice {
    /// The code.
    pub code: String,
    /// The name on screens.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(code: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice {
            code: code.into(),
            label: label.into(),
        }
    }
}

/// A definition to choose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct DefinitionChoice {
    /// The definition.
    pub code: Definition,
    /// The name on screens.
    pub label: String,
    /// What it counts, in a sentence.
    pub explanation: String,
}

/// A range of days to choose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Preset {
    /// The code.
    pub code: String,
    /// The name on screens.
    pub label: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

/// Something a person must do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Notice {
    /// What to branch on.
    pub code: Code,
    /// What happened.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What stands around every page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Frame {
    /// Version of the program.
    pub version: String,
    /// Every profile, by name.
    pub profiles: Vec<ProfileRef>,
    /// Nothing is connected and nothing was imported: the first-run screen opens.
    pub empty: bool,
    /// The day it is where the profile counts its days.
    pub today: Day,
    /// The definition chosen in the settings.
    pub definition: Definition,
    /// All definitions.
    pub definitions: Vec<DefinitionChoice>,
    /// The range to begin with.
    pub preset: String,
    /// Ranges to choose.
    pub presets: Vec<Preset>,
    /// The comparison to begin with.
    pub compare: String,
    /// Comparisons to choose.
    pub compares: Vec<Choice>,
    /// Sales channels to filter by.
    pub channels: Vec<Choice>,
    /// Colours.
    pub theme: settings::Theme,
    /// Things a person must do, most urgent first.
    pub notices: Vec<Notice>,
}

/// The code of “no comparison”.
pub const NO_COMPARISON: &str = "none";

/// Answers `frame`.
///
/// # Errors
/// Why the profile does not open.
pub fn frame(desk: Desk<'_>, _: NoArgs) -> Result<Frame> {
    let profile = desk.open()?;
    let profiles = listed(desk.app, Some(&profile.info().id))?;
    desk.read(|r, scene| {
        let compares = Comparison::ALL.iter().map(|c| Choice::new(c.name(), c.label()));
        Ok(Frame {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profiles,
            empty: scene.connections.is_empty(),
            today: scene.today,
            definition: scene.settings.definition,
            definitions: Definition::ALL.into_iter().map(choice_of).collect(),
            preset: "last_30".to_owned(),
            presets: presets(scene.today),
            compare: Comparison::default().name().to_owned(),
            compares: std::iter::once(Choice::new(NO_COMPARISON, "No comparison"))
                .chain(compares)
                .collect(),
            channels: channels(r, scene)?,
            theme: settings::theme(r)?,
            notices: notices(r, scene)?,
        })
    })
}

fn choice_of(definition: Definition) -> DefinitionChoice {
    let explanation = match definition {
        Definition::OrderTotals => "Sales on the day of the order; what was cancelled leaves that day.",
        Definition::Platform => "Everything on its own day, like the platform’s sales report; the past never changes.",
        Definition::Accounting => "Sales on the day they ship, shipped quantity only.",
    };
    DefinitionChoice {
        code: definition,
        label: definition.label().to_owned(),
        explanation: explanation.to_owned(),
    }
}

/// Ranges people ask for, each ending today where it is not over.
fn presets(today: Day) -> Vec<Preset> {
    let preset = |code: &str, label: &str, period: Period| Preset {
        code: code.to_owned(),
        label: label.to_owned(),
        from: period.from,
        to: period.to,
    };
    let month = Step::Month.start(today);
    let month_before = Step::Month.start(month.plus(-1));
    let year = today.plus(-(today.date().ordinal0() as i32));
    let year_before = year.plus(-1).plus(-(year.plus(-1).date().ordinal0() as i32));
    let until = |from: Day, to: Day| Period { from, to };
    vec![
        preset("today", "Today", until(today, today)),
        preset("yesterday", "Yesterday", until(today.plus(-1), today.plus(-1))),
        preset("last_7", "Last 7 days", Period::ending(today, 7)),
        preset("last_30", "Last 30 days", Period::ending(today, 30)),
        preset("last_90", "Last 90 days", Period::ending(today, 90)),
        preset("last_365", "Last 365 days", Period::ending(today, 365)),
        preset("this_month", "This month", until(month, today)),
        preset("last_month", "Last month", until(month_before, month.plus(-1))),
        preset("this_year", "This year", until(year, today)),
        preset("last_year", "Last year", until(year_before, year.plus(-1))),
    ]
}

/// Sales channels with sales; where there are several platforms, each as a whole too.
fn channels(r: &Read<'_>, scene: &Scene) -> Result<Vec<Choice>> {
    let mut parts: Vec<Part> = Vec::new();
    for (connection, name) in r.sales_channels()? {
        let Some(channel) = scene.channel_of(connection) else {
            continue;
        };
        parts.push(Part {
            channel,
            sales_channel: Some(name),
        });
    }
    let platforms = |parts: &[Part]| {
        Channel::ALL
            .iter()
            .filter(|c| parts.iter().any(|p| p.channel == **c))
            .count()
    };
    if platforms(&parts) > 1 {
        let whole: Vec<Part> = parts
            .iter()
            .map(|p| Part {
                channel: p.channel,
                sales_channel: None,
            })
            .collect();
        parts.extend(whole);
    }
    parts.sort();
    parts.dedup();
    let label = |part: &Part| match &part.sales_channel {
        None => part.channel.label().to_owned(),
        Some(name) => scene.channel_label(part.channel, name),
    };
    Ok(parts.iter().map(|part| Choice::new(part.code(), label(part))).collect())
}

/// What a person must do: about orders that count twice, and about connections whose last run ended in an error.
fn notices(r: &Read<'_>, scene: &Scene) -> Result<Vec<Notice>> {
    let mut notices: Vec<Notice> = orders_twice(r)?
        .into_iter()
        .map(|twice| Notice {
            code: Code::Invalid,
            text: format!("{}.", twice.what),
            hint: Some(twice.next_step),
        })
        .collect();
    for connection in scene.connections.iter().filter(|c| c.disconnected_at.is_none()) {
        let Some(run) = r.runs(Some(connection.id), 1)?.into_iter().next() else {
            continue;
        };
        if run.state != RunState::Failed {
            continue;
        }
        let Some(error) = super::connections::error_of(&run) else {
            continue;
        };
        notices.push(Notice {
            code: error.code,
            text: format!("{}: {}", connection.name, error.message),
            hint: error.hint,
        });
    }
    notices.sort_by_key(|n| n.code != Code::NeedsReconnect);
    Ok(notices)
}
