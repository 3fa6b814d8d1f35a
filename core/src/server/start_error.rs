//! Why a server could not start.

use std::io;

use crate::connection::listener::ListenError;
use crate::plugin::CatalogError;
use crate::protocol::settings::SettingsError;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Settings out of bounds, all of them.
    #[error("{}", list(.0))]
    Settings(Vec<SettingsError>),
    /// Plugins that are unknown or whose settings were refused, all of them.
    #[error("{}", list(.0))]
    Plugins(Vec<CatalogError>),
    /// An address could not be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}; free some memory or lower `server.threads`")]
    Thread(io::Error),
}

fn list(errors: &[impl std::fmt::Display]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
