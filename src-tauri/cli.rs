//! The command line: the same core as the window, without it.

#[path = "cli/mod.rs"]
mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
