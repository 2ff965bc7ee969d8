//! Integration tests: one program to link.

mod oracle;
mod rig;
mod samples;
mod shared;
mod worked;
