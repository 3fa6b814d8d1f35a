//! A task of a plugin: an address where nothing but its protocol is spoken.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use salotto::{AdoptError, Handle, Reporter, Stopping};
use smol::Timer;
use smol::future::FutureExt;

use crate::common::troubles::Troubles;

/// How long to wait before another attempt.
const RETRY: Duration = Duration::from_secs(5);
/// How often an address that is in use is tried again before that is reported: the plugin that this one replaces may be about to let go of it.
const QUIET_TRIES: u32 = 10;
const QUIET_RETRY: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    /// What the protocol is called: [`Protocol::name`](salotto::Protocol::name).
    pub(crate) protocol: &'static str,
    /// The same in a sentence for people.
    pub(crate) title: &'static str,
    pub(crate) handle: Handle,
    pub(crate) stopping: Stopping,
    pub(crate) reporter: Reporter,
    pub(crate) troubles: Arc<Troubles>,
}

impl Listening {
    /// Goes on until the plugin stops.
    pub(crate) async fn run(self) {
        let stop = self.stopping.wait();
        stop.or(self.accept()).await;
    }

    /// Has the server accept, so that all holds that holds at its own addresses.
    async fn accept(&self) {
        loop {
            let listener = self.listen().await;
            match self.handle.accept(listener, Some(self.protocol)).await {
                Ok(()) | Err(AdoptError::Closed(_)) => return,
                Err(error) => {
                    self.troubles.failing(
                        &self.address.to_string(),
                        format!("no connection can be accepted on {}: {error}", self.address),
                    );
                    Timer::after(RETRY).await;
                }
            }
        }
    }

    async fn listen(&self) -> TcpListener {
        let mut tries = 0;
        loop {
            tries += 1;
            match TcpListener::bind(self.address) {
                Ok(listener) => {
                    let address = listener.local_addr().unwrap_or(self.address);
                    self.reporter.report(format!("{} alone is spoken on {address}", self.title));
                    self.troubles.working(&self.address.to_string());
                    return listener;
                }
                Err(_) if tries <= QUIET_TRIES => {
                    Timer::after(QUIET_RETRY).await;
                }
                Err(error) => {
                    self.troubles.failing(&self.address.to_string(), format!(
                        "cannot listen on {}: {error}; it is tried again, or choose another address",
                        self.address
                    ));
                    Timer::after(RETRY).await;
                }
            }
        }
    }
}
