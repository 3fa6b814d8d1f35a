//! The console: a person at a terminal. Three threads share the work. This one executes what was typed; the `prompt` thread reads
//! lines with rustyline; the `scroll` thread prints what happens in the house above the line that is being typed.

mod prompt;
mod screen;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use smol::Timer;
use smol::future::FutureExt;

use crate::helper::Assistant;
use crate::render::Renderer;
use crate::signals::{Asked, Asking};
use crate::steward::{Outcome, Steward, View, Watch, listening};
use crate::{Exit, complain, history_file, logging, wants_colours};
use prompt::{Input, Prompt};
use screen::{Screen, Terminal};

/// Diagnostics that may wait to be printed.
const DIAGNOSTICS: usize = 64;
/// At the end the last lines have this long to appear; a stuck terminal holds nobody.
const LAST_LINES: Duration = Duration::from_millis(500);

pub(crate) async fn run(steward: Arc<Steward>, start: bool) -> Exit {
    let renderer = Renderer::new(wants_colours(io::stdout().is_terminal()));
    let terminal = Terminal::remember();
    let mut asking = Asking::listen();
    let assistant = Assistant::new(steward.clone(), renderer);
    let screen = Arc::new(Screen::default());
    let opened = Prompt::open(assistant, history_file(), screen.clone());
    let (mut prompt, printer) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            complain(format_args!("cannot use this terminal: {error}; `salotto serve` needs none"));
            return Exit::Failed;
        }
    };
    let (diagnostics, diagnosed) = async_channel::bounded(DIAGNOSTICS);
    logging::to_channel(diagnostics);
    forward_panics();

    let (view, feed) = steward.view(Some(Watch::Rooms)).await;
    let scrolled = screen::scroll(screen.clone(), printer, feed, diagnosed, renderer);
    let version = env!("CARGO_PKG_VERSION");
    screen.print(&renderer.dim(&format!("Salotto {version}; `help` lists the commands")));
    if start {
        match steward.open().await {
            Ok(addresses) => screen.print(&listening(&addresses).to_string()),
            Err(error) => {
                screen.print(&renderer.error(&error.to_string()));
                screen.print("`start 0.0.0.0:53001` tries another address, `start` the same again");
            }
        }
    }

    let mut signalled = false;
    loop {
        let signal = async {
            // Ctrl+C that was pressed while no line was typed comes as a signal. It takes a line away, never the house.
            while asking.next().await == Asked::Interrupt {}
            None
        };
        let typed = async { Some(prompt.next().await) };
        let Some(input) = signal.or(typed).await else {
            signalled = true;
            break;
        };
        match input {
            Input::Line(line) => {
                if execute(&steward, &view, &screen, renderer, &line).await {
                    break;
                }
            }
            Input::Interrupt { line_was_empty } => {
                if line_was_empty {
                    screen.print("`quit` or Ctrl+D closes the house and leaves");
                }
            }
            Input::End => break,
        }
    }
    if signalled {
        // The prompt thread still reads and would leave the terminal as it needs it.
        terminal.restore();
        screen.abandon_line();
    }
    let was_open = steward.retire().await;
    ended_within(LAST_LINES, &scrolled).await;
    if was_open {
        screen.print("the house is closed");
    }
    Exit::Done
}

/// Executes what was typed, which a paste may make several lines. Says whether it was `quit`.
async fn execute(
    steward: &Steward,
    view: &View,
    screen: &Screen,
    renderer: Renderer,
    lines: &str,
) -> bool {
    let lines = lines.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match steward.execute(view, line).await {
            Ok(Outcome::Reply(reply)) => {
                let text = renderer.reply(&reply);
                if !text.is_empty() {
                    screen.print(&text);
                }
            }
            Ok(Outcome::Quit) => return true,
            Err(error) => screen.print(&renderer.error(&error.to_string())),
        }
    }
    false
}

/// A panic would write across the prompt; it becomes a line above it.
fn forward_panics() {
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
