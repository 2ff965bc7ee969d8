//! Build script: prepares the window when the feature `desktop` is on.
fn main() {}
