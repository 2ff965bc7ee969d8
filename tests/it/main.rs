//! Integration tests: one program to link.

mod adoption;
mod amazon;
mod api;
mod border;
mod cli;
mod connector;
mod connectors;
mod crew;
mod damage;
mod history;
mod import;
mod killed;
mod lost_right;
mod market;
mod oracle;
mod order_of_arrival;
mod published;
mod rig;
mod samples;
mod sellers;
mod shared;
mod synced;
mod threads;
mod tidy;
mod twice;
mod worked;
