//! The future that does a client's work: connects, reads and writes at the same time, and comes back.

mod writer;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use async_io::Async;
use async_io::Timer;
use futures_lite::future::FutureExt;
use futures_lite::io::AsyncBufReadExt;
use futures_lite::io::AsyncReadExt;
use futures_lite::io::BufReader;

use writer::Writer;

use super::dial::{Halves, Reading, dial, halves};
use super::pages::Asked;
use super::{Options, Order, Problem, Update, backoff};
use crate::protocol::error::ErrorCode;
use crate::protocol::event::{Event, PROTOCOL_VERSION};
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::request::{Envelope, Request, Resume};

/// Longest line that a server may send; a roster page is the longest by far.
const MAX_LINE: u64 = 1024 * 1024;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long the server may be silent before it is asked whether it is there, and how long the answer may take before it counts as lost.
const PING_AFTER: Duration = Duration::from_secs(45);
const PONG_WITHIN: Duration = Duration::from_secs(15);
/// How long after a line of plain text the first event may come: our hello was late then, and the server greeted whoever came.
const GREETED: Duration = Duration::from_secs(2);
/// A password may have to wait for others before it is looked at.
const PASSWORD_TAKES: Duration = Duration::from_secs(20);

/// See [`super::connect`].
pub(super) async fn drive(options: Options, orders: Receiver<Order>, updates: Sender<Update>) {
    let mut driver = Driver {
        name: options.name.clone(),
        password: options.password.clone(),
        options,
        orders,
        updates,
        epoch: String::new(),
        token: String::new(),
        seen: BTreeMap::new(),
        unsent: Vec::new(),
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
    /// The name to say hello with, and the password.
    name: String,
    password: Option<String>,
    /// The run of the server that `seen` belongs to.
    epoch: String,
    /// Proves to the server that a connection which it has not yet noticed to be gone was ours.
    token: String,
    /// The last id seen in each room that the client is in.
    seen: BTreeMap<String, u64>,
    /// Asked for while there was no connection.
    unsent: Vec<Envelope>,
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
                Some(Ok(Order::Send(envelope))) => self.unsent.push(envelope),
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
            let (stream, certificate) =
                super::tls::secure(stream, &self.options.address, trust).await?;
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
            asked: &asked,
            is_ours: &is_ours,
            updates: self.updates.clone(),
        };
        let mut reader = Reader {
            driver: self,
            replies,
            asked: &asked,
            is_ours: &is_ours,
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

    fn hello(&self) -> Request {
        let resume = (!self.seen.is_empty()).then(|| Resume {
            epoch: self.epoch.clone(),
            token: self.token.clone(),
            rooms: self.seen.clone(),
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
            Event::Entered { room, first_id, .. } => {
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

/// What the reader has for the writer.
enum Reply {
    Line(Request),
    /// There is a name now, so that what waited can be sent.
    Welcomed,
}

/// What the writer does next.
enum Todo {
    Reply(Reply),
    Order(Order),
    ClientDropped,
}

/// The half that reads, and decides.
struct Reader<'a> {
    driver: &'a mut Driver,
    replies: Sender<Reply>,
    asked: &'a Asked,
    /// Whether the other end has told an event, and so is a server of ours; the writer says goodbye to no other.
    is_ours: &'a AtomicBool,
    /// Until when the first event has to come.
    known_by: Instant,
    pinged: Option<Instant>,
    /// The last line that was no object: a server that lets nobody in says why in plain words.
    refusal: Option<String>,
}

impl Reader<'_> {
    async fn read(&mut self, stream: Reading) -> End {
        let mut input = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            let patience = self.patience();
            let result = {
                let read =
                    async { Some((&mut input).take(MAX_LINE).read_until(b'\n', &mut line).await) };
                let silence = async {
                    Timer::after(patience).await;
                    None
                };
                read.or(silence).await
            };
            match result {
                None if !self.is_ours.load(Ordering::Relaxed) => {
                    if Instant::now() >= self.known_by {
                        return self.broken("the server is silent".into());
                    }
                    if !line.is_empty() && !line.starts_with(b"{") {
                        self.hear_plain_text();
                    }
                }
                None if self.pinged.is_some() => {
                    return self.broken("the server is silent".into());
                }
                None => {
                    self.pinged = Some(Instant::now());
                    self.reply(Reply::Line(Request::Ping)).await;
                }
                Some(Ok(0)) => return self.broken("the server stopped it".into()),
                Some(Ok(_)) if !line.ends_with(b"\n") && (line.len() as u64) < MAX_LINE => {
                    return self.broken("the server stopped it".into());
                }
                Some(Ok(_)) => {
                    let end = self.take_line(&line).await;
                    line.clear();
                    if let Some(end) = end {
                        return end;
                    }
                }
                Some(Err(error)) => return self.broken(error.to_string()),
            }
        }
    }

    /// How long nothing may come before something is done about it.
    fn patience(&self) -> Duration {
        if !self.is_ours.load(Ordering::Relaxed) {
            return self.known_by.saturating_duration_since(Instant::now()).min(GREETED);
        }
        self.pinged.map_or(PING_AFTER, |_| PONG_WITHIN)
    }

    fn hear_plain_text(&mut self) {
        self.known_by = self.known_by.min(Instant::now() + GREETED);
    }

    async fn take_line(&mut self, line: &[u8]) -> Option<End> {
        if !line.starts_with(b"{") {
            // Our first bytes came late and we were greeted, or we are not let in, or it is something else that speaks.
            self.hear_plain_text();
            let text = String::from_utf8_lossy(line);
            self.refusal = text.strip_prefix("! ").map(|text| text.trim().to_owned());
            return None;
        }
        let event = match serde_json::from_slice::<Event>(line) {
            Ok(event) => event,
            Err(error) => {
                // A newer server may tell more than we know.
                tracing::debug!(%error, "an event was passed over");
                return None;
            }
        };
        self.is_ours.store(true, Ordering::Relaxed);
        self.driver.remember(&event);
        match &event {
            Event::Welcome { .. } => self.reply(Reply::Welcomed).await,
            Event::Ping => {
                self.reply(Reply::Line(Request::Pong)).await;
                return None;
            }
            Event::Pong { .. } => {
                if let Some(pinged) = self.pinged.take() {
                    self.driver.update(Update::RoundTrip(pinged.elapsed())).await;
                    return None;
                }
            }
            Event::Error { code, text, .. } if !self.driver.welcomed => {
                return self.not_welcome(*code, text.clone()).await;
            }
            Event::Bye { reason } => {
                let reason = reason.clone();
                self.driver.update(Update::Event(event)).await;
                return Some(match reason {
                    LeaveReason::Lost
                    | LeaveReason::Idle
                    | LeaveReason::TooSlow
                    | LeaveReason::Full { .. }
                    | LeaveReason::Stopping
                    | LeaveReason::Restarting => End::Broken(Problem::Lost(reason.to_string())),
                    reason => End::Over(reason),
                });
            }
            _ => {}
        }
        self.asked.tell(&self.driver.updates, self.asked.update(event)).await;
        None
    }

    /// Hello was not answered with a welcome.
    async fn not_welcome(&mut self, code: ErrorCode, text: String) -> Option<End> {
        match code {
            ErrorCode::NameTaken | ErrorCode::BadName | ErrorCode::Denied => {
                // A server that refuses more than the name closes right after.
                self.refusal = Some(text.clone());
                self.driver.update(Update::NameRefused { text }).await;
                None
            }
            ErrorCode::PasswordWanted | ErrorCode::WrongPassword => {
                self.refusal = Some(text.clone());
                let wrong = code == ErrorCode::WrongPassword;
                self.driver.update(Update::PasswordWanted { text, wrong }).await;
                None
            }
            // The rest of what was sent ahead of a name.
            ErrorCode::NameWanted => None,
            _ => Some(End::Broken(Problem::TurnedAway(text))),
        }
    }

    async fn reply(&self, reply: Reply) {
        // The other half ends with this one.
        let _ = self.replies.send(reply).await;
    }

    fn broken(&self, problem: String) -> End {
        let address = &self.driver.options.address;
        End::Broken(match (&self.refusal, self.driver.welcomed) {
            (Some(refusal), false) => Problem::TurnedAway(refusal.clone()),
            (None, false) => Problem::NotSalotto(address.clone()),
            (_, true) => Problem::Lost(problem),
        })
    }
}
