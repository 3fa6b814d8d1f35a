//! The thread of the library, and what is asked of it beside its work.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_io::Timer;
use futures_lite::FutureExt;
use mdns_sd::{IfKind, IfPredicate, Receiver, ServiceDaemon};

use super::{DiscoveryError, Interfaces};

/// How often interfaces are looked at; one that comes or goes is announced on, or forgotten, so much later.
const INTERFACES_EVERY: Duration = Duration::from_secs(60);
/// How long an answer of the thread is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Records and timers that the thread may hold. It keeps what comes from the network without a bound of its own; some thousand are a large network.
const MOST_HELD: i64 = 20_000;

/// The thread. It ends when this is dropped, and says goodbye for what it announced.
pub(super) struct Daemon(pub(super) ServiceDaemon);

impl Daemon {
    /// Starts it on these interfaces. Nothing is sent yet.
    pub(super) fn start(interfaces: &Interfaces) -> Result<Self, DiscoveryError> {
        let daemon = Self(ServiceDaemon::new().map_err(not_running)?);
        let wanted = interfaces.clone();
        let unwanted =
            IfPredicate::new(move |interface| !wanted.includes(&interface.name, interface.ip()));
        daemon.0.disable_interface(IfKind::Predicate(unwanted)).map_err(not_running)?;
        let seconds = INTERFACES_EVERY.as_secs() as u32;
        daemon.0.set_ip_check_interval(seconds).map_err(not_running)?;
        Ok(daemon)
    }

    /// Whether it holds more than an honest network has to say, or does not answer: then it is best ended.
    pub(super) async fn is_overgrown(&self) -> bool {
        let Ok(answer) = self.0.get_metrics() else { return true };
        within(PATIENCE, &answer).await.is_none_or(|counts| held(&counts) > MOST_HELD)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended by itself needs no word.
        let _ = self.0.shutdown();
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Daemon")
    }
}

fn held(counts: &HashMap<String, i64>) -> i64 {
    let is_held = |name: &str| name.starts_with("cached-") || name == "timer";
    counts.iter().filter(|(name, _)| is_held(name)).map(|(_, count)| count).sum()
}

/// What comes from the thread, if it comes in time.
pub(super) async fn within<T>(time: Duration, receiver: &Receiver<T>) -> Option<T> {
    let received = async { receiver.recv_async().await.ok() };
    let late = async {
        Timer::after(time).await;
        None
    };
    received.or(late).await
}

/// Its errors, as a person may read them.
pub(super) fn not_running(error: mdns_sd::Error) -> DiscoveryError {
    DiscoveryError::NotRunning(error.to_string())
}
