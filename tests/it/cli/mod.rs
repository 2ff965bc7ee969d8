//! The command line as a stranger meets it: the real program, a home folder of its own, standard streams that are no terminal.

mod connections;
mod demo;
mod figures;
mod home;
mod profile;
mod settings;
mod sync;
mod usage;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The passphrase of profiles in these tests.
pub(crate) const PASSPHRASE: &str = "correct horse battery";

/// A home folder, removed with it.
pub(crate) struct Home(pub(crate) PathBuf);

/// What a command left behind.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What was printed as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("no JSON ({e}): {} {}", self.out, self.err))
    }

    /// The data of an answer that must be good.
    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.code, 0, "the command succeeds: {} {}", self.out, self.err);
        self.json()["data"].clone()
    }

    /// Everything that was said, to look for words.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Home {
    pub(crate) fn new() -> Home {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("countinghouse-cli-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        Home(home)
    }

    /// The command, with nothing of this machine's own settings.
    pub(crate) fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countinghouse"));
        for variable in [
            "COUNTINGHOUSE_PASSPHRASE",
            "COUNTINGHOUSE_NEW_PASSPHRASE",
            "COUNTINGHOUSE_SECRET",
            "COUNTINGHOUSE_REFRESH_TOKEN",
            "COUNTINGHOUSE_CLIENT_ID",
            "DBUS_SESSION_BUS_ADDRESS",
        ] {
            command.env_remove(variable);
        }
        command
            .env("COUNTINGHOUSE_HOME", &self.0)
            .envs(environment.iter().copied())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE)], None)
    }

    /// The same with this environment, and lines on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: Option<&str>) -> Said {
        let mut command = self.command(arguments, environment);
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().expect("the program starts");
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // Who does not read its input may be gone already.
            let _ = stdin.write_all(input.as_bytes());
        }
        let ended = child.wait_with_output().expect("the program ends");
        Said {
            code: ended.status.code().expect("the program ends by itself"),
            out: String::from_utf8(ended.stdout).expect("text"),
            err: String::from_utf8(ended.stderr).expect("text"),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The file below `folder` that holds `bytes`, if any.
pub(crate) fn holder(folder: &Path, bytes: &[u8]) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let found = match path.is_dir() {
            true => holder(&path, bytes),
            false => {
                let text = std::fs::read(&path).expect("a file");
                text.windows(bytes.len()).any(|w| w == bytes).then_some(path)
            }
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
