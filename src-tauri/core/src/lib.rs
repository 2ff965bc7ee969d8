//! Everything but the window.
