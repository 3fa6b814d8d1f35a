//! Lines that nobody types: a script in front of a server in this process, or `exec` in front of one far away. Results go to stdout, errors
//! to stderr with what they belong to.

use std::io::{self, BufRead, IsTerminal};

use async_channel::Receiver;
use salotto::Report;
use serde_json::{Value, json};
use smol::future::FutureExt;

use super::exit::Exit;
use crate::control::Client;
use crate::control::protocol::Tell;
use crate::output::{complain, say, wants_colours};
use crate::render::Renderer;
use crate::signals::Asking;
use crate::supervisor::Leave;

/// Lines that are read ahead; the reader waits when they are not executed as fast.
const READ_AHEAD: usize = 16;

/// Where the lines come from.
pub(crate) enum Lines {
    /// From the command line of the program.
    Given(std::vec::IntoIter<String>),
    /// From standard input.
    Read(Receiver<Vec<u8>>),
}

/// A script on its way.
pub(crate) struct Script {
    client: Client,
    lines: Lines,
    /// Whether each answer is a JSON value on a line of its own.
    json: bool,
    /// Whether errors name the line that they belong to.
    numbered: bool,
    renderer: Renderer,
    exit: Exit,
}

/// What has become of a line.
enum Answer {
    Done(String),
    Failed(String),
    Leave,
    ServerGone,
}

enum Next {
    Line(Vec<u8>),
    Heard(Option<Tell>),
    End,
}

impl Lines {
    /// Reads standard input on a thread of its own, which ends with the input or, where that never ends, with the program.
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
        Self { client, lines, json, numbered, renderer, exit: Exit::Done }
    }

    /// Executes line after line to the end, `quit` or a signal. Hands the client back, for what comes after.
    pub(crate) async fn run(mut self, asking: &mut Asking) -> (Exit, Client) {
        let mut number = 0;
        loop {
            let stop = async {
                asking.next().await;
                Next::End
            };
            let line = async { self.lines.next().await.map_or(Next::End, Next::Line) };
            let told = async { Next::Heard(self.client.next().await) };
            let answer = match stop.or(line).or(told).await {
                Next::Line(line) => {
                    number += 1;
                    match std::str::from_utf8(&line) {
                        Ok(text) if is_command(text) => self.execute(text).await,
                        Ok(_) => continue,
                        Err(_) => Answer::Failed(
                            "this line is not UTF-8; save the script as UTF-8".into(),
                        ),
                    }
                }
                Next::Heard(Some(Tell::Report { report })) => {
                    self.show(&report);
                    continue;
                }
                Next::Heard(Some(Tell::Bye { .. }) | None) => Answer::ServerGone,
                Next::Heard(Some(_)) => continue,
                Next::End => break,
            };
            match answer {
                Answer::Done(text) => {
                    if !text.is_empty() {
                        say(text);
                    }
                }
                Answer::Failed(error) => self.fail(number, &error),
                Answer::Leave => break,
                Answer::ServerGone => {
                    complain("the server has ended");
                    self.exit = Exit::NoServer;
                    break;
                }
            }
        }
        (self.exit, self.client)
    }

    /// Executes the script, and stops the server after it.
    pub(crate) async fn run_and_close(self, asking: &mut Asking) -> Exit {
        let renderer = self.renderer;
        let (exit, mut client) = self.run(asking).await;
        client.run("shutdown", false).await;
        while let Some(tell) = client.next().await {
            if let Tell::Report { report } = tell
                && let Some(line) = renderer.line(&report)
            {
                say(line);
            }
        }
        exit
    }

    /// Executes a line. What it brought about is shown before its answer.
    async fn execute(&mut self, line: &str) -> Answer {
        let asked = self.client.run(line.trim(), self.json).await;
        loop {
            match self.client.next().await {
                Some(Tell::Report { report }) => self.show(&report),
                Some(Tell::Done { id, reply }) if id == asked => {
                    return Answer::Done(reply.to_string());
                }
                Some(Tell::Data { id, value }) if id == asked => {
                    return Answer::Done(value.to_string());
                }
                Some(Tell::Failed { id, error }) if id == asked => return Answer::Failed(error),
                Some(Tell::Leave { id, how }) if id == asked => return self.leave(how),
                Some(Tell::Bye { .. }) | None => return Answer::ServerGone,
                Some(_) => {}
            }
        }
    }

    fn leave(&self, how: Leave) -> Answer {
        if self.json {
            say(Value::Null);
        } else if how == Leave::Shutdown {
            say("the server is stopped");
        }
        Answer::Leave
    }

    fn fail(&mut self, number: usize, error: &str) {
        self.exit = Exit::Failed;
        if self.json {
            say(json!({ "error": error }));
            return;
        }
        for line in error.lines() {
            match self.numbered {
                true => complain(format_args!("line {number}: {line}")),
                false => complain(line),
            }
        }
    }

    /// Shows what happens, to whoever asked for it with `watch`.
    fn show(&self, report: &Report) {
        // Programs are told one value for each command, and nothing else.
        if !self.json
            && let Some(line) = self.renderer.line(report)
        {
            say(line);
        }
    }
}

fn is_command(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}
