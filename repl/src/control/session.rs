//! One attached front: executes its command lines, one after the other, and reports what happens in between.
//!
//! A front that reads nothing holds up its own session and no other: its requests wait, and the oldest reports are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_channel::{SendError, Sender};
use salotto::{CommandError, Name, Report, command};
use smol::Timer;
use smol::future::FutureExt;
use smol::lock::Semaphore;

use super::client::SessionEnd;
use super::identity::Identity;
use super::protocol::{ClientMessage, ServerMessage, VERSION};
use super::wire::MAX_ATTACHED;
use crate::supervisor::{Feed, Front, Outcome, ReplyFormat, Supervisor, View, Watch};

/// How many reports are sent between a command and its answer, at most: all that can wait for a watcher, which those that it caused are among.
const REPORTS_BEFORE_ANSWER: usize = 2 * 1024;

/// How long a front may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct ControlSession {
    supervisor: Arc<Supervisor>,
    /// Who is at the other end, for diagnostics.
    who: String,
    identity: Identity,
    /// A place among those that are attached is taken with the hello, so that connections that say nothing take none from anybody.
    places: Option<Arc<Semaphore>>,
    /// Whether the hello has come.
    greeted: Arc<AtomicBool>,
    end: SessionEnd,
}

/// The front is gone.
struct Gone;

/// What is sent to the front, in order.
struct Outbox {
    supervisor: Arc<Supervisor>,
    messages: Sender<ServerMessage>,
    feed: Feed,
    /// Taken from the feed, and perhaps not sent yet.
    unsent: Option<Report>,
    /// The list of commands that was sent last.
    commands: Option<Arc<Vec<salotto::Command>>>,
}

enum Next {
    Request(ClientMessage),
    FrontGone,
    Report(Report),
    ShutDown,
}

impl ControlSession {
    /// That of a front in this process.
    pub(super) fn new(supervisor: Arc<Supervisor>, who: String, end: SessionEnd) -> Self {
        let (identity, greeted) = (Identity::Own, Arc::default());
        Self { supervisor, who, identity, places: None, greeted, end }
    }

    /// The same for one in another process.
    pub(super) fn of(mut self, identity: Identity, places: Arc<Semaphore>) -> Self {
        (self.identity, self.places) = (identity, Some(places));
        self
    }

    /// Whether the hello of the front has come.
    pub(super) fn greeted(&self) -> Arc<AtomicBool> {
        self.greeted.clone()
    }

    /// Runs until the front is gone or the supervisor shuts down. A command that was sent before the front went is still finished.
    pub(super) async fn run(self) {
        // A front that is gone needs no answer.
        let _ = self.serve().await;
    }

    async fn serve(self) -> Result<(), Gone> {
        let Self { supervisor, who, identity, places, greeted, end } = self;
        let SessionEnd { requests, messages } = end;
        let program = concat!("salotto ", env!("CARGO_PKG_VERSION")).to_owned();
        let process = std::process::id();
        messages.send(ServerMessage::Hello { protocol: VERSION, program, process }).await?;
        let hello = async { requests.recv().await.map_err(|_| None) };
        let late = async {
            Timer::after(HELLO_TIMEOUT).await;
            Err(Some(format!("no hello came within {} s", HELLO_TIMEOUT.as_secs())))
        };
        let accepted = hello.or(late).await.and_then(|hello| {
            let (watch, operator) = accept(hello, &identity).map_err(Some)?;
            let place = places.map(|places| places.try_acquire_arc().ok_or_else(too_many));
            Ok((watch, operator, place.transpose().map_err(Some)?))
        });
        let (watch, operator, _place) = match accepted {
            Ok(accepted) => accepted,
            Err(None) => return Ok(()),
            Err(Some(reason)) => return Ok(messages.send(ServerMessage::Bye { reason }).await?),
        };
        greeted.store(true, Ordering::Relaxed);
        let front = Front::new(who).operator(operator).attends(watch.is_some());
        let (view, feed) = supervisor.view(front, watch).await;
        let mut outbox =
            Outbox { supervisor: supervisor.clone(), messages, feed, unsent: None, commands: None };
        outbox.send_commands().await?;
        loop {
            let request = async { requests.recv().await.map_or(Next::FrontGone, Next::Request) };
            let report = async { outbox.feed.next().await.map_or(Next::ShutDown, Next::Report) };
            match request.or(report).await {
                Next::Request(request) => {
                    answer(&supervisor, &view, &mut outbox, request).await?;
                }
                Next::Report(report) => outbox.send_report(report).await?,
                Next::FrontGone => return Ok(()),
                Next::ShutDown => {
                    let reason = "the server is stopping".into();
                    return outbox.send(ServerMessage::Bye { reason }).await;
                }
            }
        }
    }
}

/// What the first message of a front asks for, or why it cannot be served.
fn accept(
    hello: ClientMessage,
    identity: &Identity,
) -> Result<(Option<Watch>, Option<Name>), String> {
    match hello {
        ClientMessage::Hello { protocol: VERSION, watch, operator } => {
            Ok((watch, identity.operator(operator.as_deref())?))
        }
        ClientMessage::Hello { protocol, .. } => {
            Err(format!("this server speaks version {VERSION} and not {protocol}"))
        }
        _ => {
            let hello = format!(r#"{{"type":"hello","protocol":{VERSION}}}"#);
            Err(format!("the first line must be {hello}"))
        }
    }
}

fn too_many() -> String {
    tracing::warn!("{MAX_ATTACHED} consoles are attached; another was refused");
    format!("{MAX_ATTACHED} consoles are attached already; close one of them")
}

async fn answer(
    supervisor: &Supervisor,
    view: &View,
    outbox: &mut Outbox,
    request: ClientMessage,
) -> Result<(), Gone> {
    let message = match request {
        ClientMessage::Run { id, line, json } => {
            let format = if json { ReplyFormat::Json } else { ReplyFormat::Typed };
            let execute = supervisor.execute(view, &line, format);
            // A command that was begun is finished, even if the front goes meanwhile.
            let outcome = execute.or(outbox.forward()).await;
            outbox.send_pending_reports().await?;
            message_for(id, outcome)
        }
        ClientMessage::Complete { id, line } => {
            let (start, words) = command::complete(&supervisor.commands(), supervisor, &line);
            ServerMessage::Words { id, start, words }
        }
        ClientMessage::Hello { .. } => {
            ServerMessage::Refused { problem: "the hello was sent already".into() }
        }
        ClientMessage::Invalid { problem } => ServerMessage::Refused { problem },
    };
    outbox.send(message).await
}

fn message_for(id: u64, outcome: Result<Outcome, CommandError>) -> ServerMessage {
    match outcome {
        Ok(Outcome::Reply(reply)) => ServerMessage::Done { id, reply },
        Ok(Outcome::Data(value)) => ServerMessage::Data { id, value },
        Ok(Outcome::Leave(how)) => ServerMessage::Leave { id, how },
        Err(error) => ServerMessage::Failed { id, error: error.to_string() },
    }
}

impl Outbox {
    async fn send(&mut self, message: ServerMessage) -> Result<(), Gone> {
        self.send_commands().await?;
        Ok(self.messages.send(message).await?)
    }

    async fn send_report(&mut self, report: Report) -> Result<(), Gone> {
        self.send(ServerMessage::Report { report: Box::new(report) }).await
    }

    /// Sends the list of commands if it has changed.
    async fn send_commands(&mut self) -> Result<(), Gone> {
        let commands = self.supervisor.commands();
        if self.commands.as_ref().is_some_and(|sent| Arc::ptr_eq(sent, &commands)) {
            return Ok(());
        }
        let sent = self.commands.replace(commands.clone());
        if sent.is_some_and(|sent| sent == commands) {
            return Ok(());
        }
        Ok(self.messages.send(ServerMessage::Commands { commands }).await?)
    }

    /// Sends reports until it is cancelled.
    async fn forward<T>(&mut self) -> T {
        loop {
            if self.unsent.is_none() {
                self.unsent = self.feed.next().await;
            }
            let sent = match self.unsent.clone() {
                Some(report) => self.send_report(report).await,
                None => Err(Gone),
            };
            self.unsent = None;
            if sent.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Sends the reports of what has happened by now.
    async fn send_pending_reports(&mut self) -> Result<(), Gone> {
        for _ in 0..REPORTS_BEFORE_ANSWER {
            let Some(report) = self.unsent.take().or_else(|| self.feed.try_next()) else {
                break;
            };
            self.send_report(report).await?;
        }
        Ok(())
    }
}

impl<T> From<SendError<T>> for Gone {
    fn from(_: SendError<T>) -> Self {
        Self
    }
}
