//! Tells the local network that a server is here.

use std::time::Duration;

use async_io::Timer;
use mdns_sd::{DaemonEvent, Receiver, ServiceInfo};

use super::daemon::{Daemon, not_running, within};
use super::search::label_of;
use super::{DiscoveryError, Interfaces, Record, SERVICE};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// The goodbye is said twice, since datagrams get lost; the library says it again after 120 ms.
const SECOND_GOODBYE: Duration = Duration::from_millis(150);

/// A server that is announced. Dropping it says goodbye once; [`stop`](Self::stop) says it twice, and waits for it.
#[derive(Debug)]
pub struct Announcer {
    daemon: Daemon,
    events: Receiver<DaemonEvent>,
    interfaces: Interfaces,
    /// As the library knows the instance, whatever it was renamed to.
    full_name: String,
    label: String,
}

impl Announcer {
    /// Announces a server on these interfaces, at this port. `host` is the host name it is announced under, a single label; each server on a machine needs
    /// another. It takes about a second until [`next`](Self::next) tells under which name.
    ///
    /// # Errors
    /// When there is no interface, or no multicast to be had on any.
    pub fn start(
        interfaces: &Interfaces,
        host: &str,
        port: u16,
        record: &Record,
    ) -> Result<Self, DiscoveryError> {
        interfaces.check()?;
        let daemon = Daemon::start(interfaces)?;
        let events = daemon.0.monitor().map_err(not_running)?;
        let (label, host) = (record.label(), format!("{host}.local."));
        let properties = record.properties();
        let service = ServiceInfo::new(SERVICE, &label, &host, "", port, &properties[..])
            .map_err(not_running)?
            .enable_addr_auto();
        let full_name = service.get_fullname().to_owned();
        daemon.0.register(service).map_err(not_running)?;
        Ok(Self { daemon, events, interfaces: interfaces.clone(), full_name, label })
    }

    /// The name that was asked for. That of [`next`](Self::next) is another where somebody on the network has it.
    pub fn wanted_name(&self) -> &str {
        &self.label
    }

    /// Waits until the server is announced, on one more interface or again, and says under which name. Safe to drop and to call again.
    ///
    /// # Errors
    /// When the last interface is gone (it goes on, and announces again when one comes), or the thread has ended (then nothing more comes).
    pub async fn next(&self) -> Result<String, DiscoveryError> {
        loop {
            match self.events.recv_async().await {
                Ok(DaemonEvent::Announce(full_name, _)) => return Ok(label_of(&full_name)),
                Ok(DaemonEvent::IpDel(_)) => self.interfaces.check()?,
                Ok(DaemonEvent::Error(error)) => return Err(not_running(error)),
                Ok(_) => {}
                Err(_) => return Err(DiscoveryError::NotRunning("its thread has ended".into())),
            }
        }
    }

    /// Whether so much has come from the network that this is best dropped and started anew. It is for the owner to ask now and then: once a
    /// minute is enough.
    pub async fn is_overgrown(&self) -> bool {
        self.daemon.is_overgrown().await
    }

    /// Says goodbye, and waits until that is done: a fifth of a second.
    pub async fn stop(self) {
        // Where the thread has ended there is nobody to say it.
        if let Ok(answer) = self.daemon.0.unregister(&self.full_name) {
            within(GOODBYE, &answer).await;
            Timer::after(SECOND_GOODBYE).await;
        }
        if let Ok(ended) = self.daemon.0.shutdown() {
            within(GOODBYE, &ended).await;
        }
    }
}
