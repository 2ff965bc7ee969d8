//! What leaves the program as a document: the same answers as the screens, in a file of its own.

mod html;

pub use html::dashboard_page;
