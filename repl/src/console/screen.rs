//! Who may write to the terminal when. While a line is typed, only the editor may, so what happens goes through its printer; otherwise
//! it is written directly.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use async_channel::Receiver;
use rustyline::ExternalPrinter;
use salotto::Report;
use smol::future::FutureExt;

use crate::output::say;
use crate::render::Renderer;

/// So many lines are printed at a time: each time the editor paints its line anew.
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
    /// The editor is about to paint its prompt, and nobody may come between.
    Painting,
    /// A line is being typed.
    Reading,
}

/// The state in which the terminal was found.
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
        say(text);
    }

    /// Leaves a line that was being typed when the program has to end.
    pub(super) fn abandon_line(&self) {
        let mut phase = self.phase();
        if *phase != Phase::Idle {
            *phase = Phase::Idle;
            say("");
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
            // The terminal is gone, and the program about to end.
            let _ = printer.print(format!("{text}\n"));
        } else {
            say(text);
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

/// Prints what happens and what is diagnosed, on a thread of its own, until both have ended. The answer closes then.
pub(super) fn scroll(
    screen: Arc<Screen>,
    mut printer: Printer,
    happens: Receiver<Happened>,
    diagnosed: Receiver<String>,
    renderer: Renderer,
) -> Receiver<Infallible> {
    let (running, ended) = async_channel::bounded(1);
    let print = move || {
        let _running = running;
        while let Some(first) = smol::block_on(next(&happens, &diagnosed, renderer)) {
            let mut text = first;
            let more = std::iter::from_fn(|| happens.try_recv().ok());
            for line in more.filter_map(|what| what.line(renderer)).take(BATCH) {
                // Writing to a text does not fail.
                let _ = write!(text, "\n{line}");
            }
            screen.print_above(&mut printer, &text);
        }
    };
    let thread = std::thread::Builder::new().name("scroll".into());
    if let Err(error) = thread.spawn(print) {
        tracing::warn!(%error, "what happens cannot be shown");
    }
    ended
}

/// The next line to print, or `None` when nothing happens any more. What was diagnosed until then is printed too.
async fn next(
    happens: &Receiver<Happened>,
    diagnosed: &Receiver<String>,
    renderer: Renderer,
) -> Option<String> {
    loop {
        let happened = async { happens.recv().await.ok() };
        let diagnosis = async {
            match diagnosed.recv().await {
                Ok(line) => Some(Happened::Diagnosis(line)),
                Err(_) => std::future::pending().await,
            }
        };
        let what = happened.or(diagnosis).await;
        let what = what.or_else(|| diagnosed.try_recv().ok().map(Happened::Diagnosis))?;
        if let Some(line) = what.line(renderer) {
            return Some(line);
        }
    }
}

/// Something to print.
#[derive(Debug)]
pub(super) enum Happened {
    Report(Report),
    Diagnosis(String),
}

impl Happened {
    fn line(&self, renderer: Renderer) -> Option<String> {
        match self {
            Self::Report(report) => renderer.line(report),
            Self::Diagnosis(line) => Some(renderer.dim(line)),
        }
    }
}

impl Terminal {
    /// Looks at the terminal before anybody changes it.
    pub(super) fn remember() -> Self {
        Self { found: rustix::termios::tcgetattr(io::stdin()).ok() }
    }

    /// Puts it back as it was found.
    pub(super) fn restore(&self) {
        if let Some(found) = &self.found {
            let now = rustix::termios::OptionalActions::Now;
            // A terminal that is gone needs nothing.
            let _ = rustix::termios::tcsetattr(io::stdin(), now, found);
        }
        // The editor had asked for pastes to be marked.
        let mut out = io::stdout().lock();
        let _ = out.write_all(b"\x1b[?2004l").and_then(|()| out.flush());
    }
}
