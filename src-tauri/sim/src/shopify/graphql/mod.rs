//! The platform's query language: checking, planning, pricing and running a request.

pub(crate) mod cost;
pub(crate) mod error;
pub(crate) mod execute;
pub(crate) mod plan;
pub(crate) mod schema;
mod validate;
pub(crate) mod variables;
