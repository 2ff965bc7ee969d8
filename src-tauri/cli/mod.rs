//! Commands, their options and exit codes: 0 done, 1 failed, 2 wrong usage, 3 needs the user.

mod connect;
mod connect_amazon;
mod connections;
mod demo;
mod health;
mod import;
mod lists;
mod market;
mod metrics;
mod out;
mod profile;
mod records;
mod secret;
mod sim;
mod sync;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use countinghouse::halt::Halt;
use countinghouse_core::api::Desk;
use countinghouse_core::app::{ApiError, App, Code, Profile};
use countinghouse_core::metrics::Period;
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::model::Day;
use countinghouse_core::store::Checkpoint;

use out::Out;

/// Everything failed, everything worked, or the user must act.
pub(crate) type Done = Result<(), ApiError>;

#[derive(Parser)]
#[command(
    name = "countinghouse",
    version,
    about = "What your business earned, from Shopify and Amazon, on your own machine",
    after_help = "Start with “countinghouse demo”, or import what you have: “countinghouse import shopify orders orders_export.csv”.",
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Above the options of every command, which stand behind the command's own.
const EVERYWHERE: &str = "Options of every command";

/// Options of every command.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Folder that holds the profiles; COUNTINGHOUSE_HOME where it is not given, else the system's own place
    #[arg(long, value_name = "DIR", global = true, help_heading = EVERYWHERE)]
    home: Option<PathBuf>,
    /// Profile to work in; the active one if left out
    #[arg(long, value_name = "NAME", global = true, help_heading = EVERYWHERE)]
    profile: Option<String>,
    /// Answer as JSON
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Print nothing but answers and errors
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    quiet: bool,
    /// Tell on standard error what goes on (twice: every step)
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = EVERYWHERE)]
    verbose: u8,
    /// Stop at a named point of the work, for tests that kill the program there
    #[arg(long, value_name = "POINT[@PASSES]", global = true, hide = true)]
    halt_at: Option<Halt>,
}

#[derive(Subcommand)]
enum Command {
    /// Make, list, choose, rename, remove, set up, lock or protect profiles
    #[command(subcommand)]
    Profile(profile::Command),
    /// A profile connected to the simulated marketplaces, synced; prints the KPIs
    Demo(demo::Arguments),
    /// Connect an account
    #[command(subcommand)]
    Connect(connect::ConnectCommand),
    /// List, test, remove or join connections
    #[command(subcommand)]
    Connections(connections::ConnectionsCommand),
    /// Read everything that is new
    Sync(sync::SyncArguments),
    /// Import API answers and platform exports
    Import(import::Arguments),
    /// Daily figures, KPIs, comparisons, trends
    #[command(subcommand)]
    Metrics(metrics::Command),
    /// Orders, newest first
    #[command(subcommand)]
    Orders(lists::Command<lists::SalesArguments>),
    /// Products with their variants, and what they earned
    #[command(subcommand)]
    Products(lists::Command<lists::SalesArguments>),
    /// Stock by location
    #[command(subcommand)]
    Inventory(lists::Command<lists::StockArguments>),
    /// Customers, newest first
    #[command(subcommand)]
    Customers(lists::Command<lists::CustomerArguments>),
    /// From a figure to its postings, orders and raw records
    Trace(trace::TraceArguments),
    /// How database, keys and connections stand, and what to do
    Health,
    /// Check this machine and the ledger's file, and the ledger against its own raw records; mend what differs
    Doctor(health::DoctorArguments),
    /// The stored bytes of raw records
    #[command(subcommand)]
    Raw(records::RawCommand),
    /// The simulated marketplaces on loopback, for trying and testing
    Sim(sim::Arguments),
    /// Recompute everything from the stored raw records, without network
    Rebuild(records::RebuildArguments),
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(unusable) => return refuse(&unusable),
    };
    let out = Out::new(cli.global.json, cli.global.quiet, cli.global.verbose);
    match dispatch(&cli, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out.error(&error);
            match error.code {
                _ if out.was_usage() => ExitCode::from(WRONG_USAGE),
                code if needs_user(code) => ExitCode::from(3),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// What could not be understood, or the help that was asked for. Who wants JSON gets his errors as JSON too.
fn refuse(unusable: &clap::Error) -> ExitCode {
    let json = std::env::args_os().take_while(|a| a != "--").any(|a| a == "--json");
    if !json || !unusable.use_stderr() {
        // Standard output may be closed already (`| head`).
        let _ = unusable.print();
        return ExitCode::from(u8::try_from(unusable.exit_code()).unwrap_or(WRONG_USAGE));
    }
    let text = unusable.render().to_string();
    let mut parts = text.trim().splitn(2, "\n");
    let message = parts.next().unwrap_or_default().trim_start_matches("error: ");
    let hint = parts
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    Out::new(true, true, 0).error(&ApiError::invalid(message, hint));
    ExitCode::from(WRONG_USAGE)
}

/// Exit code of a command that was called wrongly.
const WRONG_USAGE: u8 = 2;

/// Whether only a person can mend it: unlock, or connect again.
pub(crate) fn needs_user(code: Code) -> bool {
    matches!(code, Code::Locked | Code::KeyringUnavailable | Code::NeedsReconnect)
}

fn dispatch(cli: &Cli, out: &Out) -> Done {
    let context = Context {
        global: cli.global.clone(),
        out,
    };
    match &cli.command {
        Command::Profile(command) => profile::run(&context, command),
        Command::Demo(arguments) => demo::run(&context, arguments),
        Command::Connect(command) => connect::connect(&context, command),
        Command::Connections(command) => connections::run(&context, command),
        Command::Sync(arguments) => sync::sync(&context, arguments),
        Command::Import(arguments) => import::run(&context, arguments),
        Command::Metrics(command) => metrics::run(&context, command),
        Command::Orders(command) => lists::orders(&context, command),
        Command::Products(command) => lists::products(&context, command),
        Command::Inventory(command) => lists::inventory(&context, command),
        Command::Customers(command) => lists::customers(&context, command),
        Command::Trace(arguments) => trace::trace(&context, arguments),
        Command::Health => health::health(&context),
        Command::Doctor(arguments) => health::doctor(&context, arguments),
        Command::Raw(command) => records::raw(&context, command),
        Command::Sim(arguments) => sim::run(&context, arguments),
        Command::Rebuild(arguments) => records::rebuild(&context, arguments),
    }
}

/// Runs asynchronous work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime
        .map_err(|e| ApiError::internal(format!("no threads can be started: {e}")))?
        .block_on(work)
}

/// What a command works with.
pub(crate) struct Context<'a> {
    pub(crate) global: Global,
    pub(crate) out: &'a Out,
}

impl Context<'_> {
    /// The app over the chosen home folder.
    pub(crate) fn app(&self) -> Result<App, ApiError> {
        let home = match self.global.home.clone().or_else(home_from_environment) {
            Some(home) => home,
            None => countinghouse::default_home()?,
        };
        let checkpoint = self.global.halt_at.clone().map(Checkpoint::from);
        let deps = countinghouse::deps(Some(Box::new(secret::ask)))?;
        App::open_with(&home, deps, checkpoint.unwrap_or_default())
    }

    /// Where a question about the chosen profile is asked.
    pub(crate) fn desk<'b>(&'b self, app: &'b App) -> Desk<'b> {
        Desk {
            app,
            profile: self.global.profile.as_deref(),
        }
    }

    /// The chosen profile.
    pub(crate) fn profile(&self) -> Result<Arc<Profile>, ApiError> {
        self.app()?.profile(self.global.profile.as_deref())
    }
}

#[expect(clippy::disallowed_methods, reason = "an entry point reads the environment")]
fn home_from_environment() -> Option<PathBuf> {
    std::env::var_os("COUNTINGHOUSE_HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
}

/// The days from one to another, as arguments name them.
pub(crate) fn period(out: &Out, from: Day, to: Day) -> Result<Period, ApiError> {
    Period::new(from, to).map_err(|e| out.usage(ApiError::invalid(e, "Give the earlier day as --from.")))
}

/// Names of metrics, as arguments take them; near ones are suggested.
pub(crate) fn metric_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Metric::ALL.iter().map(|metric| metric.name()))
}
