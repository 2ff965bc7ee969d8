//! Headless entry.
fn main() {}
