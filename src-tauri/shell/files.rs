//! Files reach a command only through a native dialog. The page asks for a dialog, is given a name to show and a handle, and sends
//! `{"handle": …}` where the command takes a file. The handle is good for one call; a path in the page's own words is refused.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countinghouse_core::app::ApiError;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, FilePath};

use super::window;

/// The command of the page that opens a dialog.
pub(super) const CHOOSE: &str = "choose_file";

/// The key of a handle, in the arguments of the page.
const HANDLE: &str = "handle";
/// The key of a path, in the arguments that the command sees. The page may not write it.
const PATH: &str = "path";

/// What the page asks for.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Ask {
    purpose: Purpose,
    /// What stands above the dialog.
    title: String,
    /// Proposed name of a file to write.
    #[serde(default)]
    name: Option<String>,
    /// Endings without the dot; all files where empty.
    #[serde(default)]
    endings: Vec<String>,
}

/// What the chosen file is for.
#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Open,
    Save,
    Folder,
}

/// Files that were chosen and not yet used.
#[derive(Default)]
pub(super) struct Handles {
    chosen: Mutex<HashMap<String, PathBuf>>,
    random: Random,
}

/// The system's source of random bytes.
struct Random(SystemRandom);

impl Default for Random {
    fn default() -> Random {
        Random(SystemRandom::new())
    }
}

/// Opens the dialog that `args` asks for. The answer is `{"handle", "name"}`, or `null` where the person closed the dialog.
///
/// Errors: `invalid` where the question cannot be read or the answer is no local file.
pub(super) async fn choose(host: &AppHandle, handles: &Handles, args: Value) -> Result<Value, ApiError> {
    let ask: Ask = serde_json::from_value(args).map_err(|e| {
        ApiError::invalid(
            format!("the dialog was asked for wrongly: {e}"),
            "Say what it is for: open, save or folder.",
        )
    })?;
    let (answer, chosen) = tokio::sync::oneshot::channel();
    let mut dialog = host.dialog().file().set_title(&ask.title);
    if let Some(window) = host.get_webview_window(window::MAIN) {
        dialog = dialog.set_parent(&window);
    }
    if !ask.endings.is_empty() {
        let endings: Vec<&str> = ask.endings.iter().map(String::as_str).collect();
        dialog = dialog.add_filter(endings.join(", "), &endings);
    }
    if let Some(name) = &ask.name {
        dialog = dialog.set_file_name(name);
    }
    let done = move |file: Option<FilePath>| {
        // The page that asked may be gone.
        let _ = answer.send(file);
    };
    match ask.purpose {
        Purpose::Open => dialog.pick_file(done),
        Purpose::Save => dialog.save_file(done),
        Purpose::Folder => dialog.pick_folder(done),
    }
    let Ok(Some(file)) = chosen.await else {
        return Ok(Value::Null);
    };
    let path = file.into_path().map_err(|e| {
        ApiError::invalid(
            format!("that is not a file on this machine: {e}"),
            "Choose a file on a local disk.",
        )
    })?;
    handles.issue(path)
}

impl Handles {
    /// Keeps a chosen path and gives the page a name to show and a handle for one call.
    fn issue(&self, path: PathBuf) -> Result<Value, ApiError> {
        let mut bytes = [0_u8; 18];
        let random = self.random.0.fill(&mut bytes);
        random.map_err(|_| ApiError::internal("the system has no random numbers to give"))?;
        let handle = URL_SAFE_NO_PAD.encode(bytes);
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        self.chosen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(handle.clone(), path);
        Ok(json!({ "handle": handle, "name": name }))
    }

    /// The arguments with every handle replaced by its path. A handle is gone once it was used, whether the call succeeds or not.
    ///
    /// Errors: `invalid` for a path in the page's own words, and for a handle that was never given or is used up.
    pub(super) fn redeem(&self, args: Value) -> Result<Value, ApiError> {
        match args {
            Value::Object(fields) if fields.contains_key(PATH) => Err(ApiError::invalid(
                "a file's path cannot be written by the page",
                "Choose the file in the dialog; the handle that comes back stands for it.",
            )),
            Value::Object(fields) if fields.contains_key(HANDLE) => self.take(&fields),
            Value::Object(fields) => {
                let redeemed = fields.into_iter().map(|(key, value)| Ok((key, self.redeem(value)?)));
                redeemed.collect::<Result<Map<_, _>, ApiError>>().map(Value::Object)
            }
            Value::Array(items) => items.into_iter().map(|item| self.redeem(item)).collect(),
            plain => Ok(plain),
        }
    }

    /// The path behind `{"handle": …}`, which is thereby used up.
    fn take(&self, fields: &Map<String, Value>) -> Result<Value, ApiError> {
        let handle = fields.get(HANDLE).and_then(Value::as_str).filter(|_| fields.len() == 1);
        let taken = handle.and_then(|h| self.chosen.lock().unwrap_or_else(PoisonError::into_inner).remove(h));
        let path = taken.ok_or_else(|| {
            ApiError::invalid(
                "this file was not chosen in a dialog, or was used already",
                "Choose the file again.",
            )
        })?;
        let text = path.to_str().ok_or_else(|| unreadable(&path))?;
        Ok(json!({ PATH: text }))
    }
}

fn unreadable(path: &Path) -> ApiError {
    ApiError::invalid(
        format!("the name of {} is not readable text", path.display()),
        "Rename it and choose it again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handles_with(path: &str) -> (Handles, String) {
        let handles = Handles::default();
        let answer = handles.issue(PathBuf::from(path)).expect("random bytes");
        let handle = answer["handle"].as_str().expect("a handle").to_owned();
        (handles, handle)
    }

    #[test]
    fn a_handle_stands_for_its_path_once() {
        let (handles, handle) = handles_with("/home/ada/orders.csv");
        let args = json!({ "connection": 3, "file": { "handle": handle } });
        let seen = handles.redeem(args.clone()).expect("a fresh handle");
        assert_eq!(
            seen,
            json!({ "connection": 3, "file": { "path": "/home/ada/orders.csv" } }),
            "the command sees the path"
        );
        assert!(handles.redeem(args).is_err(), "the second use of a handle is refused");
    }

    #[test]
    fn the_page_is_told_the_name_and_not_the_folder() {
        let handles = Handles::default();
        let answer = handles
            .issue(PathBuf::from("/home/ada/orders.csv"))
            .expect("random bytes");
        assert_eq!(answer["name"], "orders.csv", "the page shows what was chosen");
        assert!(
            !answer.to_string().contains("/home/ada"),
            "the page does not learn where files lie: {answer}"
        );
    }

    #[test]
    fn a_path_in_the_pages_own_words_is_refused_at_any_depth() {
        let (handles, handle) = handles_with("/home/ada/orders.csv");
        for args in [
            json!({ "path": "/etc/passwd" }),
            json!({ "file": { "path": "/etc/passwd" } }),
            json!({ "files": [{ "handle": handle }, { "path": "/etc/passwd" }] }),
            json!({ "file": { "handle": "anything", "path": "/etc/passwd" } }),
            json!([{ "deep": { "deeper": { "path": null } } }]),
        ] {
            assert!(
                handles.redeem(args.clone()).is_err(),
                "{args} names a path without a dialog"
            );
        }
    }

    #[test]
    fn a_handle_that_was_never_given_is_refused() {
        let (handles, handle) = handles_with("/home/ada/orders.csv");
        for args in [
            json!({ "handle": "" }),
            json!({ "handle": "/etc/passwd" }),
            json!({ "handle": 7 }),
            json!({ "handle": null }),
            json!({ "handle": format!("{handle}x") }),
            json!({ "handle": handle, "more": 1 }),
        ] {
            assert!(handles.redeem(args.clone()).is_err(), "{args} was never given out");
        }
        assert!(
            handles.redeem(json!({ "handle": handle })).is_ok(),
            "wrong guesses do not use up the right handle"
        );
    }

    #[test]
    fn what_holds_no_file_passes_unchanged() {
        let args = json!({ "shop": "acme", "credentials": { "route": "token", "token": "t" }, "endpoint": null });
        assert_eq!(
            Handles::default().redeem(args.clone()).expect("no file"),
            args,
            "secrets and numbers are not touched"
        );
    }

    #[test]
    fn a_question_for_a_dialog_has_only_known_fields() {
        let good = json!({ "purpose": "open", "title": "Import orders", "endings": ["csv"] });
        assert!(
            serde_json::from_value::<Ask>(good).is_ok(),
            "purpose, title and endings are the question"
        );
        let smuggled = json!({ "purpose": "open", "title": "Import", "directory": "/etc" });
        assert!(
            serde_json::from_value::<Ask>(smuggled).is_err(),
            "a folder to start in is a path from the page"
        );
    }
}
