//! What the window may do: the security of the page is a matter of a few files, and this holds them.

use serde_json::Value;

use super::tree::Tree;
use super::{Finding, holds, tells};

const CONFIG: &str = "tauri.conf.json";
const CAPABILITIES: &str = "src-tauri/capabilities/";

/// The only sources that the page may load from or talk to: its own files, and the way to the program.
const OWN: [&str; 4] = ["'self'", "'none'", "ipc:", "http://ipc.localhost"];

/// What the page needs of the window beside the three commands: hear events, zoom.
const NEEDED: [&str; 3] = [
    "core:event:allow-listen",
    "core:event:allow-unlisten",
    "core:webview:allow-set-webview-zoom",
];

fn the_page_loads_only_its_own_files(tree: &Tree) -> Vec<Finding> {
    let Some(config) = json(tree, CONFIG) else {
        return Vec::new();
    };
    let security = &config["app"]["security"];
    let mut findings = Vec::new();
    match security["csp"].as_object() {
        None => findings.push(format!("{CONFIG} has no content security policy by directive")),
        Some(policy) => {
            for (directive, sources) in policy {
                for source in sources
                    .as_str()
                    .unwrap_or("?")
                    .split(' ')
                    .filter(|source| !OWN.contains(source))
                {
                    findings.push(format!("{CONFIG}: {directive} allows {source}"));
                }
            }
            if policy.get("default-src").and_then(Value::as_str) != Some("'none'") {
                findings.push(format!(
                    "{CONFIG}: what is not allowed by name must be refused (default-src 'none')"
                ));
            }
        }
    }
    for (key, value) in security.as_object().into_iter().flatten() {
        if key.starts_with("dangerous") || (key == "assetProtocol" && value["enable"] == true) || key == "devCsp" {
            findings.push(format!("{CONFIG}: {key} weakens the policy"));
        }
    }
    if config["app"]["withGlobalTauri"] == true {
        findings.push(format!(
            "{CONFIG}: withGlobalTauri gives every script the way to the program"
        ));
    }
    findings
}

fn updates_are_signed_and_newer(tree: &Tree) -> Vec<Finding> {
    let Some(config) = json(tree, CONFIG) else {
        return Vec::new();
    };
    let updater = &config["plugins"]["updater"];
    let mut findings = Vec::new();
    if updater["pubkey"].as_str().is_none_or(str::is_empty) || updater["requireSignedVersion"] != true {
        findings.push(format!("{CONFIG}: an update must carry a signature over its version"));
    }
    for key in updater.as_object().into_iter().flatten().map(|(key, _)| key) {
        if key.starts_with("dangerous") || key == "allowDowngrades" {
            findings.push(format!("{CONFIG}: the updater's {key} lets unsafe updates in"));
        }
    }
    for endpoint in updater["endpoints"].as_array().into_iter().flatten() {
        if !endpoint.as_str().is_some_and(|address| address.starts_with("https://")) {
            findings.push(format!("{CONFIG}: {endpoint} is no https address"));
        }
    }
    findings
}

fn the_window_has_few_rights(tree: &Tree) -> Vec<Finding> {
    let files: Vec<_> = tree.under(CAPABILITIES, ".json").collect();
    let mut findings = Vec::new();
    for file in files.iter().skip(1) {
        findings.push(format!(
            "{} is a second capability file: one is read in one glance",
            file.path
        ));
    }
    for file in files {
        let Some(capability) = json(tree, &file.path) else {
            continue;
        };
        if !capability["remote"].is_null() {
            findings.push(format!("{} gives rights to remote pages", file.path));
        }
        for permission in capability["permissions"].as_array().into_iter().flatten() {
            let own =
                |name: &str| ["allow-read", "allow-change", "allow-files"].contains(&name) || NEEDED.contains(&name);
            if !permission.as_str().is_some_and(own) {
                findings.push(format!("{} allows {permission}", file.path));
            }
        }
    }
    findings
}

fn three_commands_and_no_more(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut commands = 0;
    for file in tree.under("src-tauri/", ".rs") {
        let found = file.code().matches("#[tauri::command").count();
        commands += found;
        if found > 0 && file.path != "src-tauri/shell/rpc.rs" {
            findings.push(format!(
                "{} has a command of its own: data goes through the list in core/src/api",
                file.path
            ));
        }
    }
    if commands > 3 {
        findings.push(format!(
            "src-tauri/shell/rpc.rs has {commands} commands: one per class of the list, which are three"
        ));
    }
    findings
}

fn json(tree: &Tree, path: &str) -> Option<Value> {
    let text = &tree.file(path)?.text;
    Some(serde_json::from_str(text).unwrap_or_else(|e| panic!("{path} is JSON: {e}")))
}

#[test]
fn the_content_policy_is_strict() {
    assert!(
        Tree::read().file(CONFIG).is_some(),
        "{CONFIG} is where it is looked for"
    );
    holds(the_page_loads_only_its_own_files);
    let good = r#"{"app":{"security":{"csp":{"default-src":"'none'","script-src":"'self'","connect-src":"ipc: http://ipc.localhost"}}}}"#;
    tells(
        the_page_loads_only_its_own_files,
        &[
            (CONFIG, r#"{"app":{"security":{"csp":null}}}"#),
            (CONFIG, r#"{"app":{"security":{"csp":{"default-src":"'self'"}}}}"#),
            (
                CONFIG,
                r#"{"app":{"security":{"csp":{"default-src":"'none'","script-src":"'self' 'unsafe-inline'"}}}}"#,
            ),
            (
                CONFIG,
                r#"{"app":{"security":{"csp":{"default-src":"'none'","img-src":"https://example.com"}}}}"#,
            ),
            (
                CONFIG,
                r#"{"app":{"security":{"csp":{"default-src":"'none'"},"dangerousDisableAssetCspModification":true}}}"#,
            ),
            (
                CONFIG,
                r#"{"app":{"withGlobalTauri":true,"security":{"csp":{"default-src":"'none'"}}}}"#,
            ),
        ],
        &[(CONFIG, good)],
    );
}

#[test]
fn an_update_is_signed_and_newer() {
    holds(updates_are_signed_and_newer);
    tells(
        updates_are_signed_and_newer,
        &[
            (CONFIG, r#"{"plugins":{"updater":{"pubkey":"k","endpoints":[]}}}"#),
            (
                CONFIG,
                r#"{"plugins":{"updater":{"pubkey":"","requireSignedVersion":true}}}"#,
            ),
            (
                CONFIG,
                r#"{"plugins":{"updater":{"pubkey":"k","requireSignedVersion":true,"allowDowngrades":true}}}"#,
            ),
            (
                CONFIG,
                r#"{"plugins":{"updater":{"pubkey":"k","requireSignedVersion":true,"endpoints":["http://a.example"]}}}"#,
            ),
        ],
        &[(
            CONFIG,
            r#"{"plugins":{"updater":{"pubkey":"k","requireSignedVersion":true,"endpoints":["https://a.example"]}}}"#,
        )],
    );
}

#[test]
fn the_window_may_do_little() {
    assert_eq!(
        Tree::read().under(CAPABILITIES, ".json").count(),
        1,
        "there is one capability file"
    );
    holds(the_window_has_few_rights);
    let (main, more) = ("src-tauri/capabilities/main.json", "src-tauri/capabilities/more.json");
    tells(
        the_window_has_few_rights,
        &[
            (main, r#"{"permissions":["core:default"]}"#),
            (main, r#"{"permissions":["dialog:allow-open"]}"#),
            (
                main,
                r#"{"permissions":["allow-read"],"remote":{"urls":["https://example.com"]}}"#,
            ),
        ],
        &[(main, r#"{"permissions":["allow-read","core:event:allow-listen"]}"#)],
    );
    let two = Tree::of(&[(main, r#"{"permissions":[]}"#), (more, r#"{"permissions":[]}"#)]);
    assert_eq!(
        the_window_has_few_rights(&two).len(),
        1,
        "two files of rights are one too many"
    );
}

#[test]
fn there_are_three_commands() {
    holds(three_commands_and_no_more);
    let four = "#[tauri::command]\nfn f() {}\n".repeat(4);
    tells(
        three_commands_and_no_more,
        &[
            ("src-tauri/shell/rpc.rs", &four),
            ("src-tauri/shell/window.rs", "#[tauri::command]\nfn f() {}"),
        ],
        &[("src-tauri/shell/rpc.rs", "#[tauri::command]\nfn read() {}")],
    );
}
