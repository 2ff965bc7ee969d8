//! What the product answers. Every command of the window, the local server and the command line ends here.

mod figure;
pub mod metrics;

pub use figure::{Figure, Figures};
