//! The source tree as the rules see it: every file that belongs to the project, as text.

use std::path::Path;

use super::lex;

/// What builds and packages leave beside the sources.
const NOT_OURS: [&str; 7] = [
    "target",
    "node_modules",
    "dist",
    "gen",
    "shots",
    "svelte-kit",
    "perf-data",
];

/// A file of the project.
#[derive(Debug)]
pub(super) struct Source {
    /// From the top of the checkout, with slashes.
    pub(super) path: String,
    /// What it says; empty for what is no text.
    pub(super) text: String,
}

/// All of them.
pub(super) struct Tree(pub(super) Vec<Source>);

impl Tree {
    /// Reads the checkout that this test was built from.
    pub(super) fn read() -> Tree {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        walk(root, root, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(
            files.len() > 50,
            "the checkout was found: {} files under {}",
            files.len(),
            root.display()
        );
        Tree(files)
    }

    /// A tree made up for a test of a rule.
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        Tree(
            files
                .iter()
                .map(|(path, text)| Source {
                    path: (*path).to_owned(),
                    text: (*text).to_owned(),
                })
                .collect(),
        )
    }

    /// Files under `folder` (which ends with a slash, or is empty) whose name ends with `ending`.
    pub(super) fn under<'t>(&'t self, folder: &'t str, ending: &'t str) -> impl Iterator<Item = &'t Source> {
        self.0
            .iter()
            .filter(move |f| f.path.starts_with(folder) && f.path.ends_with(ending))
    }

    /// The file at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&Source> {
        self.0.iter().find(|f| f.path == path)
    }
}

impl Source {
    /// Whether it holds tests and nothing else.
    pub(super) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || name.ends_with("tests.rs")
            || name == "scripted.rs"
            || name.contains(".test.")
    }

    /// Rust code without comments and literals, and without the tests at its end.
    pub(super) fn code(&self) -> String {
        lex::pieces(self.product()).code
    }

    /// String literals with their lines, without those of the tests at its end.
    pub(super) fn strings(&self) -> Vec<(usize, String)> {
        lex::pieces(self.product()).strings
    }

    /// The text up to the tests at its end.
    fn product(&self) -> &str {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {");
        &self.text[..tests.unwrap_or(self.text.len())]
    }
}

/// `target` as seen from `folder`, from the top of the checkout.
pub(super) fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|p| !p.is_empty()).collect()
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<Source>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} is readable: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a readable folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // `ui/src/lib/gen` is ours: generated, and committed.
        let ours = path.ends_with("ui/src/lib/gen") || !NOT_OURS.contains(&name.as_str());
        if !ours || name == ".git" || name == ".svelte-kit" || name.ends_with(".log") {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            let inside = path
                .strip_prefix(root)
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            files.push(Source {
                path: inside,
                text: std::fs::read_to_string(&path).unwrap_or_default(),
            });
        }
    }
}
