//! Who may write to the terminal when. While a line is typed, only the editor may, so output goes through its printer; otherwise it is
//! written directly.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use async_channel::Receiver;
use rustyline::ExternalPrinter;
use salotto::Report;
use smol::future::FutureExt;

use crate::output::print;
use crate::render::{Renderer, clock};

/// Most lines that are printed at once: each time the editor repaints its line.
const BATCH: usize = 50;

/// Prints while a line is typed; `None` on terminals that cannot.
pub(crate) type Printer = Option<Box<dyn ExternalPrinter + Send>>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    /// Held while something is written directly, never while the editor's printer works, which may wait for the editor.
    phase: Mutex<Phase>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// No line is being typed.
    #[default]
    Idle,
    /// The editor is about to paint its prompt, and nothing else may be written.
    Painting,
    /// A line is being typed.
    Reading,
}

/// The modes in which the terminal was found.
pub(crate) struct Terminal {
    found: Option<rustix::termios::Termios>,
}

impl Screen {
    pub(super) fn painting(&self) {
        self.set(Phase::Painting);
    }

    pub(super) fn reading(&self) {
        self.set(Phase::Reading);
    }

    pub(super) fn idle(&self) {
        self.set(Phase::Idle);
    }

    /// Prints lines while nothing is being typed.
    pub(super) fn print(&self, text: &str) {
        let _phase = self.phase();
        print(text);
    }

    /// Ends the line that was being typed when the program has to end.
    pub(super) fn abandon_line(&self) {
        let mut phase = self.phase();
        if *phase != Phase::Idle {
            *phase = Phase::Idle;
            print("");
        }
        drop(phase);
        self.changed.notify_all();
    }

    /// Prints lines, whether something is being typed or not.
    fn print_above(&self, printer: &mut Printer, text: &str) {
        let mut phase = self.phase();
        while *phase == Phase::Painting {
            phase = self.changed.wait(phase).unwrap_or_else(PoisonError::into_inner);
        }
        if let (Phase::Reading, Some(printer)) = (*phase, printer) {
            drop(phase);
            // If it fails the terminal is gone, and the program about to end.
            let _ = printer.print(format!("{text}\n"));
        } else {
            print(text);
        }
    }

    fn set(&self, phase: Phase) {
        *self.phase() = phase;
        self.changed.notify_all();
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints notifications and diagnostics on a thread of its own, until both channels have closed. The returned channel closes then.
pub(super) fn print_thread(
    screen: Arc<Screen>,
    mut printer: Printer,
    notifications: Receiver<Notification>,
    diagnostics: Receiver<String>,
    renderer: Renderer,
) -> Receiver<Infallible> {
    let (running, ended) = async_channel::bounded(1);
    let print = move || {
        let _running = running;
        while let Some(first) = smol::block_on(next(&notifications, &diagnostics, renderer)) {
            let mut text = first;
            let more = std::iter::from_fn(|| notifications.try_recv().ok());
            for line in more.filter_map(|what| what.line(renderer)).take(BATCH) {
                // Writing to a string does not fail.
                let _ = write!(text, "\n{line}");
            }
            screen.print_above(&mut printer, &text);
        }
    };
    let thread = std::thread::Builder::new().name("output".into());
    if let Err(error) = thread.spawn(print) {
        tracing::warn!(%error, "cannot start the thread that prints what happens");
    }
    ended
}

/// The next line to print, or `None` when no notification can come any more. Diagnostics that wait then are printed too.
async fn next(
    notifications: &Receiver<Notification>,
    diagnostics: &Receiver<String>,
    renderer: Renderer,
) -> Option<String> {
    loop {
        let notification = async { notifications.recv().await.ok() };
        let diagnostic = async {
            match diagnostics.recv().await {
                Ok(line) => Some(Notification::Diagnostic(line)),
                Err(_) => std::future::pending().await,
            }
        };
        let what = notification.or(diagnostic).await;
        let what = what.or_else(|| diagnostics.try_recv().ok().map(Notification::Diagnostic))?;
        if let Some(line) = what.line(renderer) {
            return Some(line);
        }
    }
}

/// Something to print.
#[derive(Debug)]
pub(super) enum Notification {
    Report(Report),
    Diagnostic(String),
}

impl Notification {
    fn line(&self, renderer: Renderer) -> Option<String> {
        match self {
            Self::Report(report) => {
                let line = renderer.line(report)?;
                Some(match clock::stamp(report) {
                    Some(time) => format!("{} {line}", renderer.dim(&time)),
                    None => line,
                })
            }
            Self::Diagnostic(line) => Some(renderer.dim(line)),
        }
    }
}

impl Terminal {
    /// Saves the modes of the terminal before anything changes them.
    pub(super) fn remember() -> Self {
        Self { found: rustix::termios::tcgetattr(io::stdin()).ok() }
    }

    /// Restores them.
    pub(super) fn restore(&self) {
        if let Some(found) = &self.found {
            let now = rustix::termios::OptionalActions::Now;
            // A terminal that is gone needs nothing.
            let _ = rustix::termios::tcsetattr(io::stdin(), now, found);
        }
        // The editor has switched bracketed paste on.
        let mut out = io::stdout().lock();
        let _ = out.write_all(b"\x1b[?2004l").and_then(|()| out.flush());
    }
}
