//! Integration tests: one program to link.

mod api;
mod border;
mod crew;
mod oracle;
mod order_of_arrival;
mod rig;
mod samples;
mod shared;
mod tidy;
mod worked;
