//! The one window: our own pages, no way out of them.

use std::path::Path;

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindowBuilder};

/// The label that the capabilities name.
pub(super) const MAIN: &str = "main";

/// Opens the window. It goes nowhere but to our own pages: a link to elsewhere is refused, and so is a second window; what must be opened
/// outside (a consent page) is opened by the application in the system's browser.
///
/// A file that is dropped on the page is not told to it, with its path, by the program; the web view would navigate to it, which is refused.
/// What the web view keeps for itself lies in the home folder too, so that nothing is left behind when that is deleted.
pub(super) fn open(host: &AppHandle, home: &Path) -> tauri::Result<()> {
    WebviewWindowBuilder::new(host, MAIN, WebviewUrl::App("index.html".into()))
        .title("Countinghouse")
        .inner_size(1320.0, 860.0)
        .min_inner_size(900.0, 600.0)
        .center()
        .zoom_hotkeys_enabled(true)
        .general_autofill_enabled(false)
        .disable_drag_drop_handler()
        .data_directory(home.join("window"))
        .on_navigation(ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Brings the window forward, wherever it is.
pub(super) fn show(host: &AppHandle) {
    if let Some(window) = host.get_webview_window(MAIN) {
        // Each of these may be refused by a window system that knows better; none is worth a message.
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Whether an address is one of the pages inside the program. The scheme is the program's own on Linux and macOS; Windows knows it as a
/// host name that exists nowhere else.
fn ours(address: &Url) -> bool {
    match (address.scheme(), address.host_str()) {
        ("tauri", Some("localhost")) => cfg!(not(windows)),
        ("http", Some("tauri.localhost")) => cfg!(windows) && address.port().is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_navigated_to() {
        let own = if cfg!(windows) {
            "http://tauri.localhost/index.html"
        } else {
            "tauri://localhost/index.html"
        };
        assert!(
            ours(&Url::parse(own).expect("an address")),
            "the program's own page must open"
        );
        for foreign in [
            "https://example.com/",
            "http://127.0.0.1:4100/",
            "http://localhost/",
            "https://tauri.localhost/",
            "http://tauri.localhost:8080/",
            "http://tauri.localhost.example.com/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "javascript:alert(1)",
            "about:blank",
        ] {
            let address = Url::parse(foreign).expect("an address");
            assert!(!ours(&address), "{foreign} must be refused");
        }
    }
}
