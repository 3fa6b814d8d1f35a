//! Files that only grow: a record a line, written by a plugin of what happens in the server.
//!
//! The hooks put records into a bounded queue; a task of the plugin writes them, many at once when many wait, on a thread where
//! waiting for a disk holds up nobody. Each batch is handed to the system at once, so nothing waits in the program while nobody talks, and
//! a stop of the plugin or of the server writes what is left.
//!
//! - **A disk that cannot keep up** never slows the room: what does not fit into the queue is counted and dropped. A line in the
//!   file says where how many are missing, and the operator is told when it has caught up.
//! - **A disk that refuses** (full, gone, read-only) is reported once; it is tried again every five seconds, and what waits is kept
//!   as far as the queue holds. A line that was half written is taken back.
//! - **A missing folder** is not created, since a wrong path would make folders in odd places; the operator is told, and the file
//!   begins when the folder is there.
//! - **A file that was moved or deleted** by somebody else is begun anew with the next line, so that `logrotate` needs to tell nobody.
//! - **On Unix** the file is made with mode 0640: what people do is not for every user of the machine.

mod file;
mod line;
mod writer;

use std::time::Duration;

pub(crate) use file::JournalFile;
pub use file::Rotate;
#[cfg(test)]
pub(crate) use line::ends_lines;
pub(crate) use line::{Escapes, Line, Loss};
pub(crate) use writer::{Feed, Script, connect};

/// Records that may wait for the disk. At a busy room's ten lines a second that is more than a minute, and at the default length of
/// messages 8 MiB at the worst.
pub(crate) const QUEUE: usize = 1024;

/// How long the disk is left alone when it has refused.
pub(crate) const RETRY: Duration = Duration::from_secs(5);
