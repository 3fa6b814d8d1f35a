//! Commands that are not typed: a script for a server in this process, or `exec` for one in another. Results go to stdout, errors to stderr
//! with the number of their line.

use std::io::{self, BufRead, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_channel::Receiver;
use salotto::Report;
use serde_json::{Value, json};
use smol::future::FutureExt;

use super::exit::Exit;
use crate::control::Client;
use crate::control::protocol::ServerMessage;
use crate::output::{print, print_error, wants_colours};
use crate::render::Renderer;
use crate::signals::Signals;
use crate::supervisor::Leave;

/// Lines that are read ahead; the reader waits when they are executed more slowly.
const READ_AHEAD: usize = 16;

/// Where the lines come from.
pub(crate) enum Lines {
    /// From the command line of the program.
    Given(std::vec::IntoIter<String>),
    /// From standard input.
    Read(Receiver<Vec<u8>>),
}

/// A script that is being executed.
pub(crate) struct Script {
    client: Client,
    lines: Lines,
    /// Whether each answer is a JSON value on a line of its own.
    json: bool,
    /// Whether errors name their line.
    numbered: bool,
    renderer: Renderer,
    /// Whether there was a line, or a signal that ended the wait for one.
    seen: Arc<AtomicBool>,
    exit: Exit,
}

/// The result of a line.
enum Answer {
    Done(String),
    Failed(String),
    Leave,
    ServerEnded,
}

enum Next {
    Line(Vec<u8>),
    Received(Option<ServerMessage>),
    End,
}

impl Lines {
    /// Reads standard input on a thread of its own, which ends with the input or with the program.
    pub(crate) fn read() -> io::Result<Self> {
        let (sender, lines) = async_channel::bounded(READ_AHEAD);
        let read = move || {
            for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
                if sender.send_blocking(line).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("script".into()).spawn(read)?;
        Ok(Self::Read(lines))
    }

    async fn next(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Given(lines) => lines.next().map(String::into_bytes),
            Self::Read(lines) => lines.recv().await.ok(),
        }
    }
}

impl Script {
    pub(crate) fn new(client: Client, lines: Lines, json: bool) -> Self {
        let numbered = match &lines {
            Lines::Given(lines) => lines.len() > 1,
            Lines::Read(_) => true,
        };
        let renderer = Renderer::new(wants_colours(io::stdout().is_terminal()));
        let seen = Arc::default();
        Self { client, lines, json, numbered, renderer, seen, exit: Exit::Done }
    }

    /// Executes line after line until the end, `quit` or a signal. Returns the client for what comes after.
    pub(crate) async fn run(mut self, signals: &mut Signals) -> (Exit, Client) {
        let mut number = 0;
        loop {
            let seen = self.seen.clone();
            let stop = async {
                signals.next().await;
                seen.store(true, Ordering::Relaxed);
                Next::End
            };
            let line = async { self.lines.next().await.map_or(Next::End, Next::Line) };
            let message = async { Next::Received(self.client.next().await) };
            let answer = match stop.or(line).or(message).await {
                Next::Line(line) => {
                    self.seen.store(true, Ordering::Relaxed);
                    // Some editors put a mark before the first line.
                    let line = match number {
                        0 => line.strip_prefix(b"\xef\xbb\xbf").map_or(line.clone(), Vec::from),
                        _ => line,
                    };
                    number += 1;
                    match std::str::from_utf8(&line) {
                        Ok(text) if is_command(text) => self.execute(text).await,
                        Ok(_) => continue,
                        Err(_) => Answer::Failed(
                            "this line is not UTF-8; save the script as UTF-8".into(),
                        ),
                    }
                }
                Next::Received(Some(ServerMessage::Report { report })) => {
                    self.show(&report);
                    continue;
                }
                Next::Received(Some(ServerMessage::Bye { .. }) | None) => Answer::ServerEnded,
                Next::Received(Some(_)) => continue,
                Next::End => break,
            };
            match answer {
                Answer::Done(text) => {
                    if !text.is_empty() {
                        print(text);
                    }
                }
                Answer::Failed(error) => self.fail(number, &error),
                Answer::Leave => break,
                Answer::ServerEnded => {
                    print_error("the server has ended");
                    self.exit = Exit::NoServer;
                    break;
                }
            }
        }
        (self.exit, self.client)
    }

    /// Executes the script, and stops the server after it. `None` where there was no line at all.
    pub(crate) async fn run_and_shut_down(self, signals: &mut Signals) -> Option<Exit> {
        let renderer = self.renderer;
        let lines = self.seen.clone();
        let (exit, mut client) = self.run(signals).await;
        client.run("shutdown", false).await;
        while let Some(message) = client.next().await {
            if let ServerMessage::Report { report } = message
                && let Some(line) = renderer.line(&report)
            {
                print(line);
            }
        }
        lines.load(Ordering::Relaxed).then_some(exit)
    }

    /// Executes a line. The reports of what it caused are printed before its answer.
    async fn execute(&mut self, line: &str) -> Answer {
        let sent = self.client.run(line.trim(), self.json).await;
        loop {
            match self.client.next().await {
                Some(ServerMessage::Report { report }) => self.show(&report),
                Some(ServerMessage::Done { id, reply }) if id == sent => {
                    return Answer::Done(reply.to_string());
                }
                Some(ServerMessage::Data { id, value }) if id == sent => {
                    return Answer::Done(value.to_string());
                }
                Some(ServerMessage::Failed { id, error }) if id == sent => {
                    return Answer::Failed(error);
                }
                Some(ServerMessage::Leave { id, how }) if id == sent => return self.leave(how),
                Some(ServerMessage::Bye { .. }) | None => return Answer::ServerEnded,
                Some(_) => {}
            }
        }
    }

    fn leave(&self, how: Leave) -> Answer {
        if self.json {
            print(Value::Null);
        } else if how == Leave::Shutdown {
            print("the server is stopped");
        }
        Answer::Leave
    }

    fn fail(&mut self, number: usize, error: &str) {
        self.exit = Exit::Failed;
        if self.json {
            print(json!({ "error": error }));
            return;
        }
        for line in error.lines() {
            match self.numbered {
                true => print_error(format_args!("line {number}: {line}")),
                false => print_error(line),
            }
        }
    }

    /// Prints a report, which come only after a `watch` command.
    fn show(&self, report: &Report) {
        // Programs get one value for each command, and nothing else.
        if !self.json
            && let Some(line) = self.renderer.line(report)
        {
            print(line);
        }
    }
}

fn is_command(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}
