//! The task of the plugin: keeps the server announced, whatever becomes of the network.

use std::convert::Infallible;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use salotto::discovery::{Announcer, DiscoveryError, Interfaces, Record};
use salotto::{Reporter, Stopping};
use smol::Timer;
use smol::future::FutureExt;

/// How often it is seen whether all is well, and how long to wait before another attempt.
const MINUTE: Duration = Duration::from_secs(60);
/// How long it may take until the server is announced: a second, by the book.
const FIRST: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct Announcing {
    pub(super) interfaces: Interfaces,
    pub(super) host: String,
    pub(super) port: u16,
    /// What is to be announced instead.
    pub(super) changed: Receiver<Record>,
    pub(super) stopping: Stopping,
    pub(super) reporter: Reporter,
}

/// What comes next.
enum Next {
    Announced(Result<String, DiscoveryError>),
    Changed(Record),
    Minute,
    Stop,
}

impl Announcing {
    /// Announces until the plugin stops. Waits for `before` to be closed, and closes `_said` after the goodbye.
    pub(super) async fn run(
        self,
        mut record: Record,
        before: Option<Receiver<Infallible>>,
        _said: Sender<Infallible>,
    ) {
        if let Some(before) = before {
            // An error, as nothing is ever sent.
            let _ = before.recv().await;
        }
        // The name under which the operator knows it is announced.
        let mut name = None;
        loop {
            let outcome = match Announcer::start(&self.interfaces, &self.host, self.port, &record) {
                Ok(announcer) => {
                    let next = self.keep(&announcer, &mut name).await;
                    announcer.stop().await;
                    next
                }
                Err(error) => {
                    self.reporter.failing(error.to_string());
                    self.next(None, MINUTE).await
                }
            };
            match outcome {
                Next::Stop => return,
                Next::Changed(other) => record = other,
                Next::Minute | Next::Announced(_) => {}
            }
        }
    }

    /// Lets it do its work until something has to be done anew, and says what.
    async fn keep(&self, announcer: &Announcer, told: &mut Option<String>) -> Next {
        let mut patience = FIRST;
        loop {
            match self.next(Some(announcer), patience).await {
                Next::Announced(Ok(name)) => {
                    patience = MINUTE;
                    self.reporter.working();
                    if told.as_ref() != Some(&name) {
                        self.report(announcer.wanted_name(), &name);
                        *told = Some(name);
                    }
                }
                Next::Announced(Err(error)) => {
                    self.reporter.failing(error.to_string());
                    if error != DiscoveryError::NoInterface {
                        // What is lost at once is not tried again at once.
                        return self.next(None, MINUTE).await;
                    }
                }
                Next::Minute if patience == FIRST => {
                    self.reporter
                        .failing("nothing could be announced on any interface; it is tried again");
                    patience = MINUTE;
                }
                Next::Minute if announcer.is_overgrown().await => {
                    self.reporter
                        .warn("the network says more than can be true; announcing begins anew");
                    return Next::Minute;
                }
                Next::Minute => {}
                other => return other,
            }
        }
    }

    async fn next(&self, announcer: Option<&Announcer>, patience: Duration) -> Next {
        let stop = async {
            self.stopping.wait().await;
            Next::Stop
        };
        let changed = async {
            match self.changed.recv().await {
                Ok(record) => Next::Changed(record),
                // The plugin is gone.
                Err(_) => Next::Stop,
            }
        };
        let announced = async {
            match announcer {
                Some(announcer) => Next::Announced(announcer.next().await),
                None => smol::future::pending().await,
            }
        };
        let minute = async {
            Timer::after(patience).await;
            Next::Minute
        };
        stop.or(changed).or(announced).or(minute).await
    }

    fn report(&self, wanted: &str, name: &str) {
        self.reporter.report(match name == wanted {
            true => format!("announced on the local network as `{name}`"),
            false => format!("another server on the local network is called `{wanted}`; this one is announced as `{name}`"),
        });
    }
}
