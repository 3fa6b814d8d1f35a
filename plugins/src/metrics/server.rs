//! The task of the plugin: listens, and asks the hub for its status for each request.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use salotto::{Reporter, Status, TaskMailbox, resident_memory};
use smol::future::FutureExt;
use smol::net::{TcpListener, TcpStream};
use smol::{Executor, Task, Timer};

use super::{http, text};

/// Requests that are answered at the same time; one more ends the oldest.
const AT_ONCE: usize = 16;
/// How long a connection may take, from the first byte to the last.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How often a port that is in use is tried again before that is reported: it may be about to be free.
const QUIET_TRIES: u32 = 10;
const QUIET_RETRY: Duration = Duration::from_millis(100);
/// How long to wait before each further attempt, and after a failing accept.
pub(super) const RETRY: Duration = Duration::from_secs(5);

/// What the task sends to the plugin.
#[derive(Debug)]
pub(super) enum TaskEvent {
    /// It listens, here.
    Listening(TcpListener),
    /// A request needs the status.
    StatusRequest(Sender<Status>),
}

/// See the module.
pub(super) struct MetricsServer {
    pub(super) address: SocketAddr,
    /// Closes when the plugin stops.
    pub(super) closing: Receiver<Infallible>,
    pub(super) mailbox: TaskMailbox,
    pub(super) reporter: Reporter,
    pub(super) retry: Duration,
}

impl MetricsServer {
    /// Answers until the plugin stops. `listener` is one that was kept over a change of the settings.
    pub(super) async fn run(self, listener: Option<TcpListener>) {
        let closing = self.closing.clone();
        let closed = async {
            // An error, as nothing is ever sent.
            let _ = closing.recv().await;
        };
        let serve = async {
            let listener = match listener {
                Some(listener) => listener,
                None => self.listen().await,
            };
            self.mailbox.send(TaskEvent::Listening(listener.clone())).await;
            let executor = Executor::new();
            executor.run(self.accept(&listener, &executor)).await;
        };
        closed.or(serve).await;
    }

    /// Listens, as soon as the address is free.
    async fn listen(&self) -> TcpListener {
        let address = self.address;
        let mut tries = 0;
        loop {
            match TcpListener::bind(address).await {
                Ok(listener) => {
                    self.reporter.working();
                    let address = listener.local_addr().unwrap_or(address);
                    let path = http::PATH;
                    self.reporter.report(format!("metrics are at http://{address}{path}"));
                    return listener;
                }
                Err(error) if tries >= QUIET_TRIES => self.reporter.failing(format!(
                    "cannot listen on {address}: {error}; it is tried again, or choose another address"
                )),
                Err(_) => {}
            }
            tries += 1;
            Timer::after(if tries <= QUIET_TRIES { QUIET_RETRY } else { self.retry }).await;
        }
    }

    async fn accept<'e>(&'e self, listener: &TcpListener, executor: &Executor<'e>) {
        let mut answers = VecDeque::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    answers.retain(|answer: &Task<()>| !answer.is_finished());
                    if answers.len() >= AT_ONCE {
                        // A scrape takes milliseconds, so the oldest is one that says nothing; it ends here, so that nobody waits for it.
                        answers.pop_front();
                    }
                    answers.push_back(executor.spawn(self.answer(stream)));
                }
                Err(error) => {
                    self.reporter.warn(format!("cannot accept a connection: {error}"));
                    Timer::after(self.retry).await;
                }
            }
        }
    }

    async fn answer(&self, stream: TcpStream) {
        let page = async {
            let (sender, answer) = async_channel::bounded(1);
            self.mailbox.send(TaskEvent::StatusRequest(sender)).await;
            let status = answer.recv().await.ok()?;
            Some(text::render(&status, resident_memory()))
        };
        let answer = http::answer(stream, text::CONTENT_TYPE, page);
        let late = async {
            Timer::after(TIME_LIMIT).await;
            Ok(())
        };
        // A client whose connection broke tries again.
        let _ = answer.or(late).await;
    }
}
