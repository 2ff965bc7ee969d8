//! The window: the only code that says `tauri`.
//!
//! Three commands lead from the page to the one list of commands ([`rpc`]), events go the other way, and a file reaches a command only
//! through a native dialog ([`files`]). There is no figure, no text of the ledger and no decision of the business in here.

mod files;
mod rpc;
mod tray;
mod update;
mod window;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use countinghouse_core::app::{ApiError, App, Event};
use tauri::{AppHandle, Emitter as _, EventTarget, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogKind};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// What the desktop program is started with.
#[derive(Parser, Debug)]
#[command(
    name = "countinghouse-desktop",
    version,
    about = "Countinghouse in a window of its own"
)]
struct Options {
    /// Folder that holds the profiles; the system's folder for application data where it is not given.
    #[arg(long, env = "COUNTINGHOUSE_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
}

/// Opens the window and runs until it is closed.
///
/// Without a display it says so and ends with a failure; everything else that keeps the program from starting is shown in a native dialog.
pub fn run() -> ExitCode {
    let options = Options::parse();
    if !display() {
        return ended(
            "There is no display to open a window on. The command line does the same work: countinghouse --help",
        );
    }
    let mut builder = tauri::Builder::default();
    if options.home.is_none() {
        // Two windows on the same home would show the same figures twice; a second start brings the first window forward.
        builder = builder.plugin(tauri_plugin_single_instance::init(|host, _, _| window::show(host)));
    }
    let built = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_updater::Builder::new().build())
        .manage(files::Handles::default())
        .invoke_handler(tauri::generate_handler![rpc::read, rpc::change, rpc::files])
        .setup(move |host| {
            match open(options.home) {
                Ok(app) => begin(host.handle(), app)?,
                Err(error) => refuse(host.handle(), &error),
            }
            Ok(())
        })
        .build(context());
    match built {
        Ok(host) => {
            host.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => ended(&error.to_string()),
    }
}

/// What Tauri's build step made of `tauri.conf.json`, the capabilities and the pages.
#[expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "the body is generated when the program is built"
)]
fn context() -> tauri::Context {
    tauri::tauri_build_context!()
}

/// The application on its home, with its crew. Commands and the crew run on the window's own pool of threads.
fn open(home: Option<PathBuf>) -> Result<Arc<App>, ApiError> {
    let pool = tauri::async_runtime::handle().inner().clone();
    let _pool = pool.enter();
    let home = home.map_or_else(crate::default_home, Ok)?;
    Ok(crate::staffed(App::open(&home, crate::deps(None)?)?, pool.clone()))
}

/// Hands the application to the commands, opens the window and the tray icon, and starts to tell the page what happens.
fn begin(host: &AppHandle, app: Arc<App>) -> tauri::Result<()> {
    let events = app.events();
    let home = app.home().to_owned();
    host.manage(app);
    window::open(host, &home)?;
    tray::place(host)?;
    tauri::async_runtime::spawn(tell(host.clone(), events));
    tauri::async_runtime::spawn(update::look(host.clone(), update::Asked::ByTheProgram));
    Ok(())
}

/// Says why the program cannot start, and ends.
fn refuse(host: &AppHandle, error: &ApiError) {
    let over = host.clone();
    let reason = format!("{}\n\n{}", error.message, error.hint.as_deref().unwrap_or_default());
    host.dialog()
        .message(reason.trim_end())
        .title("Countinghouse cannot start")
        .kind(MessageDialogKind::Error)
        .show(move |_| over.exit(1));
}

/// Passes the application's events on to the page until the application is gone. Events that were lost because the page was slow are
/// replaced by one that makes it read everything anew.
async fn tell(host: AppHandle, mut events: Receiver<Event>) {
    loop {
        let page = EventTarget::webview_window(window::MAIN);
        // A window that was closed in this moment hears nothing, and needs nothing.
        let _ = match events.recv().await {
            Ok(Event::Run(run)) => host.emit_to(page, "run", run),
            Ok(Event::DataChanged) | Err(RecvError::Lagged(_)) => {
                host.emit_to(page, "data_changed", serde_json::json!({}))
            }
            Err(RecvError::Closed) => return,
        };
    }
}

/// Whether a window can be opened at all.
#[expect(
    clippy::disallowed_methods,
    reason = "an entry point: whether there is a display is told by the environment alone"
)]
fn display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Ends before there is a window, with a sentence on the terminal.
fn ended(reason: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{reason}");
    ExitCode::FAILURE
}
