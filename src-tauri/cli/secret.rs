//! Secrets from people and tasks: the environment, a prompt that shows nothing, or standard input. Never from arguments, which
//! every process of the machine can read.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use console::Term;
use countinghouse::Wanted;
use countinghouse_core::app::{ApiError, Code, ProfileInfo};
use countinghouse_core::auth::vault::{PASSPHRASE_VARIABLE, SHORTEST_PASSPHRASE, Secret, VaultError};

use super::out::plain;

/// The environment variable of a secret that a platform gave.
pub(crate) const SECRET_VARIABLE: &str = "COUNTINGHOUSE_SECRET";
/// The environment variable of a refresh token that a platform gave.
pub(crate) const REFRESH_VARIABLE: &str = "COUNTINGHOUSE_REFRESH_TOKEN";
/// The environment variable of a passphrase that is to hold from now on.
pub(crate) const NEW_PASSPHRASE_VARIABLE: &str = "COUNTINGHOUSE_NEW_PASSPHRASE";

/// A secret: from the environment, a prompt on a terminal, or a line of standard input.
pub(crate) fn secret(what: &str, variable: &str) -> Result<Secret, ApiError> {
    match from_environment(variable) {
        Some(secret) => Ok(secret),
        None => typed(what, variable),
    }
}

/// A passphrase that is to hold: typed twice on a terminal, so that a slip locks nobody out.
pub(crate) fn new_passphrase(profile: &str, variables: &[&str]) -> Result<Secret, ApiError> {
    if let Some(given) = variables.iter().find_map(|variable| from_environment(variable)) {
        return Ok(given);
    }
    let what = format!("New passphrase for “{}”", plain(profile));
    let first = typed(&what, variables[0])?;
    if first.expose().chars().count() < SHORTEST_PASSPHRASE {
        return Err(VaultError::Short.into());
    }
    if std::io::stdin().is_terminal() && prompt("The same once more", NEW_PASSPHRASE_VARIABLE)? != first {
        return Err(ApiError::invalid(
            "the two passphrases are not the same; nothing was changed",
            "Try again.",
        ));
    }
    Ok(first)
}

/// The passphrase that holds now. Without it the profile stays locked, which only its owner can change.
pub(crate) fn current_passphrase(profile: &str) -> Result<Secret, ApiError> {
    secret(&format!("Passphrase of “{}”", plain(profile)), PASSPHRASE_VARIABLE).map_err(|error| ApiError {
        code: Code::Locked,
        ..error
    })
}

/// Asks the person at the terminal for what a profile needs to open; `None` where nobody sits there.
pub(crate) fn ask(profile: &ProfileInfo, wanted: Wanted) -> Option<Secret> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    match wanted {
        Wanted::Passphrase => prompt(
            &format!("Passphrase of “{}”", plain(&profile.name)),
            PASSPHRASE_VARIABLE,
        )
        .ok(),
        Wanted::NewPassphrase => {
            let _ = writeln!(
                std::io::stderr(),
                "This machine has no keyring, so that a passphrase must protect “{}”.",
                plain(&profile.name)
            );
            new_passphrase(&profile.name, &[PASSPHRASE_VARIABLE]).ok()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an entry point reads the environment")]
fn from_environment(variable: &str) -> Option<Secret> {
    std::env::var(variable)
        .ok()
        .filter(|text| !text.is_empty())
        .map(Secret::new)
}

fn typed(what: &str, variable: &str) -> Result<Secret, ApiError> {
    if std::io::stdin().is_terminal() {
        return prompt(what, variable);
    }
    let mut line = String::new();
    // Lines are read one at a time: a second secret may follow the first.
    let read = std::io::stdin().lock().read_line(&mut line);
    let text = line.trim_end_matches(['\r', '\n']);
    match read {
        Ok(_) if !text.is_empty() => Ok(Secret::from(text)),
        _ => Err(missing(what, variable)),
    }
}

/// A prompt that shows nothing of what is typed.
fn prompt(what: &str, variable: &str) -> Result<Secret, ApiError> {
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{what} (nothing shows while you type): ").and_then(|()| stderr.flush());
    match Term::stderr().read_secure_line() {
        Ok(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(missing(what, variable)),
    }
}

fn missing(what: &str, variable: &str) -> ApiError {
    let mut letters = what.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    let what: String = first.into_iter().chain(letters).collect();
    ApiError::invalid(
        format!("the {what} is missing"),
        format!("Type it at the prompt, pipe it in, or set {variable}; it is never taken from arguments."),
    )
}
