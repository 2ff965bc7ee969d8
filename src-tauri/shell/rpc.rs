//! The three commands of the window, one per class of the command list. No logic: the list decides, and refuses a command of another class.

use std::sync::Arc;

use countinghouse_core::api::{Class, dispatch};
use countinghouse_core::app::{ApiError, App};
use serde_json::Value;
use tauri::{AppHandle, State};

use super::files::{self, Handles};

/// Calls a command that only reads.
#[tauri::command]
pub(super) async fn read(app: State<'_, Arc<App>>, command: String, args: Value) -> Result<Value, ApiError> {
    dispatch(&app, Class::Read, &command, args).await
}

/// Calls a command that changes something.
#[tauri::command]
pub(super) async fn change(app: State<'_, Arc<App>>, command: String, args: Value) -> Result<Value, ApiError> {
    dispatch(&app, Class::Change, &command, args).await
}

/// Calls a command that takes a chosen file or a secret, or asks for a file in a native dialog.
#[tauri::command]
pub(super) async fn files(
    host: AppHandle,
    app: State<'_, Arc<App>>,
    handles: State<'_, Handles>,
    command: String,
    args: Value,
) -> Result<Value, ApiError> {
    match command.as_str() {
        files::CHOOSE => files::choose(&host, &handles, args).await,
        _ => dispatch(&app, Class::Files, &command, handles.redeem(args)?).await,
    }
}
