//! The search for servers on the local network, on a thread of its own, while the form wants it.

use std::io;
use std::sync::Arc;
use std::thread;

use async_channel::{Receiver, Sender};
use salotto::discovery::{Interfaces, Search, Sighting};
use smol::future::FutureExt;

use crate::net::Waker;

/// Sightings that may wait to be drawn; after that the search waits.
const INBOX: usize = 64;

/// A search. Dropping it ends the thread.
pub(crate) struct Nearby {
    inbox: Receiver<Sighting>,
}

impl Nearby {
    /// Starts the thread. Where there is no multicast nothing is ever found, which is no trouble to anybody.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub(crate) fn start(interfaces: Interfaces, waker: Arc<dyn Waker>) -> io::Result<Self> {
        let (found, inbox) = async_channel::bounded(INBOX);
        thread::Builder::new().name("nearby".into()).spawn(move || {
            match Search::start(&interfaces) {
                Ok(search) => smol::block_on(pass_on(search, &found, &*waker)),
                Err(problem) => tracing::debug!(%problem, "cannot look for servers"),
            }
            tracing::debug!("the search for servers has ended");
        })?;
        Ok(Self { inbox })
    }

    /// The next sighting that waits, if any.
    pub(crate) fn next(&self) -> Option<Sighting> {
        self.inbox.try_recv().ok()
    }
}

/// Until nobody looks any more, or the search ends.
async fn pass_on(mut search: Search, found: &Sender<Sighting>, waker: &dyn Waker) {
    let over = || async {
        found.closed().await;
        None
    };
    while let Some(sighting) = over().or(search.next()).await {
        if found.send(sighting).await.is_err() {
            break;
        }
        waker.wake();
    }
}
