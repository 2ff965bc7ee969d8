//! Updates: only signed, only newer, only when the person agrees. A build without a release place never asks anyone.

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};
use tauri_plugin_updater::{Update, UpdaterExt as _};

use super::window;

const TITLE: &str = "Countinghouse";

/// Who wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// At the start: silent unless there is something to say.
    ByTheProgram,
    /// From the menu: gets an answer in any case.
    ByThePerson,
}

/// Whether this build has a place to look for updates.
pub(super) fn possible(host: &AppHandle) -> bool {
    host.updater().is_ok()
}

/// Looks for a newer version, offers it, and on consent installs it and starts again.
pub(super) async fn look(host: AppHandle, asked: Asked) {
    let Ok(updater) = host.updater() else { return };
    match updater.check().await {
        Ok(Some(update)) => {
            if agreed(&host, &update).await {
                install(&host, update).await;
            }
        }
        Ok(None) if asked == Asked::ByThePerson => say(&host, "This is the newest version.", MessageDialogKind::Info),
        Err(error) if asked == Asked::ByThePerson => {
            say(
                &host,
                &format!("The place of releases could not be read: {error}"),
                MessageDialogKind::Warning,
            );
        }
        Ok(None) | Err(_) => {}
    }
}

async fn agreed(host: &AppHandle, update: &Update) -> bool {
    let question = format!(
        "Version {} is ready; this is {}. Install it now? A running sync goes on where it was.",
        update.version, update.current_version
    );
    let (answer, agreed) = tokio::sync::oneshot::channel();
    let mut dialog = host
        .dialog()
        .message(question)
        .title(TITLE)
        .buttons(MessageDialogButtons::OkCancelCustom(
            "Install".to_owned(),
            "Later".to_owned(),
        ));
    if let Some(window) = host.get_webview_window(window::MAIN) {
        dialog = dialog.parent(&window);
    }
    dialog.show(move |yes| {
        // Nobody waits any longer where the program is ending.
        let _ = answer.send(yes);
    });
    agreed.await.unwrap_or(false)
}

async fn install(host: &AppHandle, update: Update) {
    match update.download_and_install(|_, _| {}, || {}).await {
        Ok(()) => host.restart(),
        Err(error) => {
            say(
                host,
                &format!("The update was not installed, and nothing was changed: {error}"),
                MessageDialogKind::Error,
            );
        }
    }
}

fn say(host: &AppHandle, text: &str, kind: MessageDialogKind) {
    host.dialog().message(text).title(TITLE).kind(kind).show(|_| {});
}
