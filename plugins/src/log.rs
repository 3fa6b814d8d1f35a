//! `log`: what is said, in a file, one event a line.
//!
//! ```ron
//! (
//!     path: "/var/log/salotto/talk.log",
//!     format: Json,
//!     rotate: Daily,
//!     keep: 30,
//! )
//! ```
//!
//! The hooks put events into a bounded queue; a task of the plugin writes them, many at once when many wait, on a thread where
//! waiting for a disk holds up nobody. Each batch is handed to the system at once, so nothing waits in the program while nobody talks, and
//! a stop of the plugin or of the house writes what is left.
//!
//! - **A disk that cannot keep up** never slows the room: what does not fit into the queue is counted and dropped. A line in the
//!   log says where how many are missing, and the operator is told when the log has caught up.
//! - **A disk that refuses** (full, gone, read-only) is reported once; it is tried again every five seconds, and what waits is kept
//!   as far as the queue holds. A line that was half written is taken back.
//! - **A missing folder** is not created, since a wrong path would make folders in odd places; the operator is told, and the log
//!   begins when the folder is there.
//! - **A file that was moved or deleted** by somebody else is begun anew with the next line, so that `logrotate` needs to tell nobody.
//! - **On Unix** the file is made with mode 0640: what people say is not for every user of the machine.

mod file;
mod line;
mod writer;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use salotto::{Entry, Event, Host, Plugin};
use serde::{Deserialize, Deserializer};

use file::LogFile;
use writer::Feed;

/// Events that may wait for the disk. At a busy room's ten lines a second that is more than a minute, and at the default length of
/// messages 8 MiB at the worst.
const QUEUE: usize = 1024;

/// How long the disk is left alone when it has refused.
const RETRY: Duration = Duration::from_secs(5);

/// What is written, where, and for how long it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The file, which is appended to; a relative path begins at the folder that the program was started in. Default
    /// `salotto.log`.
    #[serde(deserialize_with = "file_path")]
    pub path: PathBuf,
    /// What a line looks like. Default `Text`.
    pub format: Format,
    /// When a new file is begun. Default `Never`.
    pub rotate: Rotate,
    /// How many old files are kept when a new one is begun: `path.1` is the newest, `path.2` the one before, and so on. Files beyond are
    /// deleted, those of an earlier, higher setting too. Default 7 files.
    pub keep: u32,
    /// Whether what people say to one person alone is written too. Default false.
    pub directs: bool,
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Format {
    /// For people; the time is UTC:
    ///
    /// ```text
    /// 2026-01-02T03:04:05.678Z lobby ada: hello
    /// 2026-01-02T03:04:06.001Z lobby ** ada waves
    /// 2026-01-02T03:04:07.500Z lobby -> bob joined
    /// 2026-01-02T03:04:08.250Z lobby <- bob left (quit: so long)
    /// 2026-01-02T03:04:09.125Z lobby -- ada is now eve
    /// 2026-01-02T03:04:10.000Z lobby * dinner is ready
    /// 2026-01-02T03:04:11.000Z @bob eve: for bob alone
    /// ```
    ///
    /// Notices about those who come, go and are renamed are left out, as the arrows say it already.
    #[default]
    Text,
    /// For programs: each event as clients are told it, [`salotto::Entry`] for what happens in a room and [`salotto::Event`] for all.
    /// Lines that were lost are an event of type `told` with their number as `lost`.
    Json,
}

/// When a new file is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Rotate {
    /// Never; the file grows for as long as people talk.
    #[default]
    Never,
    /// With the first line of a day, by UTC. After a restart the day of the file is that of its last change.
    Daily,
    /// Before a line that would make the file longer than so many bytes. A single line that is longer has a file of its own.
    Size(NonZeroU64),
}

/// The plugin.
#[derive(Debug)]
pub struct Log {
    settings: LogSettings,
    retry: Duration,
    /// From [`start`](Plugin::start) on.
    feed: Option<Feed>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            path: "salotto.log".into(),
            format: Format::Text,
            rotate: Rotate::Never,
            keep: 7,
            directs: false,
        }
    }
}

fn file_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let path = String::deserialize(deserializer)?;
    if path.trim().is_empty() {
        let text = "the path is empty; write the file to log to, such as \"talk.log\"";
        return Err(serde::de::Error::custom(text));
    }
    Ok(path.into())
}

impl Log {
    /// The plugin with these settings. The file is opened when the plugin starts.
    pub fn new(settings: LogSettings) -> Self {
        Self { settings, retry: RETRY, feed: None }
    }

    fn write(&self, host: &Host<'_>, event: impl FnOnce() -> Event) {
        if let Some(feed) = &self.feed {
            feed.push(event(), host.now());
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new(LogSettings::default())
    }
}

impl Plugin for Log {
    fn start(&mut self, host: &mut Host<'_>) {
        let settings = &self.settings;
        let file = LogFile::new(settings.path.clone(), settings.rotate, settings.keep);
        let (feed, writer) = writer::connect(QUEUE, file, settings.format, self.retry);
        self.feed = Some(feed);
        let reporter = host.reporter();
        host.spawn(writer.run(move |text| reporter.report(text)));
    }

    fn stop(&mut self, _host: &mut Host<'_>) {
        // The queue closes with it, which is how the task learns that it is time to finish.
        self.feed = None;
    }

    fn after_entry(&mut self, host: &mut Host<'_>, entry: &Entry) {
        self.write(host, || Event::Entry(entry.clone()));
    }

    fn after_direct(&mut self, host: &mut Host<'_>, event: &Event) {
        if self.settings.directs {
            self.write(host, || event.clone());
        }
    }
}

#[cfg(test)]
mod tests;
