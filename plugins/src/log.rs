//! `log`: logs messages and other events of the rooms to a file, one event a line.
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
//! What was written stays: `delete` takes a message from the room and from those who see it later, not from the file.
//!
//! [`journal`] documents how the file is written, and what happens when that fails.

mod line;

use std::path::PathBuf;
use std::time::Duration;

use salotto::{Context, Entry, Event, Plugin};
use serde::Deserialize;

use crate::common::journal::{self, Journal, JournalFile, QUEUE, RETRY, Rotate};

/// What is logged, where, and for how long old files are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The file, which is appended to; a relative path begins at the folder that the program was started in. Default
    /// `salotto.log`.
    #[serde(deserialize_with = "crate::common::settings::file_path")]
    pub path: PathBuf,
    /// What a line looks like. Default `Text`.
    pub format: Format,
    /// When a new file is started. Default `Never`.
    pub rotate: Rotate,
    /// How many old files are kept: `path.1` is the newest, `path.2` the one before, and so on. Files beyond are
    /// deleted, those of an earlier, higher setting too. Default 7 files.
    pub keep: u32,
    /// Whether private messages are logged too. Default false.
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
    /// Notices about joins, leaves and renames are left out, as the arrows show them already.
    #[default]
    Text,
    /// For programs: each event as it is sent to JSON clients, a [`salotto::Event`]. Lines that were lost are an event of type
    /// `direct_notice` with their number as `lost`.
    Json,
}

/// The plugin.
#[derive(Debug)]
pub struct Log {
    settings: LogSettings,
    retry: Duration,
    /// From [`start`](Plugin::start) on.
    journal: Option<Journal<Event>>,
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

impl Log {
    /// The plugin with these settings. The file is opened when the plugin starts.
    pub fn new(settings: LogSettings) -> Self {
        Self { settings, retry: RETRY, journal: None }
    }

    fn write(&self, context: &Context<'_>, event: impl FnOnce() -> Event) {
        if let Some(journal) = &self.journal {
            journal.push(event(), context.now());
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new(LogSettings::default())
    }
}

impl Plugin for Log {
    fn start(&mut self, context: &mut Context<'_>) {
        let settings = &self.settings;
        let file = JournalFile::new(settings.path.clone(), settings.rotate, settings.keep);
        let (journal, writer) = journal::connect(QUEUE, file, settings.format, self.retry);
        self.journal = Some(journal);
        let reporter = context.reporter();
        context.spawn(writer.run(move |news| news.tell(&reporter)));
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        // The queue closes with it, which ends the task.
        self.journal = None;
    }

    fn after_entry(&mut self, context: &mut Context<'_>, entry: &Entry, _: Option<&str>) {
        self.write(context, || Event::Entry(entry.clone()));
    }

    fn after_direct(&mut self, context: &mut Context<'_>, event: &Event) {
        if self.settings.directs {
            self.write(context, || event.clone());
        }
    }
}

#[cfg(test)]
mod tests;
