//! Desktop entry: one window on the same core that the command line uses.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    countinghouse::shell::run()
}
