//! Where the desks stand: on a thread of their own, so that a front whose terminal is stuck holds up no other, and no other it.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::future::FutureExt;
use smol::{Executor, Task, Timer};

use super::client::{self, Client};
use super::desk;
use crate::supervisor::Supervisor;

/// How long the end of the program waits for fronts to take their last lines.
const GOODBYE: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Debug)]
pub(crate) struct Office {
    supervisor: Arc<Supervisor>,
    executor: Arc<Executor<'static>>,
    /// Accepts fronts from other processes.
    reception: Option<Task<()>>,
    /// Each desk holds a copy; all are gone when the receiver ends.
    permit: Sender<Infallible>,
    permits: Receiver<Infallible>,
    /// Ends the thread when it is dropped.
    _stop: Sender<Infallible>,
}

impl Office {
    pub(crate) fn open(supervisor: Arc<Supervisor>) -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let (stop, stopped) = async_channel::bounded::<Infallible>(1);
        let (permit, permits) = async_channel::bounded(1);
        let running = executor.clone();
        let run = move || {
            // Nothing is ever sent: this ends when the other side is dropped.
            let _ = smol::block_on(running.run(stopped.recv()));
        };
        std::thread::Builder::new().name("control".into()).spawn(run)?;
        Ok(Self { supervisor, executor, reception: None, permit, permits, _stop: stop })
    }

    /// A line to a new desk, for a front in this process.
    pub(crate) fn connect(&self, who: &str) -> Client {
        let (client, end) = client::line();
        let desk = desk::attend(self.supervisor.clone(), who.to_owned(), end.asks, end.tells);
        let permit = self.permit.clone();
        let attend = async move {
            desk.await;
            drop(permit);
        };
        // Ends with its front or when the supervisor retires.
        self.executor.spawn(attend).detach();
        client
    }

    /// Has desks stand behind a socket too, until the office closes.
    pub(crate) fn listen(&mut self, socket: super::socket::Socket) {
        let reception = super::wire::Acceptor {
            supervisor: self.supervisor.clone(),
            executor: self.executor.clone(),
            permit: self.permit.clone(),
        };
        self.reception = Some(self.executor.spawn(reception.accept(socket)));
    }

    /// Takes the socket away and waits until the last desk has said goodbye, but not for ever: a front that is stuck holds nobody. The supervisor
    /// has retired.
    pub(crate) async fn close(mut self) {
        if let Some(reception) = self.reception.take() {
            reception.cancel().await;
        }
        drop(self.permit);
        let gone = async {
            // Nothing is ever sent: this ends when the other sides are dropped.
            let _ = self.permits.recv().await;
        };
        let late = async {
            Timer::after(GOODBYE).await;
        };
        gone.or(late).await;
    }
}

#[cfg(test)]
mod tests;
