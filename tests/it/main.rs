//! Integration tests: one program to link.

mod shared;
mod tidy;
mod worked;
