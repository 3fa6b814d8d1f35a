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
//! How the file is written, and what happens when it cannot be, stands at [`journal`].

mod line;

use std::path::PathBuf;
use std::time::Duration;

use salotto::{Context, Entry, Event, Plugin};
use serde::Deserialize;

use crate::common::journal::{self, Feed, JournalFile, QUEUE, RETRY, Rotate};

/// What is written, where, and for how long it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The file, which is appended to; a relative path begins at the folder that the program was started in. Default
    /// `salotto.log`.
    #[serde(deserialize_with = "crate::common::settings::file_path")]
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

/// The plugin.
#[derive(Debug)]
pub struct Log {
    settings: LogSettings,
    retry: Duration,
    /// From [`start`](Plugin::start) on.
    feed: Option<Feed<Event>>,
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
        Self { settings, retry: RETRY, feed: None }
    }

    fn write(&self, context: &Context<'_>, event: impl FnOnce() -> Event) {
        if let Some(feed) = &self.feed {
            feed.push(event(), context.now());
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
        let (feed, writer) = journal::connect(QUEUE, file, settings.format, self.retry);
        self.feed = Some(feed);
        let reporter = context.reporter();
        context.spawn(writer.run(move |text| reporter.report(text)));
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        // The queue closes with it, which is how the task learns that it is time to finish.
        self.feed = None;
    }

    fn after_entry(&mut self, context: &mut Context<'_>, entry: &Entry) {
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
