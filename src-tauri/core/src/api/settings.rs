//! Settings as a page shows and changes them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, CostPolicy, Event, Result};
use crate::metrics::Definition;
use crate::model::Zone;
use crate::store::Read;

use super::NoArgs;
use super::desk::Desk;

/// Colours of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl FromStr for Theme {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Theme, String> {
        match text {
            "system" => Ok(Theme::System),
            "light" => Ok(Theme::Light),
            "dark" => Ok(Theme::Dark),
            _ => Err(format!("“{text}” is no theme; use system, light or dark")),
        }
    }
}

/// How a setting is entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// One of its options.
    Choice,
    /// `true` or `false`.
    Toggle,
    /// Any text.
    Text,
}

/// A value to choose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct SettingOption {
    /// The value.
    pub value: String,
    /// The name on screens.
    pub label: String,
}

/// A setting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct SettingItem {
    /// Its key.
    pub key: String,
    /// The name on screens.
    pub label: String,
    /// What it does.
    pub hint: Option<String>,
    /// How it is entered.
    pub kind: SettingKind,
    /// The value now.
    pub value: String,
    /// Values to choose, where it is a choice.
    pub options: Vec<SettingOption>,
}

/// Settings that belong together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct SettingGroup {
    /// The name on screens.
    pub label: String,
    /// The settings.
    pub items: Vec<SettingItem>,
}

/// All settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct SettingGroups {
    /// By group.
    pub groups: Vec<SettingGroup>,
}

/// A setting to change.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SetSettingArgs {
    /// Its key.
    pub key: String,
    /// The new value.
    pub value: String,
}

const DEFINITION: &str = "definition";
const ZONE: &str = "zone";
const BACKDATE: &str = "costs.backdate";
const THEME: &str = "theme";

/// The stored theme.
pub(super) fn theme(r: &Read<'_>) -> Result<Theme> {
    Ok(r.setting(THEME)?.unwrap_or_default())
}

/// Answers `settings`.
///
/// # Errors
/// Why the profile does not open.
pub fn settings(desk: Desk<'_>, _: NoArgs) -> Result<SettingGroups> {
    desk.read(|r, scene| {
        let option = |value: &str, label: &str| SettingOption { value: value.to_owned(), label: label.to_owned() };
        let theme = match theme(r)? {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let item = |key: &str, label: &str, hint: Option<&str>, kind, value: &str, options| SettingItem {
            key: key.to_owned(),
            label: label.to_owned(),
            hint: hint.map(str::to_owned),
            kind,
            value: value.to_owned(),
            options,
        };
        let definitions = Definition::ALL.iter().map(|d| option(d.name(), d.label())).collect();
        let backdate = scene.settings.costs == CostPolicy::Backdate;
        let figures = vec![
            item(
                DEFINITION,
                "Definition",
                Some("How figures are counted when the program opens."),
                SettingKind::Choice,
                scene.settings.definition.name(),
                definitions,
            ),
            item(
                ZONE,
                "Reporting time zone",
                Some("One zone for all days, as an IANA name such as America/New_York. Empty: each connection's own. A change counts all history again."),
                SettingKind::Text,
                scene.settings.zone.map_or("", |z| z.name()),
                Vec::new(),
            ),
            item(
                BACKDATE,
                "Use today's cost for earlier sales",
                Some("Sales before a unit cost was first known then take the earliest known one. Figures made that way are marked estimated."),
                SettingKind::Toggle,
                if backdate { "true" } else { "false" },
                Vec::new(),
            ),
        ];
        let themes = vec![option("system", "As the system"), option("light", "Light"), option("dark", "Dark")];
        let looks = vec![item(THEME, "Colours", None, SettingKind::Choice, theme, themes)];
        Ok(SettingGroups {
            groups: vec![
                SettingGroup { label: "Figures".to_owned(), items: figures },
                SettingGroup { label: "Appearance".to_owned(), items: looks },
            ],
        })
    })
}

/// Answers `set_setting`.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a key or value that is none; nothing has changed then.
pub fn set_setting(desk: Desk<'_>, args: SetSettingArgs) -> Result<()> {
    let profile = desk.open()?;
    let value = args.value.trim();
    let invalid =
        |message: String| ApiError::invalid(format!("value: {message}"), "Take a value the settings page offers.");
    match args.key.as_str() {
        DEFINITION => profile.set_definition(value.parse().map_err(invalid)?)?,
        ZONE => {
            let zone: Option<Zone> = if value.is_empty() {
                None
            } else {
                Some(value.parse().map_err(invalid)?)
            };
            profile.set_zone(zone)?;
        }
        BACKDATE => {
            let policy = match value {
                "true" => CostPolicy::Backdate,
                "false" => CostPolicy::KnownOnly,
                _ => return Err(invalid(format!("“{value}” is neither true nor false"))),
            };
            profile.set_cost_policy(policy)?;
        }
        THEME => {
            let theme: Theme = value.parse().map_err(invalid)?;
            profile.store().write_blocking(move |w| w.set_setting(THEME, &theme))?;
        }
        key => {
            let message = format!("key: there is no setting “{key}”");
            return Err(ApiError::invalid(
                message,
                format!("There are: {DEFINITION}, {ZONE}, {BACKDATE}, {THEME}."),
            ));
        }
    }
    desk.app.tell(Event::DataChanged);
    Ok(())
}
