//! The exit status of the program.

use std::process::ExitCode;

use crate::supervisor::ServerStartError;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Done,
    /// A command failed, or the server did not start.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// There is no running server, or it has ended.
    NoServer,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NoServer => 3,
        })
    }
}

/// Why the server did not start, as an exit status.
pub(super) fn exit_of(error: &ServerStartError) -> Exit {
    match error {
        ServerStartError::Config(_) | ServerStartError::Cluster(_) => Exit::Usage,
        ServerStartError::Start(_)
        | ServerStartError::AlreadyRunning
        | ServerStartError::ShutDown
        | ServerStartError::Store(_) => Exit::Failed,
    }
}
