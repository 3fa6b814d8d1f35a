//! The task of the plugin: listens, and asks the hub for the numbers when somebody wants them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use salotto::{Reporter, Status, TaskMailbox, resident_memory};
use smol::future::FutureExt;
use smol::lock::Semaphore;
use smol::net::{TcpListener, TcpStream};
use smol::{Executor, Timer};

use super::{http, text};

/// Requests that are answered at the same time; more wait until one of them is done.
const AT_ONCE: usize = 8;
/// How long a connection may take, from the first byte to the last.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a port that is taken is tried again before anybody is told: it may be about to be free.
const QUIET_TRIES: u32 = 10;
const QUIET_RETRY: Duration = Duration::from_millis(100);
/// How long a port is left alone after that, and the listener when the system has no more connections.
pub(super) const RETRY: Duration = Duration::from_secs(5);

/// What the task sends to the plugin.
#[derive(Debug)]
pub(super) enum FromTask {
    /// It listens, here.
    Listening(TcpListener),
    /// Somebody wants the numbers.
    Asked(Sender<Status>),
}

/// What the task needs to know and to tell.
pub(super) struct Desk {
    pub(super) address: SocketAddr,
    /// Closes when the plugin stops.
    pub(super) closing: Receiver<Infallible>,
    pub(super) mailbox: TaskMailbox,
    pub(super) reporter: Reporter,
    pub(super) retry: Duration,
}

impl Desk {
    /// Answers until the plugin stops. `listener` is there if another plugin has left it.
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
            self.mailbox.send(FromTask::Listening(listener.clone())).await;
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
                    let address = listener.local_addr().unwrap_or(address);
                    let path = http::PATH;
                    self.reporter.report(format!("the numbers are at http://{address}{path}"));
                    return listener;
                }
                Err(error) if tries == QUIET_TRIES => self.reporter.report(format!(
                    "cannot listen on {address}: {error}; it is tried again, or choose another address"
                )),
                Err(_) => {}
            }
            tries += 1;
            Timer::after(if tries <= QUIET_TRIES { QUIET_RETRY } else { self.retry }).await;
        }
    }

    async fn accept<'e>(&'e self, listener: &TcpListener, executor: &Executor<'e>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let place = places.acquire_arc().await;
            match listener.accept().await {
                Ok((stream, _)) => {
                    let answer = async move {
                        self.answer(stream).await;
                        drop(place);
                    };
                    // Ends by itself within its patience, or with the executor.
                    executor.spawn(answer).detach();
                }
                Err(error) => {
                    self.reporter.report(format!("cannot accept a connection: {error}"));
                    Timer::after(self.retry).await;
                }
            }
        }
    }

    async fn answer(&self, stream: TcpStream) {
        let page = async {
            let (sender, answer) = async_channel::bounded(1);
            self.mailbox.send(FromTask::Asked(sender)).await;
            let status = answer.recv().await.ok()?;
            Some(text::render(&status, resident_memory()))
        };
        let answer = http::answer(stream, text::CONTENT_TYPE, page);
        let late = async {
            Timer::after(PATIENCE).await;
            Ok(())
        };
        // Whose connection breaks asks again.
        let _ = answer.or(late).await;
    }
}
