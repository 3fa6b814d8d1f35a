//! The errors that an embedder meets, and what people are refused with.

use std::io;
use std::net::SocketAddr;

use crate::config::SettingsError;
use crate::event::ErrorCode;
use crate::plugin::CatalogError;

/// Why a person may not have what they asked for: a code for programs, a line for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what went wrong, with which value, and what to do.
    pub text: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// Why a house could not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Settings out of bounds, all of them.
    #[error("{}", list(.0))]
    Settings(Vec<SettingsError>),
    /// Plugins that are unknown or whose settings were refused, all of them.
    #[error("{}", list(.0))]
    Plugins(Vec<CatalogError>),
    /// An address that is none, or that the system does not know.
    #[error(
        "cannot listen on `{address}`: {source}; give an address with port such as 0.0.0.0:53000"
    )]
    Address {
        /// As it was given.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody listens there already.
    #[error("port {} is in use on {}; another server runs there, so stop it or choose another port", .0.port(), .0.ip())]
    AddressInUse(SocketAddr),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}; free some memory or lower `server.threads`")]
    Thread(io::Error),
}

/// The house has closed, so nothing can be asked of it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the house is closed; start it first")]
pub struct Closed;

fn list(errors: &[impl std::fmt::Display]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
