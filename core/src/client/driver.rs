//! The future that does a client's work: connects, reads and writes at the same time, and comes back.

mod reader;
mod unsent;
mod writer;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use async_io::Async;
use async_io::Timer;
use futures_lite::future::FutureExt;

use super::dial::{Halves, dial, halves};
use super::login::LoggingIn;
use super::pace::Pace;
use super::pages::Asked;
use super::{Options, Order, Problem, Update, backoff};
use crate::protocol::event::{Event, PROTOCOL_VERSION};
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::request::{Request, Resume};
use reader::Reader;
use unsent::Unsent;
use writer::Writer;

/// A password may have to wait for others before it is looked at.
const PASSWORD_TAKES: Duration = Duration::from_secs(20);

/// See [`super::connect`].
pub(super) async fn drive(
    options: Options,
    orders: Receiver<Order>,
    updates: Sender<Update>,
    pace: Arc<Pace>,
) {
    let mut driver = Driver {
        name: options.name.clone(),
        password: options.password.clone(),
        options,
        orders,
        updates,
        pace,
        epoch: String::new(),
        token: String::new(),
        seen: BTreeMap::new(),
        epochs: BTreeMap::new(),
        unsent: Unsent::default(),
        welcomed: false,
    };
    let reason = driver.run().await;
    // Nothing is taken from here on, and what was is answered.
    driver.orders.close();
    while let Ok(order) = driver.orders.try_recv() {
        if let Order::History { question, .. } = order {
            driver.update(question.lost()).await;
        }
    }
    // Whoever has stopped listening needs no last word.
    let _ = driver.updates.send(Update::Ended(reason)).await;
}

struct Driver {
    options: Options,
    orders: Receiver<Order>,
    updates: Sender<Update>,
    pace: Arc<Pace>,
    /// The name to say hello with, and the password.
    name: String,
    password: Option<String>,
    /// The run of the server that `seen` belongs to.
    epoch: String,
    /// Proves to the server that a connection which it has not yet noticed to be gone was ours.
    token: String,
    /// The last id seen in each room that the client is in.
    seen: BTreeMap<String, u64>,
    /// What these ids belong to, where that is not the epoch of the server.
    epochs: BTreeMap<String, String>,
    /// Asked for while there was no connection.
    unsent: Unsent,
    /// Whether the present connection was welcomed.
    welcomed: bool,
}

/// How a connection ended.
enum End {
    /// For good.
    Over(LeaveReason),
    /// It may be tried again.
    Broken(Problem),
}

impl Driver {
    async fn run(&mut self) -> LeaveReason {
        let mut failed = 0;
        loop {
            self.update(Update::Connecting { attempt: failed + 1 }).await;
            self.welcomed = false;
            let end = self.connection().await;
            if self.welcomed {
                failed = 0;
            }
            let problem = match end {
                End::Over(reason) => return reason,
                End::Broken(problem) => problem,
            };
            failed += 1;
            // What never was a server of ours is not spoken to again.
            let is_foreign = self.epoch.is_empty() && matches!(problem, Problem::NotSalotto(_));
            if !self.options.reconnect || is_foreign || problem.is_doubt() {
                self.update(Update::Broken { problem, retry_in: None }).await;
                return LeaveReason::Lost;
            }
            let wait = backoff::wait(failed, fastrand::f64());
            self.update(Update::Broken { problem, retry_in: Some(wait) }).await;
            if let Some(reason) = self.wait(wait).await {
                return reason;
            }
        }
    }

    /// Waits before the next attempt, and remembers what is asked meanwhile.
    async fn wait(&mut self, wait: Duration) -> Option<LeaveReason> {
        let until = Instant::now() + wait;
        loop {
            let order = async { Some(self.orders.recv().await) };
            let late = async {
                Timer::at(until).await;
                None
            };
            match order.or(late).await {
                None => return None,
                Some(Ok(Order::RetryNow)) => return None,
                Some(Ok(Order::OfferName(name))) => self.name = name,
                Some(Ok(Order::OfferPassword(password))) => self.password = Some(password),
                Some(Ok(Order::Send(envelope))) => {
                    if let Some(refusal) = self.unsent.keep(envelope) {
                        self.update(refusal).await;
                    }
                }
                Some(Ok(Order::History { question, .. })) => self.update(question.lost()).await,
                Some(Ok(Order::Quit(farewell))) => return Some(LeaveReason::Quit { farewell }),
                Some(Err(_)) => {
                    return Some(LeaveReason::Quit { farewell: String::new() });
                }
            }
        }
    }

    async fn connection(&mut self) -> End {
        let address = self.options.address.clone();
        let timeout = self.options.timeout;
        let late = async {
            Timer::after(timeout).await;
            Err(Problem::TimedOut(address.clone()))
        };
        let halves = async {
            let stream = dial(address.clone()).await?;
            self.prepare(stream).await
        };
        match halves.or(late).await {
            Ok(halves) => self.talk(halves).await,
            Err(problem) => End::Broken(problem),
        }
    }

    /// What is read from and written to: the socket itself, or TLS over it.
    async fn prepare(&self, stream: Async<TcpStream>) -> Result<Halves, Problem> {
        #[cfg(feature = "client-tls")]
        if let Some(trust) = &self.options.trust {
            let (stream, certificate) = super::tls::secure(stream, &self.options, trust).await?;
            self.update(Update::Encrypted(certificate)).await;
            return Ok(halves(stream));
        }
        Ok(halves(stream))
    }

    /// Reads and writes at the same time until either ends.
    async fn talk(&mut self, (from_server, to_server): Halves) -> End {
        let (replies, to_write) = async_channel::bounded(64);
        let mut unsent = std::mem::take(&mut self.unsent);
        let mut hello = self.hello();
        let asked = Asked::default();
        let mut logging_in = self.logging_in();
        // Where the server has a password, that comes first.
        let first = match self.password.is_none() && logging_in.is_due() {
            true => logging_in.begin(),
            false => Ok(None),
        };
        let first = match first {
            Ok(first) => first,
            Err(problem) => return End::Broken(problem),
        };
        let is_ours = AtomicBool::new(false);
        let known_by = Instant::now()
            + self.options.timeout
            + self.password.as_ref().map_or(Duration::ZERO, |_| PASSWORD_TAKES);
        let writer = Writer {
            stream: to_server,
            orders: self.orders.clone(),
            replies: to_write,
            unsent: &mut unsent,
            hello: &mut hello,
            first,
            asked: &asked,
            is_ours: &is_ours,
            updates: self.updates.clone(),
        };
        let mut reader = Reader {
            driver: self,
            replies,
            asked: &asked,
            is_ours: &is_ours,
            logging_in,
            known_by,
            pinged: None,
            refusal: None,
        };
        let end = reader.read(from_server).or(writer.write()).await;
        for answer in asked.lost() {
            self.update(answer).await;
        }
        self.unsent = unsent;
        if let Request::Hello { password, .. } = hello {
            self.password = password;
        }
        end
    }

    fn logging_in(&self) -> LoggingIn {
        #[cfg(feature = "client-tls")]
        let is_encrypted = self.options.trust.is_some();
        #[cfg(not(feature = "client-tls"))]
        let is_encrypted = false;
        #[cfg(feature = "password")]
        return LoggingIn::new(self.options.login.clone(), is_encrypted);
        #[cfg(not(feature = "password"))]
        {
            let _ = is_encrypted;
            LoggingIn
        }
    }

    fn hello(&self) -> Request {
        let resume = (!self.seen.is_empty()).then(|| Resume {
            epoch: self.epoch.clone(),
            token: self.token.clone(),
            rooms: self.seen.clone(),
            epochs: self.epochs.clone(),
        });
        // A returning client goes back to where it was; the wish of the first time is out of date then.
        let rooms = match &resume {
            Some(resume) => resume.rooms.keys().cloned().collect(),
            None => self.options.rooms.clone(),
        };
        let (name, password) = (self.name.clone(), self.password.clone());
        Request::Hello { version: PROTOCOL_VERSION, name, rooms, password, resume }
    }

    /// Keeps what a return needs.
    fn remember(&mut self, event: &Event) {
        match event {
            Event::Welcome { epoch, name, token, .. } => {
                self.token.clone_from(token);
                if *epoch != self.epoch {
                    self.epoch.clone_from(epoch);
                    // Ids of another run mean nothing; the rooms are entered again from their beginning.
                    self.seen.values_mut().for_each(|id| *id = 0);
                }
                self.name = name.to_string();
                self.welcomed = true;
            }
            Event::Named { name, .. } => self.name = name.to_string(),
            Event::Entered { room, first_id, epoch, .. } => {
                match epoch {
                    Some(epoch) => self.epochs.insert(room.to_string(), epoch.clone()),
                    None => self.epochs.remove(room.as_str()),
                };
                self.seen.insert(room.to_string(), first_id.saturating_sub(1));
            }
            Event::Exited { room, .. } => {
                self.seen.remove(room.as_str());
            }
            Event::Entry(entry) => {
                self.seen.insert(entry.room.to_string(), entry.id);
            }
            _ => {}
        }
    }

    async fn update(&self, update: Update) {
        // Whoever has stopped listening is still in the room; dropping the client is what leaves it.
        let _ = self.updates.send(update).await;
    }
}
