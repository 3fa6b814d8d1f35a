//! The thread that writes diagnostics.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::Timer;
use smol::future::FutureExt;

/// Lines that may wait to be written. Those that come when the channel is full are lost, and counted.
const WAITING: usize = 4096;
/// How long the end of the program waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Where lines are written.
#[derive(Debug)]
pub(super) enum Destination {
    Nowhere,
    Stderr,
    File(File),
}

/// Sends lines to the thread, which ends when the last of these is dropped.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    messages: Sender<Message>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Line(String),
    Switch(Destination),
    /// When the sender is dropped, all that came before is written.
    Flush(Sender<()>),
}

impl Destination {
    /// A file that is appended to, and created if it does not exist.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        // Who did what is not for every user of the machine.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(Self::File)
    }

    fn write(&mut self, line: &str) {
        let line = format!("{line}\n");
        // There is nowhere to report a full disk or a broken pipe.
        let _ = match self {
            Self::Nowhere => Ok(()),
            Self::Stderr => io::stderr().lock().write_all(line.as_bytes()),
            Self::File(file) => file.write_all(line.as_bytes()),
        };
    }
}

impl Writer {
    pub(super) fn start(destination: Destination) -> io::Result<Self> {
        let (messages, received) = async_channel::bounded(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = lost.clone();
        let thread = std::thread::Builder::new().name("diagnostics".into());
        thread.spawn(move || write(&received, destination, &counted))?;
        Ok(Self { messages, lost })
    }

    /// Queues a line; never waits.
    pub(super) fn write(&self, line: String) {
        if self.messages.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Changes where lines are written. Waits while the thread is behind.
    pub(super) async fn switch(&self, destination: Destination) {
        // The thread lives as long as this sender.
        let _ = self.messages.send(Message::Switch(destination)).await;
    }

    /// Waits until everything queued is written, but not for ever.
    pub(super) async fn flush(&self) {
        let (flushed, done) = async_channel::bounded(1);
        let written = async {
            if self.messages.send(Message::Flush(flushed)).await.is_ok() {
                let _ = done.recv().await;
            }
        };
        let late = async {
            Timer::after(LAST_LINES).await;
        };
        written.or(late).await;
    }
}

fn write(messages: &Receiver<Message>, mut destination: Destination, lost: &AtomicU64) {
    while let Ok(message) = messages.recv_blocking() {
        match message {
            Message::Line(line) => destination.write(&line),
            Message::Switch(other) => destination = other,
            Message::Flush(flushed) => drop(flushed),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "diagnostics came faster than they could be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_to_the_file_that_is_named_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let writer = Writer::start(Destination::file(&path("one")).unwrap()).unwrap();
        smol::block_on(async {
            writer.write("first".into());
            writer.switch(Destination::file(&path("two")).unwrap()).await;
            writer.write("second".into());
            writer.flush().await;
        });
        assert_eq!(std::fs::read_to_string(path("one")).unwrap(), "first\n");
        assert_eq!(std::fs::read_to_string(path("two")).unwrap(), "second\n");
    }
}
