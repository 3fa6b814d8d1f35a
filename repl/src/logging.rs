//! Diagnostics: the log of the program about itself. Lines go through a bounded channel to a thread that writes them, so that a full disk or a
//! stuck terminal never holds up the server.

mod writer;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_channel::Sender;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{Format, Level, LogSettings};
use writer::{Destination, Writer};

/// What is logged from here is reported to every console anyway.
const REPORTED: &str = "salotto::state::report";

/// What stands in front of the server.
pub(crate) enum Front {
    /// None: diagnostics go to standard error, unless there is a file.
    Service,
    /// A console: warnings become lines in this channel, a file gets everything.
    Console(Sender<String>),
    /// A script, whose standard error is for its own errors: diagnostics go to a file or nowhere.
    Script,
}

/// The diagnostics of this process. Clones are the same.
#[derive(Debug, Clone)]
pub struct Diagnostics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    level: reload::Handle<LevelFilter, Registry>,
    /// The lock guards single steps and is taken last.
    in_force: Mutex<LogSettings>,
    writer: Writer,
    /// Whether lines go to standard error while no file is named.
    to_stderr: bool,
    /// Whether a console shows more than warnings.
    verbose: Arc<AtomicBool>,
}

/// Settings whose file is open already, so that applying them cannot fail.
#[derive(Debug)]
pub(crate) struct Prepared {
    settings: LogSettings,
    destination: Destination,
}

/// Where finished lines go. The subscriber writes each event at once, with its newline.
#[derive(Clone)]
struct Lines(Arc<dyn Fn(String) + Send + Sync>);

impl Diagnostics {
    /// Installs the subscriber of this process. If it has one already, as in a program that embeds this, that one stays.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread cannot be started; for people.
    pub(crate) fn install(settings: LogSettings, front: Front) -> Result<Self, String> {
        let to_stderr = matches!(front, Front::Service);
        let Prepared { settings, destination } = prepare(settings, to_stderr)?;
        let writer = Writer::start(destination)
            .map_err(|error| format!("cannot start a thread for diagnostics: {error}"))?;
        let (level, handle) = reload::Layer::new(LevelFilter::from(settings.level));
        let verbose = Arc::new(AtomicBool::new(is_verbose(settings.level)));
        let console = match front {
            Front::Console(lines) => Some(to_console(lines, verbose.clone())),
            Front::Service | Front::Script => None,
        };
        let written = writer.clone();
        let lines = formatted(settings.format, Lines::to(move |line| written.write(line)));
        let _ = tracing_subscriber::registry().with(level).with(lines).with(console).try_init();
        let in_force = Mutex::new(settings);
        Ok(Self(Arc::new(Inner { level: handle, in_force, writer, to_stderr, verbose })))
    }

    /// Nothing is written.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        let (_, level) = reload::Layer::new(LevelFilter::OFF);
        Self(Arc::new(Inner {
            level,
            in_force: Mutex::default(),
            writer: Writer::start(Destination::Nowhere).unwrap(),
            to_stderr: false,
            verbose: Arc::default(),
        }))
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> LogSettings {
        self.in_force().clone()
    }

    /// Changes the level from here on.
    pub(crate) fn set_level(&self, level: Level) {
        self.in_force().level = level;
        self.0.verbose.store(is_verbose(level), Ordering::Relaxed);
        // Fails where another subscriber is in place.
        let _ = self.0.level.reload(level);
    }

    /// The first half of applying new settings: opens the file.
    ///
    /// # Errors
    /// When it cannot be opened; for people.
    pub(crate) fn prepare(&self, mut settings: LogSettings) -> Result<Prepared, String> {
        // The format of a line is fixed at the start of the program.
        settings.format = self.settings().format;
        prepare(settings, self.0.to_stderr)
    }

    /// The second half.
    pub(crate) async fn apply(&self, prepared: Prepared) {
        self.0.writer.switch(prepared.destination).await;
        self.set_level(prepared.settings.level);
        *self.in_force() = prepared.settings;
    }

    /// Opens the file anew, which may have been moved away.
    ///
    /// # Errors
    /// When it cannot be opened; for people.
    pub(crate) async fn reopen(&self) -> Result<(), String> {
        let prepared = self.prepare(self.settings())?;
        self.0.writer.switch(prepared.destination).await;
        Ok(())
    }

    /// Waits until everything is written, or for half a second.
    pub(crate) async fn flush(&self) {
        self.0.writer.flush().await;
    }

    fn in_force(&self) -> MutexGuard<'_, LogSettings> {
        self.0.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(settings: LogSettings, to_stderr: bool) -> Result<Prepared, String> {
    let destination = match &settings.file {
        Some(path) => Destination::file(path).map_err(|error| {
            let path = path.display();
            format!("cannot write the log `{path}`: {error}; change `log.file`")
        })?,
        None if to_stderr => Destination::Stderr,
        None => Destination::Nowhere,
    };
    Ok(Prepared { settings, destination })
}

/// A layer that makes a line of each event.
fn formatted<S>(format: Format, lines: Lines) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // Colours could not be told apart from escape sequences that somebody smuggled in.
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(lines);
    match format {
        Format::Human => layer.boxed(),
        Format::Json => layer.json().flatten_event(true).boxed(),
    }
}

/// A layer for the screen of a console, which shows the reports of the server anyway.
fn to_console<S>(lines: Sender<String>, verbose: Arc<AtomicBool>) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let is_news = move |metadata: &Metadata<'_>, _: &Context<'_, S>| {
        let matters = *metadata.level() <= tracing::Level::WARN;
        verbose.load(Ordering::Relaxed) || (matters && metadata.target() != REPORTED)
    };
    // When it is full they are dropped: a stuck terminal must not stop the server.
    let lines = Lines::to(move |line| drop(lines.try_send(line)));
    tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(lines)
        .with_filter(dynamic_filter_fn(is_news))
}

/// Whether a console shows the whole log, and not only what its reports leave out.
fn is_verbose(level: Level) -> bool {
    level >= Level::Debug
}

impl Lines {
    fn to(sink: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(clean(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One event as one line, whatever somebody put into it: no control character reaches a terminal, and nobody can forge a line. In JSON they
/// occur only in strings, where this is how they are escaped.
fn clean(event: &str) -> String {
    let mut line = String::with_capacity(event.len());
    for c in event.trim().chars() {
        match c.is_control() {
            true => line.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that an event with this name in it makes.
    fn written(format: Format, name: &str) -> Vec<String> {
        let (lines, received) = async_channel::bounded(16);
        let lines = Lines::to(move |line| lines.try_send(line).unwrap());
        let subscriber = tracing_subscriber::registry().with(formatted(format, lines));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(%name, "{name} came");
        });
        std::iter::from_fn(|| received.try_recv().ok()).collect()
    }

    const FORGED: &str = "ada\n2026 ERROR all is lost\u{1b}[2J\u{9b}31m\r\u{7}";

    #[test]
    fn nobody_forges_a_line_or_reaches_the_terminal_in_a_form_for_people() {
        let lines = written(Format::Human, FORGED);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("ada\\u000a2026 ERROR all is lost"), "{}", lines[0]);
        assert!(!lines[0].contains(char::is_control), "{:?}", lines[0]);
    }

    #[test]
    fn a_line_for_programs_is_one_object_without_control_characters() {
        let lines = written(Format::Json, FORGED);
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains(char::is_control), "{:?}", lines[0]);
        let object: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(object["level"], "WARN");
        assert_eq!(object["name"], FORGED);
        assert_eq!(object["message"], format!("{FORGED} came"));
    }
}
