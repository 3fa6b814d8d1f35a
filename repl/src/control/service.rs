//! Runs the control sessions on a thread of their own, so that a front whose terminal is stuck holds up neither the server nor another front.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::future::FutureExt;
use smol::{Executor, Task, Timer};

use super::client::{self, Client};
use super::session::ControlSession;
use crate::supervisor::Supervisor;

/// How long the end of the program waits for fronts to read their last messages.
const LAST_MESSAGES: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Debug)]
pub(crate) struct ControlService {
    supervisor: Arc<Supervisor>,
    executor: Arc<Executor<'static>>,
    /// Accepts fronts from other processes.
    acceptor: Option<Task<()>>,
    /// Each session holds a copy; when all are gone the receiver ends.
    permit: Sender<Infallible>,
    permits: Receiver<Infallible>,
    /// Ends the thread when it is dropped.
    _stop: Sender<Infallible>,
}

impl ControlService {
    pub(crate) fn start(supervisor: Arc<Supervisor>) -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let (stop, stopped) = async_channel::bounded::<Infallible>(1);
        let (permit, permits) = async_channel::bounded(1);
        let running = executor.clone();
        let run = move || {
            // Nothing is ever sent: this ends when the other side is dropped.
            let _ = smol::block_on(running.run(stopped.recv()));
        };
        std::thread::Builder::new().name("control".into()).spawn(run)?;
        let reloading = supervisor.clone();
        // Ends with the thread.
        executor.spawn(async move { reloading.reload_when_asked().await }).detach();
        Ok(Self { supervisor, executor, acceptor: None, permit, permits, _stop: stop })
    }

    /// Starts a session for a front in this process.
    pub(crate) fn connect(&self, who: &str) -> Client {
        let (client, end) = client::connection();
        let session = ControlSession::new(self.supervisor.clone(), who.to_owned(), end);
        let permit = self.permit.clone();
        let run = async move {
            session.run().await;
            drop(permit);
        };
        // Ends with its front or when the supervisor shuts down.
        self.executor.spawn(run).detach();
        client
    }

    /// Accepts fronts through a socket too, until the service stops.
    pub(crate) fn listen(&mut self, socket: super::socket::Socket) {
        let acceptor = super::wire::Acceptor {
            supervisor: self.supervisor.clone(),
            executor: self.executor.clone(),
            permit: self.permit.clone(),
        };
        self.acceptor = Some(self.executor.spawn(acceptor.accept(socket)));
    }

    /// Removes the socket and waits until the last session has ended, but not for ever: a front that is stuck holds nobody up. To be called when
    /// the supervisor has shut down.
    pub(crate) async fn stop(mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.cancel().await;
        }
        drop(self.permit);
        let gone = async {
            // Nothing is ever sent: this ends when the other sides are dropped.
            let _ = self.permits.recv().await;
        };
        let late = async {
            Timer::after(LAST_MESSAGES).await;
        };
        gone.or(late).await;
    }
}

#[cfg(test)]
mod tests;
