//! The console: a person at a terminal who administers a server in this process or in another one. Three threads share the work. This one
//! sends what was typed to the control session and receives its messages; the `prompt` thread reads lines with rustyline; the `output` thread
//! prints what happens in the server above the line that is being typed.

mod helper;
mod prompt;
mod screen;

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::Timer;
use smol::future::FutureExt;

use crate::control::Client;
use crate::control::protocol::ServerMessage;
use crate::folders::history_file;
use crate::output::{columns, wants_colours};
use crate::render::Renderer;
use crate::signals::{Signal, Signals};
use crate::supervisor::Leave;
use helper::{Completions, LineHelper};
use prompt::{Input, Prompt};
use screen::{Notification, Screen, Terminal};

/// Reports that may wait to be printed. The oldest are dropped: a stuck terminal must not delay the answers behind them.
const NOTIFICATIONS: usize = 1024;
/// How long the end waits for the last lines to appear; a stuck terminal holds nothing up.
const LAST_LINES: Duration = Duration::from_millis(500);
/// What to do if the first start of the server fails.
const TRY_ANOTHER: &str = "`start 0.0.0.0:53001` tries another address, `start` the same one again";

/// Where the server of a console runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerLocation {
    /// In this process; it stops when the console is left.
    Local,
    /// In another process; it keeps running.
    Remote,
}

/// How a console ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The user left, or the system asked for it.
    Left,
    /// The server ended; with the reason, if it gave one.
    ServerEnded(Option<String>),
}

/// See the module.
pub(crate) struct Console {
    location: ServerLocation,
    client: Client,
    renderer: Renderer,
    terminal: Terminal,
    screen: Arc<Screen>,
    prompt: Prompt,
    completions: Arc<Completions>,
    /// To the output thread.
    notifications: Sender<Notification>,
    /// Closes when that thread has ended.
    printed: Receiver<std::convert::Infallible>,
    /// Lines that were typed and wait for the one before them to finish; a paste brings several.
    typed: VecDeque<String>,
    /// The line that is being executed.
    running: Option<u64>,
    /// Whether that line is the first start of the server.
    starting: bool,
    /// Whether this console has shut the server down.
    server_stopped: bool,
    /// The question how many people are here, before the server is stopped by a key.
    asked: Option<u64>,
    /// Whether the next Ctrl+D leaves, however many are here.
    confirmed: bool,
}

enum Next {
    Signal,
    Typed(Input),
    Received(Option<ServerMessage>),
}

impl Console {
    /// Takes over the terminal. `diagnostics` are lines of the log of this program.
    pub(crate) fn open(
        location: ServerLocation,
        client: Client,
        diagnostics: Receiver<String>,
    ) -> rustyline::Result<Self> {
        let renderer = Renderer::new(wants_colours(io::stdout().is_terminal()));
        let terminal = Terminal::remember();
        let completions = Arc::new(Completions::new(client.requests()));
        let helper = LineHelper::new(completions.clone(), renderer);
        let screen = Arc::new(Screen::default());
        let (prompt, printer) = Prompt::open(helper, history_file(), screen.clone())?;
        let (notifications, received) = async_channel::bounded(NOTIFICATIONS);
        let printed =
            screen::print_thread(screen.clone(), printer, received, diagnostics, renderer);
        let (typed, running) = (VecDeque::new(), None);
        Ok(Self {
            location,
            client,
            renderer,
            terminal,
            screen,
            prompt,
            completions,
            notifications,
            printed,
            typed,
            running,
            starting: false,
            server_stopped: false,
            asked: None,
            confirmed: false,
        })
    }

    /// Prints a dimmed line, before anything is typed.
    pub(crate) fn announce(&self, text: &str) {
        self.screen.print(&self.renderer.dim(text));
    }

    /// Starts the server before the first line is typed.
    pub(crate) fn start_server(&mut self) {
        self.typed.push_back("start".into());
        self.starting = true;
    }

    /// Runs until the user leaves or the server ends.
    pub(crate) async fn run(mut self) -> End {
        let mut signals = Signals::install();
        loop {
            self.run_next_line().await;
            let is_busy = self.running.is_some();
            // Ctrl+C while no line is being typed comes as a signal. It clears a line and never ends the server; but it may end the waiting for an
            // answer of a remote one.
            let may_interrupt = is_busy && self.location == ServerLocation::Remote;
            let signal = async {
                while signals.next().await == Signal::Interrupt && !may_interrupt {}
                Next::Signal
            };
            let typed = async {
                match is_busy {
                    true => std::future::pending().await,
                    false => Next::Typed(self.prompt.next().await),
                }
            };
            let message = async { Next::Received(self.client.next().await) };
            let left = match signal.or(typed).or(message).await {
                Next::Signal => {
                    // The prompt thread may still be reading, and would leave the terminal in raw mode.
                    self.release_terminal();
                    true
                }
                Next::Typed(Input::Line(lines)) => {
                    self.confirmed = false;
                    let lines = lines.lines().map(str::trim);
                    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                    self.typed.extend(lines.map(str::to_owned));
                    false
                }
                Next::Typed(Input::Interrupt { line_was_empty }) => {
                    if line_was_empty {
                        self.screen.print(self.how_to_leave());
                    }
                    false
                }
                Next::Typed(Input::End) => self.may_leave().await,
                Next::Received(Some(ServerMessage::Bye { reason })) => {
                    self.release_terminal();
                    return self.end(End::ServerEnded(Some(reason))).await;
                }
                Next::Received(None) => {
                    self.release_terminal();
                    return self.end(End::ServerEnded(None)).await;
                }
                Next::Received(Some(message)) => self.handle(message),
            };
            if left {
                return self.leave().await;
            }
        }
    }

    /// Whether Ctrl+D leaves at once. Where that would stop a server it is asked first whether people are on it; the answer comes as a message.
    async fn may_leave(&mut self) -> bool {
        if self.location == ServerLocation::Remote || self.confirmed {
            return true;
        }
        self.asked = Some(self.client.run("status", true).await);
        self.running = self.asked;
        false
    }

    /// The answer to how many are here. Returns whether to leave.
    fn people(&mut self, members: u64) -> bool {
        (self.asked, self.running) = (None, None);
        if members == 0 {
            return true;
        }
        self.confirmed = true;
        let people = if members == 1 { "1 user is".into() } else { format!("{members} users are") };
        self.screen.print(&format!(
            "{people} connected; Ctrl+D again, or `quit`, disconnects everybody and stops the server"
        ));
        false
    }

    async fn run_next_line(&mut self) {
        if self.running.is_none()
            && let Some(line) = self.typed.pop_front()
        {
            self.running = Some(self.client.run(&line, false).await);
        }
    }

    /// Handles a message of the session. Returns whether it asks the front to leave.
    fn handle(&mut self, message: ServerMessage) -> bool {
        match message {
            ServerMessage::Report { report } => {
                // It is closed only if the output thread could not be started.
                let _ = self.notifications.force_send(Notification::Report(*report));
            }
            ServerMessage::Commands { commands } => self.completions.set_commands(commands),
            ServerMessage::Words { id, start, words } => self.completions.answer(id, start, words),
            ServerMessage::Done { id, reply } => {
                let text = self.renderer.reply(&reply, columns());
                self.answered(id, &text);
                self.starting = false;
            }
            ServerMessage::Data { id, value } if self.asked == Some(id) => {
                return self.people(value["members"].as_u64().unwrap_or_default());
            }
            // The server does not run.
            ServerMessage::Failed { id, .. } if self.asked == Some(id) => return self.people(0),
            ServerMessage::Failed { id, error } => {
                let text = self.renderer.error(&error);
                self.answered(id, &text);
                if self.starting {
                    self.screen.print(TRY_ANOTHER);
                }
                self.starting = false;
            }
            ServerMessage::Leave { id, how: Leave::Detach }
                if self.location == ServerLocation::Local =>
            {
                let text = self.renderer.error(self.how_to_leave());
                self.answered(id, &text);
            }
            ServerMessage::Leave { how, .. } => {
                self.server_stopped = how == Leave::Shutdown;
                return true;
            }
            ServerMessage::Hello { .. }
            | ServerMessage::Data { .. }
            | ServerMessage::Refused { .. }
            | ServerMessage::Bye { .. } => {}
        }
        false
    }

    fn answered(&mut self, id: u64, text: &str) {
        if self.running == Some(id) {
            self.running = None;
        }
        if !text.is_empty() {
            self.screen.print(text);
        }
    }

    /// Leaves the server, or stops it if it runs in this process.
    async fn leave(mut self) -> End {
        if self.location == ServerLocation::Local && !self.server_stopped {
            self.client.run("shutdown", false).await;
        }
        // What comes before the last message is shown; a remote session needs no goodbye.
        while self.location == ServerLocation::Local
            && let Some(message) = self.client.next().await
        {
            if matches!(message, ServerMessage::Bye { .. }) {
                break;
            }
            self.handle(message);
        }
        self.end(End::Left).await
    }

    /// Waits until everything is printed.
    async fn end(self, end: End) -> End {
        drop(self.notifications);
        ended_within(LAST_LINES, &self.printed).await;
        if self.server_stopped {
            self.screen.print("the server is stopped");
        }
        end
    }

    fn how_to_leave(&self) -> &'static str {
        match self.location {
            ServerLocation::Local => "`quit` or Ctrl+D stops the server and leaves",
            ServerLocation::Remote => "`detach` or Ctrl+D leaves; the server keeps running",
        }
    }

    /// Takes the terminal back from the editor, whose read cannot be cancelled.
    fn release_terminal(&self) {
        self.terminal.restore();
        self.screen.abandon_line();
    }
}

/// Logs panics: written directly they would run across the prompt.
pub(crate) fn forward_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let message = match (
            panic.payload().downcast_ref::<&str>(),
            panic.payload().downcast_ref::<String>(),
        ) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => "no message",
        };
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let location = location.unwrap_or_default();
        tracing::error!("panic in thread `{thread}` at {location}: {message}");
    }));
}

async fn ended_within(time: Duration, ended: &Receiver<std::convert::Infallible>) {
    let end = async {
        // Nothing is ever sent: this ends when the other side is dropped.
        let _ = ended.recv().await;
    };
    let late = async {
        Timer::after(time).await;
    };
    end.or(late).await;
}
