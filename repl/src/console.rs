//! The console: a person at a terminal, in front of a server in this process or of one far away. Three threads share the work. This one has
//! executed what was typed and hears what the desk tells; the `prompt` thread reads lines with rustyline; the `scroll` thread prints what
//! happens in the server above the line that is being typed.

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
use crate::control::protocol::Tell;
use crate::folders::history_file;
use crate::output::wants_colours;
use crate::render::Renderer;
use crate::signals::{Asked, Asking};
use crate::supervisor::Leave;
use helper::{Assistant, Knowledge};
use prompt::{Input, Prompt};
use screen::{Happened, Screen, Terminal};

/// Reports that may wait to be printed. The oldest make way: a stuck terminal must not keep what is behind it from its answer.
const HAPPENED: usize = 1024;
/// At the end the last lines have this long to appear; a stuck terminal holds nobody.
const LAST_LINES: Duration = Duration::from_millis(500);
/// What to do when the server does not start at once.
const TRY_ANOTHER: &str = "`start 0.0.0.0:53001` tries another address, `start` the same again";

/// Which server a console is in front of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// One in this process, which the console closes when it is left.
    Here,
    /// One in another process, which goes on.
    There,
}

/// How a console ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The person left, or the system asked for it.
    Left,
    /// The server ended; with the reason, if it gave one.
    ServerGone(Option<String>),
}

/// A terminal in the hands of this program.
pub(crate) struct Console {
    site: Site,
    client: Client,
    renderer: Renderer,
    terminal: Terminal,
    screen: Arc<Screen>,
    prompt: Prompt,
    knowledge: Arc<Knowledge>,
    /// What happens, on the way to the scroll thread.
    happened: Sender<Happened>,
    /// Closed when that thread has ended.
    scrolled: Receiver<std::convert::Infallible>,
    /// Lines that were typed and wait for the one before them; a paste brings several.
    typed: VecDeque<String>,
    /// The line that is being executed.
    running: Option<u64>,
    /// Whether that line starts the server for the first time.
    opening: bool,
    /// Whether the server was stopped from here.
    closed: bool,
}

enum Next {
    Signal,
    Typed(Input),
    Heard(Option<Tell>),
}

impl Console {
    /// Takes the terminal. `diagnosed` are lines that the program has to say about itself.
    pub(crate) fn open(
        site: Site,
        client: Client,
        diagnosed: Receiver<String>,
    ) -> rustyline::Result<Self> {
        let renderer = Renderer::new(wants_colours(io::stdout().is_terminal()));
        let terminal = Terminal::remember();
        let knowledge = Arc::new(Knowledge::new(client.asks()));
        let assistant = Assistant::new(knowledge.clone(), renderer);
        let screen = Arc::new(Screen::default());
        let (prompt, printer) = Prompt::open(assistant, history_file(), screen.clone())?;
        let (happened, happens) = async_channel::bounded(HAPPENED);
        let scrolled = screen::scroll(screen.clone(), printer, happens, diagnosed, renderer);
        let (typed, running) = (VecDeque::new(), None);
        Ok(Self {
            site,
            client,
            renderer,
            terminal,
            screen,
            prompt,
            knowledge,
            happened,
            scrolled,
            typed,
            running,
            opening: false,
            closed: false,
        })
    }

    /// Prints a line aside, before anything is typed.
    pub(crate) fn announce(&self, text: &str) {
        self.screen.print(&self.renderer.dim(text));
    }

    /// Has the server started before the first line is typed.
    pub(crate) fn start_server(&mut self) {
        self.typed.push_back("start".into());
        self.opening = true;
    }

    /// Lets the person work until they leave or there is nothing to work at.
    pub(crate) async fn run(mut self) -> End {
        let mut asking = Asking::listen();
        loop {
            self.run_next_line().await;
            let is_busy = self.running.is_some();
            // Ctrl+C that was pressed while no line was typed comes as a signal. It takes a line away, never the server; but nobody has to wait
            // for an answer from far away.
            let may_interrupt = is_busy && self.site == Site::There;
            let signal = async {
                while asking.next().await == Asked::Interrupt && !may_interrupt {}
                Next::Signal
            };
            let typed = async {
                match is_busy {
                    true => std::future::pending().await,
                    false => Next::Typed(self.prompt.next().await),
                }
            };
            let told = async { Next::Heard(self.client.next().await) };
            let left = match signal.or(typed).or(told).await {
                Next::Signal => {
                    // The prompt thread may still read, and would leave the terminal as it needs it.
                    self.let_go();
                    true
                }
                Next::Typed(Input::Line(lines)) => {
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
                Next::Typed(Input::End) => true,
                Next::Heard(Some(Tell::Bye { reason })) => {
                    self.let_go();
                    return self.end(End::ServerGone(Some(reason))).await;
                }
                Next::Heard(None) => {
                    self.let_go();
                    return self.end(End::ServerGone(None)).await;
                }
                Next::Heard(Some(tell)) => self.hear(tell),
            };
            if left {
                return self.leave().await;
            }
        }
    }

    async fn run_next_line(&mut self) {
        if self.running.is_none()
            && let Some(line) = self.typed.pop_front()
        {
            self.running = Some(self.client.run(&line, false).await);
        }
    }

    /// Takes what the desk tells. Says whether it asks the front to leave.
    fn hear(&mut self, tell: Tell) -> bool {
        match tell {
            Tell::Report { report } => {
                // Only a thread that could not be started has closed it.
                let _ = self.happened.force_send(Happened::Report(*report));
            }
            Tell::Commands { commands } => self.knowledge.learn(commands),
            Tell::Words { id, start, words } => self.knowledge.suggest(id, start, words),
            Tell::Done { id, reply } => {
                let text = self.renderer.reply(&reply);
                self.answered(id, &text);
                self.opening = false;
            }
            Tell::Failed { id, error } => {
                let text = self.renderer.error(&error);
                self.answered(id, &text);
                if self.opening {
                    self.screen.print(TRY_ANOTHER);
                }
                self.opening = false;
            }
            Tell::Leave { id, how: Leave::Detach } if self.site == Site::Here => {
                let text = self.renderer.error(self.how_to_leave());
                self.answered(id, &text);
            }
            Tell::Leave { how, .. } => {
                self.closed = how == Leave::Shutdown;
                return true;
            }
            Tell::Hello { .. } | Tell::Data { .. } | Tell::Refused { .. } | Tell::Bye { .. } => {}
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

    /// Leaves the server, or closes it where it is this console's own.
    async fn leave(mut self) -> End {
        if self.site == Site::Here && !self.closed {
            self.client.run("shutdown", false).await;
        }
        // What was told until the desk says goodbye is shown; one far away needs no goodbye.
        while self.site == Site::Here
            && let Some(tell) = self.client.next().await
        {
            if matches!(tell, Tell::Bye { .. }) {
                break;
            }
            self.hear(tell);
        }
        self.end(End::Left).await
    }

    /// Lets what has happened appear.
    async fn end(self, end: End) -> End {
        drop(self.happened);
        ended_within(LAST_LINES, &self.scrolled).await;
        if self.closed {
            self.screen.print("the server is stopped");
        }
        end
    }

    fn how_to_leave(&self) -> &'static str {
        match self.site {
            Site::Here => "`quit` or Ctrl+D stops the server and leaves",
            Site::There => "`detach` or Ctrl+D leaves; the server stays running",
        }
    }

    /// Takes the terminal out of the hands of the editor, which cannot be told that it is over.
    fn let_go(&self) {
        self.terminal.restore();
        self.screen.abandon_line();
    }
}

/// A panic would write across the prompt; it becomes a line above it.
pub(crate) fn forward_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
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
        let place = place.unwrap_or_default();
        tracing::error!("panic in thread `{thread}` at {place}: {message}");
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
