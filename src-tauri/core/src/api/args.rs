//! Arguments on their way in, answers on their way out.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::{ApiError, Result};
use crate::metrics::Period;
use crate::model::Day;

use super::{Class, LIST, class_of};

/// The arguments of a command that takes none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
#[ts(type = "Record<string, never>")]
pub struct NoArgs {}

/// Refuses a command of another class.
pub(super) fn allowed(class: Class, command: &str) -> Result<()> {
    match class_of(command) {
        Some(own) if own == class => Ok(()),
        Some(own) => Err(ApiError::invalid(
            format!("“{command}” is a command of the class {own:?}, not {class:?}"),
            "Call it by the entry of its own class.",
        )),
        None => Err(unknown(command)),
    }
}

pub(super) fn unknown(command: &str) -> ApiError {
    let names: Vec<&str> = LIST.iter().map(|c| c.name).collect();
    ApiError::invalid(
        format!("there is no command “{command}”"),
        format!("There are: {}.", names.join(", ")),
    )
}

/// Reads arguments; what does not fit is named by its field.
pub(super) fn read<T: DeserializeOwned>(command: &str, args: Value) -> Result<T> {
    // Commands without arguments may be called with none at all.
    let args = if args.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        args
    };
    serde_path_to_error::deserialize(args).map_err(|error| {
        let path = error.path().to_string();
        let what = error.into_inner();
        let message = match path.as_str() {
            "." | "" => format!("{command}: {what}"),
            path => format!("{command}: {path}: {what}"),
        };
        ApiError::invalid(message, "Correct the argument and call again.")
    })
}

pub(super) fn written<T: Serialize>(result: &T) -> Result<Value> {
    serde_json::to_value(result).map_err(|e| ApiError::internal(format!("the answer has no JSON form: {e}")))
}

/// The days of a question, at most a hundred years.
pub(super) fn period(from: Day, to: Day) -> Result<Period> {
    let period =
        Period::new(from, to).map_err(|m| ApiError::invalid(format!("to: {m}"), "Give the earlier day first."))?;
    if period.days() > 36_600 {
        return Err(ApiError::invalid(
            "from: the period is longer than a hundred years",
            "Choose a shorter one.",
        ));
    }
    Ok(period)
}
