//! The network, on a thread of its own: runs the client of core and passes its updates to the window.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_channel::Receiver;
use salotto::Event;
use salotto::client::{self, Client, Options, Update};

/// Updates that may wait to be drawn; after that the network waits, and then the server.
const INBOX: usize = 1024;
/// What comes is gathered for so long while nobody sees the window: each line that is read on its own wakes three threads.
const UNSEEN: Duration = Duration::from_millis(500);

/// Wakes the window, so that it reads what came in.
pub(crate) trait Waker: Send + Sync + 'static {
    /// Returns at once; many calls may lead to one look.
    fn wake(&self);
}

/// A connection, from the first attempt until it has ended. Dropping it says goodbye, and nobody waits for the answer.
pub(crate) struct Net {
    client: Client,
    inbox: Receiver<Update>,
}

impl Net {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub(crate) fn start(options: Options, waker: Arc<dyn Waker>) -> io::Result<Self> {
        let (client, updates, driver) = client::connect(options);
        let (inbound, inbox) = async_channel::bounded(INBOX);
        let pump = async move {
            while let Ok(update) = updates.recv().await {
                trace(&update);
                if inbound.send(update).await.is_err() {
                    // Nobody looks any more; the driver goes on to say goodbye.
                    break;
                }
                waker.wake();
            }
        };
        thread::Builder::new().name("net".into()).spawn(move || {
            smol::block_on(smol::future::zip(driver, pump));
            tracing::debug!("the network's thread has ended");
        })?;
        Ok(Self { client, inbox })
    }

    /// What requests are made with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether somebody sees the window. As long as nobody does, what comes is read twice a second.
    pub(crate) fn set_seen(&self, seen: bool) {
        self.client.gather(if seen { Duration::ZERO } else { UNSEEN });
    }

    /// The next update that waits, if any.
    pub(crate) fn next(&self) -> Option<Update> {
        self.inbox.try_recv().ok()
    }
}

/// Logs what came and when, to measure how long it takes to the screen.
fn trace(update: &Update) {
    match update {
        Update::Event(Event::Entry(entry)) => {
            tracing::trace!(id = entry.id, room = %entry.room, "received an entry");
        }
        Update::Event(Event::Pong { .. }) => tracing::trace!("received the answer to a ping"),
        Update::History { page, .. } => {
            let entries = page.as_ref().map_or(0, |page| page.entries.len());
            tracing::trace!(entries, "received a page of history");
        }
        _ => tracing::trace!("received something else"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use salotto::{EntryKind, Server};

    use super::*;

    struct Bell(Mutex<mpsc::Sender<()>>);

    impl Waker for Bell {
        fn wake(&self) {
            let _ = self.0.lock().unwrap().send(());
        }
    }

    fn server() -> Server {
        Server::builder().listen(["127.0.0.1:0"]).start().unwrap()
    }

    fn enter(server: &Server) -> (Net, mpsc::Receiver<()>) {
        let (ring, bell) = mpsc::channel();
        let options = Options::new(server.addresses()[0].to_string(), "ada");
        (Net::start(options, Arc::new(Bell(Mutex::new(ring)))).unwrap(), bell)
    }

    /// Takes updates, one look a ring, until one is what is waited for.
    fn wait<T>(net: &Net, bell: &mpsc::Receiver<()>, wanted: impl Fn(Update) -> Option<T>) -> T {
        loop {
            while let Some(update) = net.next() {
                if let Some(found) = wanted(update) {
                    return found;
                }
            }
            bell.recv_timeout(Duration::from_secs(10)).unwrap();
        }
    }

    #[test]
    fn what_is_said_comes_back_and_rings() {
        let server = server();
        let (net, bell) = enter(&server);
        let room = wait(&net, &bell, |update| match update {
            Update::Event(Event::Entered { room, .. }) => Some(room.to_string()),
            _ => None,
        });
        net.client().say(&room, "hello");
        wait(&net, &bell, |update| match update {
            Update::Event(Event::Entry(entry)) => {
                matches!(entry.what, EntryKind::Message { text, .. } if text == "hello")
                    .then_some(())
            }
            _ => None,
        });
        net.client().quit("so long");
        wait(&net, &bell, |update| matches!(update, Update::Ended(_)).then_some(()));
        smol::block_on(server.stop());
    }
}
