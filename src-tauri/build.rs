//! Build script: prepares the window when the feature `desktop` is on, and does nothing otherwise.

#[cfg(not(feature = "desktop"))]
fn main() {}

#[cfg(feature = "desktop")]
fn main() -> std::process::ExitCode {
    use std::io::Write as _;

    let commands = tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/capabilities/*.toml");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/*.json")
        .app_manifest(commands)
        .codegen(tauri_build::CodegenContext::new());
    match tauri_build::try_build(attributes) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let advice = "The window needs the built pages: run `npm ci && npm run build` in ui/ first.";
            let _ = writeln!(std::io::stderr(), "{error:#}\n{advice}");
            std::process::ExitCode::FAILURE
        }
    }
}
