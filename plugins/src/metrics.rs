//! `metrics`: the metrics of the server for [Prometheus](https://prometheus.io), over HTTP on an address of its own.
//!
//! ```ron
//! (listen: "127.0.0.1:9464")
//! ```
//!
//! `GET /metrics` answers how many users are connected, how much was sent and delivered, which limits were hit, why connections ended and how long
//! the hooks of each plugin took. It contains no names and no messages; still, the default address can be reached from this machine only.
//!
//! It does nothing between requests. An address that is in use is reported and tried again. When the settings change and the address stays, the
//! listener is kept, so that no request is refused.

mod http;
mod server;
mod text;

use std::any::Any;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use async_channel::Sender;
use salotto::{Context, Plugin};
use serde::{Deserialize, Deserializer};
use smol::net::TcpListener;

use server::{MetricsServer, TaskEvent};

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSettings {
    /// An address with a port; with port 0 the system chooses one, which is reported to the operator. Default `127.0.0.1:9464`.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
}

/// The plugin.
#[derive(Debug)]
pub struct Metrics {
    settings: MetricsSettings,
    retry: Duration,
    /// Once there is one; clones share it.
    listener: Option<TcpListener>,
    /// Nothing is sent on it; it closes to end the task.
    open: Option<Sender<Infallible>>,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let text =
            format!("`{text}` is not an address with a port; write one such as 127.0.0.1:9464");
        serde::de::Error::custom(text)
    })
}

impl Metrics {
    /// The plugin with these settings. It listens when it starts.
    pub fn new(settings: MetricsSettings) -> Self {
        Self { settings, retry: server::RETRY, listener: None, open: None }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(MetricsSettings::default())
    }
}

impl Plugin for Metrics {
    fn start(&mut self, context: &mut Context<'_>) {
        let (open, closing) = async_channel::bounded(1);
        self.open = Some(open);
        let server = MetricsServer {
            address: self.settings.listen,
            closing,
            mailbox: context.mailbox(),
            reporter: context.reporter(),
            retry: self.retry,
        };
        context.spawn(server.run(self.listener.clone()));
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        self.open = None;
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new((self.settings.listen, self.listener.take()?)))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        if let Ok(state) = state.downcast::<(SocketAddr, TcpListener)>() {
            let (address, listener) = *state;
            self.listener = (address == self.settings.listen).then_some(listener);
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        match result.downcast::<TaskEvent>().map(|event| *event) {
            Ok(TaskEvent::Listening(listener)) => self.listener = Some(listener),
            // The request may have been given up.
            Ok(TaskEvent::StatusRequest(sender)) => drop(sender.try_send(context.status())),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
