//! What the product answers. Every command of the window, the local server and the command line ends here.
//!
//! [`LIST`] is the one list of commands; [`dispatch`] carries one out. A command has a [`Class`]: the window grants classes, not
//! commands, and a command called under another class is refused. Texts leave formatted ([`words`]); pages compute nothing.

pub mod accounts;
mod args;
pub mod border;
mod complete;
mod completeness;
pub mod connect;
pub mod connections;
mod control;
pub mod dashboard;
mod desk;
pub mod doctor;
mod figure;
pub mod frame;
mod gaps;
pub mod health;
mod history;
mod insights;
pub mod issues;
pub mod lists;
pub mod metrics;
mod older;
pub mod order;
pub mod orders;
mod pictures;
mod products;
pub mod profiles;
pub mod raw;
mod rights;
pub mod runs;
pub mod security;
pub mod settings;
mod spans;
mod sums;
mod tiles;
mod total;
pub mod trace;
mod trends;
mod unread;
pub mod words;
pub mod work;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::app::{ApiError, App, Result};

pub use args::NoArgs;
pub use desk::{Desk, Part, Scene};
pub use figure::{Figure, Figures};

/// What a command may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "CommandClass")]
pub enum Class {
    /// Reads; changes nothing.
    Read,
    /// Changes the profile's settings or starts work.
    Change,
    /// Takes files or secrets.
    Files,
}

impl Class {
    /// The name at the border, also that of the window's entry.
    pub fn name(self) -> &'static str {
        match self {
            Class::Read => "read",
            Class::Change => "change",
            Class::Files => "files",
        }
    }
}

/// A command of the list.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it may do.
    pub class: Class,
}

macro_rules! commands {
    ($($name:ident $class:ident $function:path: $args:ty => $result:ty;)*) => {
        /// Every command.
        pub const LIST: &[Command] = &[$(Command { name: stringify!($name), class: Class::$class },)*];

        /// Carries out a command of `desk` on this thread.
        ///
        /// # Errors
        /// [`crate::app::Code::Invalid`] for an unknown command, one of another class, or arguments that do not fit (the message
        /// names the field); and what the command itself answers.
        pub fn answer(desk: Desk<'_>, class: Class, command: &str, args: Value) -> Result<Value> {
            args::allowed(class, command)?;
            match command {
                $(stringify!($name) => {
                    let args: $args = args::read(command, args)?;
                    let result: $result = $function(desk, args)?;
                    args::written(&result)
                })*
                _ => Err(args::unknown(command)),
            }
        }

        /// Shows every command with its types, for the border file.
        fn visit_commands(visit: &mut border::Visit<'_>) {
            $(visit.command::<$args, $result>(stringify!($name));)*
        }
    };
}

commands! {
    frame Read frame::frame: NoArgs => frame::Frame;
    dashboard Read dashboard::dashboard: dashboard::DashboardArgs => dashboard::Dashboard;
    orders Read orders::orders: orders::OrdersArgs => orders::OrderList;
    order Read order::order: order::OrderArgs => order::OrderDetail;
    trace Read trace::trace: trace::TraceArgs => trace::Trace;
    raw Read raw::raw: raw::RawArgs => raw::RawRecord;
    raw_list Read raw::raw_list: raw::RawListArgs => raw::RawList;
    runs Read runs::runs: NoArgs => Vec<runs::Run>;
    issues Read issues::issues: issues::IssuesArgs => issues::IssueList;
    connections Read connections::connections: NoArgs => Vec<connections::Connection>;
    health Read health::health: NoArgs => health::Health;
    settings Read settings::settings: NoArgs => settings::SettingGroups;
    shopify_setup Read connect::shopify_setup: NoArgs => connect::ShopifySetup;
    amazon_setup Read connect::amazon_setup: NoArgs => connect::AmazonSetup;
    accounts Read accounts::accounts: NoArgs => accounts::Accounts;
    connect_status Read connect::connect_status: connect::AttemptArgs => connect::Attempt;
    sync Change work::sync: work::SyncArgs => work::Started;
    cancel_run Change work::cancel_run: work::RunArgs => ();
    start_demo Change work::start_demo: work::DemoArgs => work::Started;
    profiles Read profiles::profiles: NoArgs => profiles::Profiles;
    choose_profile Change profiles::choose_profile: profiles::ProfileArgs => ();
    create_profile Change profiles::create_profile: profiles::NewProfileArgs => ();
    set_setting Change settings::set_setting: settings::SetSettingArgs => ();
    connect_shopify Files connect::connect_shopify: connect::ConnectShopifyArgs => connect::Attempt;
    connect_amazon Files connect::connect_amazon: connect::ConnectAmazonArgs => connect::Attempt;
    replace_secret Files accounts::replace_secret: accounts::SecretArgs => ();
    test_account Change accounts::test_account: accounts::AccountArgs => accounts::TestedAccount;
    remove_account Change accounts::remove_account: accounts::RemoveArgs => accounts::RemovedAccount;
    connect_finish Files connect::connect_finish: connect::FinishArgs => connect::Attempt;
    connect_cancel Change connect::connect_cancel: connect::AttemptArgs => ();
    security Read security::security: NoArgs => security::Security;
    lock Change security::lock: NoArgs => ();
    unlock Files security::unlock: security::UnlockArgs => ();
    set_passphrase Files security::set_passphrase: security::PassphraseArgs => ();
}

/// What pages hear of without asking, as the border file states it.
#[derive(ts_rs::TS)]
pub struct Events {
    /// Figures, orders or settings changed; every page reads anew.
    pub data_changed: NoArgs,
    /// A run began, went on or ended.
    pub run: runs::Run,
}

/// The class of a command; `None` for a name that is none.
pub fn class_of(command: &str) -> Option<Class> {
    LIST.iter().find(|c| c.name == command).map(|c| c.class)
}

/// Carries out a command of the active profile, away from the threads that must not wait.
///
/// # Errors
/// As [`answer`].
pub async fn dispatch(app: &Arc<App>, class: Class, command: &str, args: Value) -> Result<Value> {
    let (app, command) = (Arc::clone(app), command.to_owned());
    let work = move || {
        answer(
            Desk {
                app: &app,
                profile: None,
            },
            class,
            &command,
            args,
        )
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ApiError::internal("the program is closing")),
        },
    }
}
