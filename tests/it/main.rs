//! Integration tests: one program to link.

mod shared;
mod worked;
