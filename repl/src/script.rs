//! Input that is not a terminal: a command a line. Results go to stdout, errors to stderr with the number of their line.

use std::io::{self, BufRead, IsTerminal};

use async_channel::Receiver;
use salotto::Report;
use smol::future::FutureExt;

use crate::render::Renderer;
use crate::signals::Asking;
use crate::steward::{Feed, Outcome, Steward, listening};
use crate::{Exit, complain, exit_of, say, wants_colours};

/// Lines that are read ahead; the reader waits when they are not executed as fast.
const READ_AHEAD: usize = 16;

enum Next {
    Line(Vec<u8>),
    Report(Report),
    End,
}

pub(crate) async fn run(steward: &Steward, start: bool) -> Exit {
    let mut asking = Asking::listen();
    let (view, mut feed) = steward.view(None).await;
    let renderer = Renderer::new(wants_colours(io::stdout().is_terminal()));
    let show = |report: &Report| {
        if let Some(line) = renderer.line(report) {
            say(line);
        }
    };
    if start {
        match steward.open().await {
            Ok(addresses) => say(listening(&addresses)),
            Err(error) => {
                complain(&error);
                return exit_of(&error);
            }
        }
    }
    let lines = match read_lines() {
        Ok(lines) => lines,
        Err(error) => {
            complain(format_args!("cannot read the script: {error}"));
            return Exit::Failed;
        }
    };
    let mut exit = Exit::Done;
    let mut number = 0;
    loop {
        let stop = async {
            asking.next().await;
            Next::End
        };
        let line = match stop.or(next(&lines, &mut feed)).await {
            Next::Line(line) => line,
            Next::Report(report) => {
                show(&report);
                continue;
            }
            Next::End => break,
        };
        number += 1;
        let outcome = match std::str::from_utf8(&line) {
            Ok(text) if is_command(text) => {
                steward.execute(&view, text).await.map_err(|error| error.to_string())
            }
            Ok(_) => continue,
            Err(_) => Err("this line is not UTF-8; save the script as UTF-8".into()),
        };
        // What a command brought about comes before what the next one answers.
        while let Some(report) = feed.try_next() {
            show(&report);
        }
        match outcome {
            Ok(Outcome::Reply(reply)) => {
                let text = reply.to_string();
                if !text.is_empty() {
                    say(text);
                }
            }
            Ok(Outcome::Quit) => break,
            Err(error) => {
                for line in error.lines() {
                    complain(format_args!("line {number}: {line}"));
                }
                exit = Exit::Failed;
            }
        }
    }
    steward.retire().await;
    while let Some(report) = feed.next().await {
        show(&report);
    }
    exit
}

fn is_command(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// Reads on a thread of its own, which ends with the input or, where that never ends, with the program.
fn read_lines() -> io::Result<Receiver<Vec<u8>>> {
    let (sender, lines) = async_channel::bounded(READ_AHEAD);
    let read = move || {
        for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
            if sender.send_blocking(line).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("script".into()).spawn(read)?;
    Ok(lines)
}

async fn next(lines: &Receiver<Vec<u8>>, feed: &mut Feed) -> Next {
    let report = async {
        match feed.next().await {
            Some(report) => Next::Report(report),
            None => std::future::pending().await,
        }
    };
    let line = async { lines.recv().await.map_or(Next::End, Next::Line) };
    report.or(line).await
}
