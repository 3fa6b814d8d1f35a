//! Files that only grow: one record a line, written by a plugin about what happens in the server.
//!
//! The hooks put records into a bounded queue; a task of the plugin writes them, many at once when many wait, on a thread that may block.
//! Each batch is passed to the system at once, so nothing waits in the program while nobody talks, and what is left is written when the
//! plugin or the server stops.
//!
//! - **A disk that cannot keep up** never slows the room: what does not fit into the queue is counted and dropped. A line in the
//!   file says how many are missing there, and it is reported to the operator when the disk has caught up.
//! - **A disk that fails** (full, gone, read-only) is reported once; writing is tried again every five seconds, and records wait
//!   as far as the queue has room. A line that was half written is removed.
//! - **A missing folder** is not created, since a wrong path would create folders where nobody expects them; it is reported, and the file is
//!   created when the folder exists.
//! - **A file that was moved or deleted** by another program is created again with the next line, so `logrotate` needs no script.
//! - **On Unix** the file is created with mode 0640: what people do is not for every user of the machine.

mod file;
mod line;
mod writer;

use std::time::Duration;

pub(crate) use file::JournalFile;
pub use file::Rotate;
#[cfg(test)]
pub(crate) use line::ends_lines;
pub(crate) use line::{Escapes, Line, Loss};
pub(crate) use writer::{Journal, LineFormat, connect};

/// Records that may wait for the disk: more than a minute of a busy room with ten lines a second, and at most 8 MiB with messages of the
/// default length.
pub(crate) const QUEUE: usize = 1024;

/// How long to wait before writing is tried again.
pub(crate) const RETRY: Duration = Duration::from_secs(5);
