//! `connections`.

use clap::{ArgGroup, Args, Subcommand};
use countinghouse_core::api::NoArgs;
use countinghouse_core::api::accounts::{AccountRight, RightState, accounts};
use countinghouse_core::api::connections::{Connection as Standing, connections};
use countinghouse_core::app::{ApiError, Code, Profile};
use countinghouse_core::auth::connect::granted::{RoleStanding, Standing as RoleState};
use countinghouse_core::connectors::fetch::Note;
use countinghouse_core::model::Zone;
use countinghouse_core::store::Connection;
use serde_json::json;

use super::market::Market;
use super::out::{plain, table, wrapped};
use super::{Context, Done, block_on};

#[derive(Subcommand)]
pub(crate) enum ConnectionsCommand {
    /// Every connection
    List,
    /// Ask the platform who it is, and what is permitted; one harmless request
    Test {
        /// Name or number
        name: String,
    },
    /// Set how an account is asked
    Set(SetArguments),
    /// Disconnect an account and delete its access; say what becomes of its records
    ///
    /// The access kept here is deleted. Shopify offers an app no way to give up its own token, so that the answer says where to
    /// end the app's rights there.
    Remove(RemoveArguments),
    /// Make a set of imported files part of a shop's connection, or of another set
    ///
    /// Its records are read again from their stored bytes, as importing them there would have done, so that an order that both hold
    /// is one order. This happens by itself where a shop knows the files when it is connected, and where both hold the same orders.
    Join(JoinArguments),
}

#[derive(Args)]
pub(crate) struct SetArguments {
    /// Name or number
    name: String,
    /// Version of Shopify's interface to ask for, such as 2027-01, where Shopify no longer serves the one this program knows; “usual” goes
    /// back to that
    #[arg(long, value_name = "VERSION", required = true)]
    interface_version: String,
}

#[derive(Args)]
pub(crate) struct JoinArguments {
    /// The set of files: name or number
    files: String,
    /// The connection it becomes part of: name or number
    into: String,
    /// Really do it; it cannot be taken apart again
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("records").required(true)))]
pub(crate) struct RemoveArguments {
    /// Name or number
    name: String,
    /// Keep orders, records and figures; connecting the account again goes on with them
    #[arg(long, group = "records")]
    keep_data: bool,
    /// Delete everything stored of it, raw records included; its sales leave the figures
    #[arg(long, group = "records")]
    delete_data: bool,
    /// Really do it
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(context: &Context<'_>, command: &ConnectionsCommand) -> Done {
    match command {
        ConnectionsCommand::List => list(context),
        ConnectionsCommand::Test { name } => test(context, name),
        ConnectionsCommand::Set(arguments) => set(context, arguments),
        ConnectionsCommand::Remove(arguments) => remove(context, arguments),
        ConnectionsCommand::Join(arguments) => join(context, arguments),
    }
}

fn list(context: &Context<'_>) -> Done {
    let app = context.app()?;
    let desk = context.desk(&app);
    let all = desk.open()?.store().read_blocking(|r| r.connections())?;
    let (standing, accounts) = (connections(desk, NoArgs {})?, accounts(desk, NoArgs {})?.accounts);
    let listed: Vec<Row<'_>> = all
        .iter()
        .filter_map(|c| {
            Some(Row {
                connection: c,
                standing: standing.iter().find(|s| s.id == c.id.0)?,
                rights: &accounts.iter().find(|a| a.id == c.id.0)?.rights,
            })
        })
        .collect();
    let answer: Vec<serde_json::Value> = listed
        .iter()
        .map(|row| {
            let c = row.connection;
            json!({
                "id": c.id, "platform": c.channel, "name": c.name, "account": c.account, "endpoint": c.endpoint,
                "currency": c.currency, "time_zone": c.zone.map(|z| z.to_string()), "connected": is_live(c),
                "disconnected_at": c.disconnected_at, "state": row.standing.state, "state_text": row.standing.state_text,
                "next_step": row.standing.next_step, "granted": row.named(RightState::Granted),
                "not_granted": row.named(RightState::Missing),
            })
        })
        .collect();
    context.out.answer(&answer, || {
        if all.is_empty() {
            return "Nothing is connected yet. “countinghouse connect shopify --help” and “connect amazon --help” tell how.".into();
        }
        let rows: Vec<Vec<String>> = listed.iter().map(Row::cells).collect();
        let mut lines = vec![table(
            &["Connection", "No.", "Platform", "Currency", "Days in", "State"],
            &rows,
        )];
        lines.extend(listed.iter().flat_map(Row::below));
        lines.join("\n")
    })
}

/// A connection with how it stands and what it grants.
struct Row<'a> {
    connection: &'a Connection,
    standing: &'a Standing,
    rights: &'a [AccountRight],
}

impl Row<'_> {
    /// Names of the rights that stand so.
    fn named(&self, state: RightState) -> Vec<&str> {
        let rights = self.rights.iter().filter(|right| right.state == state);
        rights.map(|right| right.name.as_str()).collect()
    }

    fn cells(&self) -> Vec<String> {
        let c = self.connection;
        vec![
            c.name.clone(),
            c.id.to_string(),
            c.channel.label().to_owned(),
            c.currency.map_or_else(|| "–".into(), |c| c.to_string()),
            c.zone.map_or_else(|| "–".into(), |z: Zone| z.to_string()),
            self.standing.state_text.to_lowercase(),
        ]
    }

    /// What stands below the table: rights, and what to do.
    fn below(&self) -> Vec<String> {
        let (granted, missing) = (self.named(RightState::Granted), self.named(RightState::Missing));
        let told = [("granted", granted), ("not granted", missing)].into_iter();
        let told = told.filter(|(_, names)| !names.is_empty());
        let mut lines: Vec<String> = told
            .map(|(word, names)| format!("{word}: {}", names.join(", ")))
            .collect();
        lines.extend(self.standing.next_step.clone());
        if !lines.is_empty() {
            lines = lines.iter().map(|line| wrapped(&plain(line), 2)).collect();
            lines.insert(0, format!("\n{}", plain(&self.connection.name)));
        }
        lines
    }
}

/// Whether there is an account to ask.
pub(crate) fn is_live(c: &Connection) -> bool {
    !c.endpoint.is_empty() && c.disconnected_at.is_none()
}

fn test(context: &Context<'_>, name: &str) -> Done {
    let profile = context.profile()?;
    let connection = find(&profile, name)?;
    let tested = block_on(async {
        let _open = Market::open(context, &profile).await?;
        profile.test_connection(connection.id).await
    })?;
    let identity = &tested.identity;
    let missing: Vec<serde_json::Value> = tested
        .missing
        .iter()
        .map(|right| json!({ "scope": right.scope, "without": right.without }))
        .collect();
    let roles = roles(&tested.roles);
    let answer = json!({
        "connection": tested.connection.id, "name": tested.connection.name, "account": identity.account,
        "account_name": identity.name, "currency": identity.currency, "time_zone": identity.zone.to_string(),
        "granted": identity.scopes, "missing": missing, "roles": roles, "notes": tested.notes,
    });
    context.out.answer(&answer, || {
        let mut lines = vec![format!(
            "“{}” answers: {} ({}, days in {}).",
            plain(&tested.connection.name),
            plain(&identity.name),
            identity.currency,
            identity.zone
        )];
        if !identity.scopes.is_empty() {
            lines.push(format!("  granted: {}", plain(&identity.scopes.join(", "))));
        }
        lines.extend(role_lines(&tested.roles));
        for right in &tested.missing {
            lines.push(format!("  not granted: {} – {}", right.scope, right.without));
        }
        lines.extend(tested.notes.iter().map(noted));
        lines.join("\n")
    })
}

fn set(context: &Context<'_>, arguments: &SetArguments) -> Done {
    let profile = context.profile()?;
    let connection = find(&profile, &arguments.name)?;
    let version = Some(arguments.interface_version.clone()).filter(|version| version != "usual");
    let connection = block_on(profile.set_interface_version(connection.id, version.clone()))?;
    let answer = json!({ "connection": connection.id, "name": connection.name, "interface_version": version });
    context.out.answer(&answer, || match &version {
        Some(version) => format!("“{}” asks for version {version} from now on.", plain(&connection.name)),
        None => format!("“{}” asks for the version this program knows.", plain(&connection.name)),
    })
}

/// Roles of an application, for JSON.
pub(crate) fn roles(all: &[RoleStanding]) -> Vec<serde_json::Value> {
    all.iter()
        .map(|one| {
            let (state, why) = match &one.standing {
                RoleState::Granted => ("granted", None),
                RoleState::Refused(why) => ("missing", Some(why)),
                RoleState::Untried => ("untried", None),
            };
            json!({ "role": one.role.name, "state": state, "without": one.role.without, "why": why })
        })
        .collect()
}

/// Roles of an application, a line for each state.
pub(crate) fn role_lines(all: &[RoleStanding]) -> Vec<String> {
    let names = |standing: &RoleState| {
        let of = all
            .iter()
            .filter(|one| one.standing == *standing)
            .map(|one| one.role.name);
        of.collect::<Vec<_>>().join(", ")
    };
    let (granted, untried) = (names(&RoleState::Granted), names(&RoleState::Untried));
    let mut lines = Vec::new();
    if !granted.is_empty() {
        lines.push(format!("  roles: {granted}"));
    }
    for one in all {
        if let RoleState::Refused(why) = &one.standing {
            lines.push(format!(
                "  role missing: {} – {} {}",
                one.role.name, one.role.without, why.hint
            ));
        }
    }
    if !untried.is_empty() {
        lines.push(format!("  roles that the next sync tries: {untried}"));
    }
    lines
}

fn remove(context: &Context<'_>, arguments: &RemoveArguments) -> Done {
    let profile = context.profile()?;
    let connection = find(&profile, &arguments.name)?;
    let held = profile.held(connection.id)?;
    let stored = format!("{} orders and {} raw records", held.orders, held.records);
    if !arguments.yes {
        let becomes = match arguments.delete_data {
            true => format!("deletes its {stored} for good"),
            false => format!("deletes its access; its {stored} stay"),
        };
        return Err(ApiError::invalid(
            format!("removing “{}” {becomes}", connection.name),
            "Nothing was done. Add --yes if you mean it.",
        ));
    }
    let gone = block_on(profile.remove_connection(connection.id, arguments.delete_data))?;
    context.out.answer(&gone, || {
        let mut lines = vec![match (&gone.data_deleted, gone.access_deleted) {
            (Some(_), _) => format!("“{}” is removed, with its {stored}.", plain(&gone.name)),
            (None, true) => format!(
                "“{}” is disconnected and its access deleted; its {stored} stay.",
                plain(&gone.name)
            ),
            (None, false) => format!("“{}” is disconnected; its {stored} stay.", plain(&gone.name)),
        }];
        lines.extend(gone.next_step.clone());
        lines.join("\n")
    })
}

fn join(context: &Context<'_>, arguments: &JoinArguments) -> Done {
    let profile = context.profile()?;
    let (files, into) = (find(&profile, &arguments.files)?, find(&profile, &arguments.into)?);
    profile.may_join(files.id, into.id)?;
    if !arguments.yes {
        let held = profile.held(files.id)?;
        return Err(ApiError::invalid(
            format!(
                "this makes “{}”, with its {} orders, part of “{}”, for good",
                files.name, held.orders, into.name
            ),
            "Nothing was done. Add --yes if you mean it.",
        ));
    }
    let joined = block_on(profile.join_files(files.id, into.id))?;
    context.out.answer(&joined, || {
        let mut lines = vec![format!(
            "“{}” is part of “{}” now, with its {} orders; what both hold counts once.",
            plain(&joined.files),
            plain(&joined.name),
            joined.held.orders
        )];
        lines.extend(joined.notes.iter().map(noted));
        lines.join("\n")
    })
}

/// A note on a line of its own.
pub(crate) fn noted(note: &Note) -> String {
    format!("  note: {} {}", plain(&note.message), plain(&note.hint))
        .trim_end()
        .to_owned()
}

/// A connection by name or number.
pub(crate) fn find(profile: &Profile, name: &str) -> Result<Connection, ApiError> {
    let all = profile.store().read_blocking(|r| r.connections())?;
    let found: Vec<&Connection> = all
        .iter()
        .filter(|c| c.name.eq_ignore_ascii_case(name) || c.id.to_string() == name)
        .collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names: Vec<String> = all.iter().map(|c| format!("“{}” (no. {})", c.name, c.id)).collect();
            let hint = match names.is_empty() {
                true => "Nothing is connected yet; “countinghouse connect shopify --help” tells how.".to_owned(),
                false => format!("There are: {}.", names.join(", ")),
            };
            Err(ApiError::new(
                Code::NotFound,
                format!("there is no connection “{name}”"),
                hint,
            ))
        }
        several => {
            let numbers: Vec<String> = several.iter().map(|c| c.id.to_string()).collect();
            Err(ApiError::invalid(
                format!("several connections are called “{name}”"),
                format!("Use the number: {}.", numbers.join(" or ")),
            ))
        }
    }
}
