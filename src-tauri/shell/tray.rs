//! The icon beside the clock: show the window, sync, look for updates, quit.

use std::sync::Arc;

use countinghouse_core::api::{Class, dispatch};
use countinghouse_core::app::App;
use serde_json::json;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager as _};

use super::{update, window};

const SHOW: &str = "show";
const SYNC: &str = "sync";
const UPDATE: &str = "update";
const QUIT: &str = "quit";

/// Places the icon where the desktop has room for one; elsewhere the window alone does everything.
pub(super) fn place(host: &AppHandle) -> tauri::Result<()> {
    if !room() {
        return Ok(());
    }
    let menu = Menu::with_items(
        host,
        &[
            &MenuItem::with_id(host, SHOW, "Show Countinghouse", true, None::<&str>)?,
            &MenuItem::with_id(host, SYNC, "Sync now", true, None::<&str>)?,
            &MenuItem::with_id(host, UPDATE, "Look for updates…", update::possible(host), None::<&str>)?,
            &PredefinedMenuItem::separator(host)?,
            &MenuItem::with_id(host, QUIT, "Quit", true, None::<&str>)?,
        ],
    )?;
    let mut icon = TrayIconBuilder::with_id("countinghouse")
        .tooltip("Countinghouse")
        .menu(&menu)
        .on_menu_event(picked);
    if let Some(picture) = host.default_window_icon() {
        icon = icon.icon(picture.clone());
    }
    icon.build(host)?;
    Ok(())
}

fn picked(host: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        SHOW => window::show(host),
        SYNC => {
            let host = host.clone();
            tauri::async_runtime::spawn(async move {
                let all = json!({ "connection": null, "full": false });
                // The run, and what went wrong in it, is shown on the data page.
                let _ = dispatch(&host.state::<Arc<App>>(), Class::Change, "sync", all).await;
            });
        }
        UPDATE => {
            tauri::async_runtime::spawn(update::look(host.clone(), update::Asked::ByThePerson));
        }
        QUIT => host.exit(0),
        _ => {}
    }
}

/// Whether the library that draws such icons is there: on Linux it is loaded at run time, and asking for an icon without it would end the
/// program.
fn room() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let names = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
    let architecture = std::env::consts::ARCH;
    let folders = [
        format!("/usr/lib/{architecture}-linux-gnu"),
        format!("/lib/{architecture}-linux-gnu"),
        "/usr/lib64".to_owned(),
        "/lib64".to_owned(),
        "/usr/lib".to_owned(),
        "/lib".to_owned(),
    ];
    folders.iter().any(|folder| {
        names
            .iter()
            .any(|name| std::path::Path::new(folder).join(name).exists())
    })
}
