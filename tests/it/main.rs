//! Integration tests: one program to link.

mod rig;
mod samples;
mod shared;
mod tidy;
mod worked;
