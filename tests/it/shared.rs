//! Reading material beside the checkout: design figures and public samples. Tests that need it say when it is not there.

use std::path::PathBuf;

/// A file or folder of the material, or `None` (said aloud) where it does not lie beside the checkout.
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
#[expect(clippy::print_stdout, reason = "a run that skips says so")]
pub(crate) fn material(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("COUNTINGHOUSE_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {path} does not lie beside the checkout");
    None
}
