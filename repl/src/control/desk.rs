//! Serves one front: executes what it asks, one line after the other, and tells it what happens in between.
//!
//! A front that takes nothing holds up its own desk and nobody else: its questions wait, and of what happens the oldest is forgotten.

use std::sync::Arc;

use async_channel::{Receiver, SendError, Sender};
use salotto::{CommandError, Report, command};
use smol::future::FutureExt;

use super::protocol::{Ask, Tell, VERSION};
use crate::supervisor::{Feed, Form, Outcome, Supervisor, View};

/// After a command so many reports are told before its answer, at most: those that it may have brought about.
const REPORTS_BEFORE_ANSWER: usize = 1024;

/// The front is gone.
struct Gone;

/// What is told to the front, in order.
struct Outbox {
    supervisor: Arc<Supervisor>,
    tells: Sender<Tell>,
    feed: Feed,
    /// Taken from the feed, and perhaps not told yet.
    untold: Option<Report>,
    /// The commands that the front knows of.
    commands: Option<Arc<Vec<salotto::Command>>>,
}

enum Next {
    Ask(Ask),
    FrontGone,
    Report(Report),
    Retired,
}

/// Serves a front until it is gone or the supervisor retires. What it asked for before it went is done to the end.
pub(super) async fn attend(
    supervisor: Arc<Supervisor>,
    who: String,
    asks: Receiver<Ask>,
    tells: Sender<Tell>,
) {
    // Whoever is gone needs no answer.
    let _ = serve(supervisor, &who, &asks, tells).await;
}

async fn serve(
    supervisor: Arc<Supervisor>,
    who: &str,
    asks: &Receiver<Ask>,
    tells: Sender<Tell>,
) -> Result<(), Gone> {
    let program = concat!("salotto ", env!("CARGO_PKG_VERSION")).to_owned();
    tells.send(Tell::Hello { protocol: VERSION, program, process: std::process::id() }).await?;
    let watch = match asks.recv().await {
        Ok(Ask::Hello { protocol: VERSION, watch }) => watch,
        Ok(Ask::Hello { protocol, .. }) => {
            let reason = format!("this server speaks version {VERSION} and not {protocol}");
            return Ok(tells.send(Tell::Bye { reason }).await?);
        }
        Ok(_) => {
            let hello = format!(r#"{{"type":"hello","protocol":{VERSION}}}"#);
            let reason = format!("the first line must be {hello}");
            return Ok(tells.send(Tell::Bye { reason }).await?);
        }
        Err(_) => return Ok(()),
    };
    let (view, feed) = supervisor.view(who, watch).await;
    let mut outbox =
        Outbox { supervisor: supervisor.clone(), tells, feed, untold: None, commands: None };
    outbox.tell_commands().await?;
    loop {
        let ask = async { asks.recv().await.map_or(Next::FrontGone, Next::Ask) };
        let report = async { outbox.feed.next().await.map_or(Next::Retired, Next::Report) };
        match ask.or(report).await {
            Next::Ask(ask) => answer(&supervisor, &view, &mut outbox, ask).await?,
            Next::Report(report) => outbox.tell_report(report).await?,
            Next::FrontGone => return Ok(()),
            Next::Retired => {
                let reason = "the server is stopping".into();
                return outbox.tell(Tell::Bye { reason }).await;
            }
        }
    }
}

async fn answer(
    supervisor: &Supervisor,
    view: &View,
    outbox: &mut Outbox,
    ask: Ask,
) -> Result<(), Gone> {
    let tell = match ask {
        Ask::Run { id, line, json } => {
            let form = if json { Form::Data } else { Form::Reply };
            let execute = supervisor.execute(view, &line, form);
            // A line that was begun is finished, also for a front that goes meanwhile.
            let outcome = execute.or(outbox.forward()).await;
            outbox.tell_what_came_before().await?;
            answered(id, outcome)
        }
        Ask::Complete { id, line } => {
            let (start, words) = command::complete(&supervisor.commands(), supervisor, &line);
            Tell::Words { id, start, words }
        }
        Ask::Hello { .. } => Tell::Refused { problem: "there was a hello already".into() },
        Ask::Garbled { problem } => Tell::Refused { problem },
    };
    outbox.tell(tell).await
}

fn answered(id: u64, outcome: Result<Outcome, CommandError>) -> Tell {
    match outcome {
        Ok(Outcome::Reply(reply)) => Tell::Done { id, reply },
        Ok(Outcome::Data(value)) => Tell::Data { id, value },
        Ok(Outcome::Leave(how)) => Tell::Leave { id, how },
        Err(error) => Tell::Failed { id, error: error.to_string() },
    }
}

impl Outbox {
    async fn tell(&mut self, tell: Tell) -> Result<(), Gone> {
        self.tell_commands().await?;
        Ok(self.tells.send(tell).await?)
    }

    async fn tell_report(&mut self, report: Report) -> Result<(), Gone> {
        self.tell(Tell::Report { report: Box::new(report) }).await
    }

    /// Tells what can be typed, if that is new.
    async fn tell_commands(&mut self) -> Result<(), Gone> {
        let commands = self.supervisor.commands();
        if self.commands.as_ref().is_some_and(|told| Arc::ptr_eq(told, &commands)) {
            return Ok(());
        }
        let told = self.commands.replace(commands.clone());
        if told.is_some_and(|told| told == commands) {
            return Ok(());
        }
        Ok(self.tells.send(Tell::Commands { commands }).await?)
    }

    /// Tells what happens until it is cancelled.
    async fn forward<T>(&mut self) -> T {
        loop {
            if self.untold.is_none() {
                self.untold = self.feed.next().await;
            }
            let told = match self.untold.clone() {
                Some(report) => self.tell_report(report).await,
                None => Err(Gone),
            };
            self.untold = None;
            if told.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Tells what has happened by now.
    async fn tell_what_came_before(&mut self) -> Result<(), Gone> {
        for _ in 0..REPORTS_BEFORE_ANSWER {
            let Some(report) = self.untold.take().or_else(|| self.feed.try_next()) else {
                break;
            };
            self.tell_report(report).await?;
        }
        Ok(())
    }
}

impl<T> From<SendError<T>> for Gone {
    fn from(_: SendError<T>) -> Self {
        Self
    }
}
