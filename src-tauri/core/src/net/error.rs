//! What can go wrong on the way to a marketplace, each with the next step for the user.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of trouble it is; the screens act on these.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// What was entered cannot be right.
    Invalid,
    /// The thing does not exist (shop name, address).
    NotFound,
    /// The connection's access is gone; the user must connect again.
    NeedsReconnect,
    /// The user must grant a further right.
    NotPermitted,
    /// The platform asks to slow down, longer than the program waits.
    Throttled,
    /// No way to the platform.
    Offline,
    /// The platform refused, or answered something that cannot be used.
    RefusedByChannel,
    /// Another process is at work on this connection.
    Busy,
    /// The user cancelled.
    Cancelled,
    /// No room left on the disk.
    DiskFull,
    /// A defect of this program.
    Internal,
}

impl Code {
    /// The code in answers.
    pub fn name(self) -> &'static str {
        match self {
            Code::Invalid => "invalid",
            Code::NotFound => "not_found",
            Code::NeedsReconnect => "needs_reconnect",
            Code::NotPermitted => "not_permitted",
            Code::Throttled => "throttled",
            Code::Offline => "offline",
            Code::RefusedByChannel => "refused_by_channel",
            Code::Busy => "busy",
            Code::Cancelled => "cancelled",
            Code::DiskFull => "disk_full",
            Code::Internal => "internal",
        }
    }
}

/// How far the trouble reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Only the stream at hand: the others go on.
    Stream,
    /// The whole connection: no further request makes sense now.
    Connection,
}

/// A failure with its cause and the next step. Carries no secret: it is shown, logged and stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NetError {
    /// Kind of trouble.
    pub code: Code,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// How far it reaches.
    pub reach: Reach,
    /// The platform's own number of the request, for its support.
    pub request_id: Option<String>,
}

impl NetError {
    /// A failure of the stream at hand.
    pub fn stream(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        NetError {
            code,
            message: message.into(),
            hint: hint.into(),
            reach: Reach::Stream,
            request_id: None,
        }
    }

    /// A failure of the whole connection.
    pub fn connection(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        NetError {
            reach: Reach::Connection,
            ..NetError::stream(code, message, hint)
        }
    }

    /// The same with the platform's number of the request.
    pub fn of_request(self, request_id: Option<String>) -> Self {
        NetError {
            request_id: request_id.or(self.request_id),
            ..self
        }
    }

    /// A defect of this program, which the user can only report.
    pub fn defect(message: impl Into<String>) -> Self {
        NetError::stream(
            Code::Internal,
            message,
            "Please report this with the text of the message.",
        )
    }

    /// The user's own wish.
    pub fn cancelled() -> Self {
        NetError::connection(
            Code::Cancelled,
            "Stopped as asked.",
            "What was fetched is kept; the next sync goes on from here.",
        )
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message, self.hint)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NetError {}
