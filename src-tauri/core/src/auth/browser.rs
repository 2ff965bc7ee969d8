//! The user's browser, where consent is given.

use std::process::{Command, Stdio};

use crate::net::{Code, NetError};

/// Opens pages for the user. Never sees a secret: consent pages carry only the app's public id.
pub trait Browser: Send + Sync {
    /// Shows `page`.
    ///
    /// # Errors
    /// [`NetError`] if no browser can be started; the caller then shows the address to copy.
    fn open(&self, page: &str) -> Result<(), NetError>;
}

/// The system's default browser.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open(&self, page: &str) -> Result<(), NetError> {
        if !(page.starts_with("https://") || page.starts_with("http://")) {
            return Err(NetError::defect("Only web pages are opened in the browser."));
        }
        let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
            ("open", &[])
        } else if cfg!(target_os = "windows") {
            ("rundll32", &["url.dll,FileProtocolHandler"])
        } else {
            ("xdg-open", &[])
        };
        let started = Command::new(program)
            .args(before)
            .arg(page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        started.map(drop).map_err(|cause| {
            NetError::connection(
                Code::NotFound,
                format!("No browser could be started ({cause})."),
                "Copy the address that is shown and open it in a browser on this machine.",
            )
        })
    }
}
