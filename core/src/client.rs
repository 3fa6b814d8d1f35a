//! The other side of the JSON dialect: connects, says hello, sends, hands out typed events, and comes back when the connection breaks
//! without missing or repeating anything.
//!
//! [`connect`] gives three things: a [`Client`] to send with, a stream of [`Update`]s, and a driver, which is the future that does the
//! work and wants to be spawned on whatever executor there is (the sockets are smol's, which needs none in particular).
//! What was said before is read back with [`Client::history`], a page at a time.
//!
//! ```
//! # smol::block_on(async {
//! use salotto::client::{self, Options, Update};
//! use salotto::{Event, Server};
//!
//! let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
//! let address = server.addresses()[0].to_string();
//! let (client, updates, driver) = client::connect(Options::new(address, "ada"));
//! let driver = smol::spawn(driver);
//! client.say("lobby", "hello");
//! while let Ok(update) = updates.recv().await {
//!     if let Update::Event(Event::Entry(entry)) = update {
//!         println!("{entry:?}");
//! #       if matches!(entry.what, salotto::EntryKind::Message { .. }) { break }
//!     }
//! }
//! client.quit("so long");
//! driver.await;
//! # server.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod backoff;
mod dial;
mod driver;
#[cfg(feature = "password")]
mod login;
#[cfg(not(feature = "password"))]
#[path = "client/no_login.rs"]
mod login;
mod pace;
mod pages;
#[cfg(feature = "client-tls")]
mod tls;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_channel::{Receiver, Sender};

#[cfg(feature = "client-tls")]
use crate::protocol::certificate::Certificate;
use crate::protocol::event::Event;
#[cfg(feature = "client-tls")]
use crate::protocol::fingerprint::Fingerprint;
use crate::protocol::history::{Page, Place};
#[cfg(feature = "client-tls")]
use crate::protocol::identity::Identity;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::request::{Envelope, Request};

use pace::Pace;
pub use pages::NoPage;
use pages::Question;
#[cfg(feature = "client-tls")]
pub use tls::Trust;

/// Updates that may wait for who looks at them; after that the socket waits.
const UPDATES: usize = 1024;
/// Requests that may wait for the connection; more are refused.
const REQUESTS: usize = 256;

/// Where to connect, and as whom.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Context and port, e.g. `192.168.1.5:53000`.
    pub address: String,
    /// The name wanted.
    pub name: String,
    /// The rooms to enter; empty for the default room of the server.
    pub rooms: Vec<String>,
    /// The password of the server, where it has one. It is sent as it is: whoever can listen in on the network can read it.
    pub password: Option<String>,
    /// The account to log in to.
    #[cfg(feature = "password")]
    pub login: Option<Login>,
    /// A certificate of one's own, shown to a server that asks for it, over TLS: an account that knows it is logged in to without a password.
    #[cfg(feature = "client-tls")]
    pub certificate: Option<Identity>,
    /// Whom to believe that it is the server, over TLS; `None` connects without.
    #[cfg(feature = "client-tls")]
    pub trust: Option<Trust>,
    /// Whether to come back when the connection breaks or the server restarts. Never after a kick, a refusal or a goodbye.
    pub reconnect: bool,
    /// How long a connection attempt may take, the answer to hello included.
    pub timeout: Duration,
}

/// An account with its password.
#[cfg(feature = "password")]
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// The name of the account.
    pub account: String,
    /// Its password.
    pub password: String,
}

/// Sends requests. Clones share the connection; when the last one is dropped the driver says goodbye and ends.
#[derive(Debug, Clone)]
pub struct Client {
    orders: Sender<Order>,
    nonces: Arc<AtomicU64>,
    pace: Arc<Pace>,
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// A connection is tried, for the first time or again.
    Connecting {
        /// Counts from 1 since the last time that it worked.
        attempt: u32,
    },
    /// The connection is encrypted, with whoever has shown this and is trusted; told before anything that the server tells.
    #[cfg(feature = "client-tls")]
    Encrypted(Box<Certificate>),
    /// The server told something; [`Event::Welcome`] is the first after each connecting.
    Event(Event),
    /// The name was refused. The connection lives on and waits for another: [`Client::offer_name`].
    NameRefused {
        /// Why, for a person.
        text: String,
    },
    /// The server asks for its password. The connection lives on and waits for it, or for another: [`Client::offer_password`].
    PasswordWanted {
        /// What it says, for a person.
        text: String,
        /// Whether one was given, and was wrong.
        wrong: bool,
    },
    /// The connection broke or could not be made.
    Broken {
        /// Why, for a person.
        problem: Problem,
        /// When it is tried again: [`Client::retry_now`] makes it at once.
        retry_in: Option<Duration>,
    },
    /// The answer to [`Client::history`]: one for each question, also where the connection broke meanwhile.
    History {
        /// What the question returned.
        nonce: String,
        /// The room, as it was asked for.
        room: String,
        /// What is kept there of it.
        page: Result<Page, NoPage>,
    },
    /// How long the answer to the last ping took.
    RoundTrip(Duration),
    /// It is over; the last update.
    Ended(LeaveReason),
}

impl Problem {
    /// Whether a person has to say what to make of it: trying again is no answer.
    pub fn is_doubt(&self) -> bool {
        match self {
            #[cfg(feature = "client-tls")]
            Self::Untrusted { .. } | Self::CertificateChanged { .. } => true,
            #[cfg(feature = "password")]
            Self::LoginRefused(_) | Self::NotTheServer => true,
            Self::EncryptionWanted(_) => true,
            _ => false,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The address means nothing to the system.
    #[error("there is no host `{0}`; check the address")]
    NoSuchHost(String),
    /// Nobody listens there.
    #[error("nobody listens at `{0}`; is the server started, and the port right?")]
    Refused(String),
    /// The other end did not answer in time.
    #[error("`{0}` does not answer; check the address and the network")]
    TimedOut(String),
    /// The other end answered, but not as a Salotto server does, or not at all within [`Options::timeout`]. It is not tried again unless a server was there before.
    #[error("`{0}` is another kind of server, not Salotto; check the port")]
    NotSalotto(String),
    /// What it answers is no TLS. Without, whoever is on the way can read along.
    #[cfg(feature = "client-tls")]
    #[error("`{0}` speaks no TLS, so nothing was sent; connect without if others may read along")]
    NoTls(String),
    /// What was given as certificate authorities is none.
    #[cfg(feature = "client-tls")]
    #[error("the certificates that are to be trusted cannot be read: {0}")]
    BadAuthority(String),
    /// Nobody who is trusted vouches for the server. Nothing was sent.
    #[cfg(feature = "client-tls")]
    #[error("it is not sure who answers there: {why}; compare the fingerprint {} with the operator's", certificate.fingerprint)]
    Untrusted {
        /// What it has shown.
        certificate: Box<Certificate>,
        /// Why that is not enough, for a person.
        why: String,
    },
    /// Somebody else answers, or the operator has another certificate. Nothing was sent.
    #[cfg(feature = "client-tls")]
    #[error("the certificate is not the one that is known, and somebody may listen in: it was {known} and is {}; ask the operator, on another way, whether it was changed", found.fingerprint)]
    CertificateChanged {
        /// The fingerprint that was expected.
        known: Fingerprint,
        /// What was shown instead.
        found: Box<Certificate>,
    },
    /// The server takes a password, or anybody at all, only where nobody can read along, and says so: connect with TLS, on the same port.
    #[error("{0}")]
    EncryptionWanted(String),
    /// The account is not there, or has another password; or the server knows no way to log in in which the password is not sent.
    #[cfg(feature = "password")]
    #[error("not logged in: {0}")]
    LoginRefused(String),
    /// Whoever answers does not know the password of the account. It was not told to them.
    #[cfg(feature = "password")]
    #[error(
        "whoever answers there does not know the account; somebody may pass for the server, and was told no password"
    )]
    NotTheServer,
    /// The server told why it lets nobody in.
    #[error("{0}")]
    TurnedAway(String),
    /// The connection ended in the middle.
    #[error("the connection was lost: {0}")]
    Lost(String),
}

/// What the driver is asked for.
enum Order {
    Send(Envelope),
    History { question: Question, place: Place, limit: usize },
    OfferName(String),
    OfferPassword(String),
    RetryNow,
    Quit(String),
}

impl Options {
    /// Enters the default room, comes back when the connection breaks, and gives each attempt ten seconds.
    pub fn new(address: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            name: name.into(),
            rooms: Vec::new(),
            password: None,
            #[cfg(feature = "password")]
            login: None,
            #[cfg(feature = "client-tls")]
            certificate: None,
            #[cfg(feature = "client-tls")]
            trust: None,
            reconnect: true,
            timeout: Duration::from_secs(10),
        }
    }

    /// Enters these rooms instead of the default one.
    pub fn rooms<R: Into<String>>(mut self, rooms: impl IntoIterator<Item = R>) -> Self {
        self.rooms = rooms.into_iter().map(Into::into).collect();
        self
    }

    /// Says this password before the name.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Logs in to an account, each time before hello. Without TLS the password is not sent but proven, by SCRAM-SHA-256, and the server has to prove that it
    /// knows it too; where it cannot, the client ends with [`Problem::LoginRefused`] or [`Problem::NotTheServer`] and tries no other way.
    ///
    /// ```
    /// use salotto::client::Options;
    ///
    /// let options = Options::new("192.168.1.5:53000", "ada").log_in("ada", "correct horse");
    /// # let _ = options;
    /// ```
    #[cfg(feature = "password")]
    pub fn log_in(mut self, account: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some(Login { account: account.into(), password: password.into() });
        self
    }

    /// Shows this certificate to a server that asks for one; without TLS it is of no use. Under the name of an account that knows it, one is logged in.
    #[cfg(feature = "client-tls")]
    pub fn certificate(mut self, identity: Identity) -> Self {
        self.certificate = Some(identity);
        self
    }

    /// Connects over TLS. Where the server is not who is trusted to be it, nothing is sent and the client ends, with [`Problem::Untrusted`] or
    /// [`Problem::CertificateChanged`]: it is for a person to say whether to connect anew, with [`Trust::Pinned`].
    ///
    /// ```
    /// use salotto::client::{Options, Problem, Trust};
    /// use salotto::protocol::Fingerprint;
    ///
    /// /// At first use the person compares; from then on it is kept.
    /// fn options(known: Option<Fingerprint>) -> Options {
    ///     Options::new("chat.example.org:53000", "ada").tls(known.map_or(Trust::System, Trust::Pinned))
    /// }
    ///
    /// fn ask(problem: &Problem) {
    ///     match problem {
    ///         Problem::Untrusted { certificate, .. } => println!("is it {}?", certificate.fingerprint),
    ///         Problem::CertificateChanged { known, found } => println!("{known} is {} now!", found.fingerprint),
    ///         _ => {}
    ///     }
    /// }
    /// # let _ = (options(None), ask);
    /// ```
    #[cfg(feature = "client-tls")]
    pub fn tls(mut self, trust: Trust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// Ends at the first break.
    pub fn once(mut self) -> Self {
        self.reconnect = false;
        self
    }
}

impl fmt::Debug for Options {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| format_args!("…"));
        let mut shown = formatter.debug_struct("Options");
        #[cfg(feature = "client-tls")]
        shown.field("trust", &self.trust).field("certificate", &self.certificate);
        #[cfg(feature = "password")]
        shown.field("login", &self.login);
        shown
            .field("address", &self.address)
            .field("name", &self.name)
            .field("rooms", &self.rooms)
            .field("password", &password)
            .field("reconnect", &self.reconnect)
            .field("timeout", &self.timeout)
            .finish()
    }
}

#[cfg(feature = "password")]
impl fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Login").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Prepares a connection. Nothing happens until the driver is polled; it ends when the connection is over for good, and is safe to drop.
///
/// The updates have to be taken: while many wait, nothing more is read.
pub fn connect(
    options: Options,
) -> (Client, Receiver<Update>, impl Future<Output = ()> + Send + 'static) {
    let (orders, ordered) = async_channel::bounded(REQUESTS);
    let (updates, received) = async_channel::bounded(UPDATES);
    let (nonces, pace) = (Arc::default(), Arc::<Pace>::default());
    let driver = driver::drive(options, ordered, updates, Arc::clone(&pace));
    (Client { orders, nonces, pace }, received, driver)
}

impl Client {
    /// Says something in a room. Returns the nonce that its echo or its error will carry, or `None` when too much is waiting
    /// to be sent already or the client has ended.
    pub fn say(&self, room: &str, text: impl Into<String>) -> Option<String> {
        let room = Some(room.to_owned());
        self.request(Request::Say { text: text.into(), room, kind: Default::default() })
    }

    /// Says something to one person. Returns the nonce, as [`say`](Self::say) does.
    pub fn direct(&self, to: &str, text: impl Into<String>) -> Option<String> {
        self.request(Request::Direct { to: to.to_owned(), text: text.into() })
    }

    /// Runs a command, without the `!`. Returns the nonce, as [`say`](Self::say) does.
    pub fn command(&self, line: impl Into<String>, room: Option<&str>) -> Option<String> {
        self.request(Request::Command { line: line.into(), room: room.map(str::to_owned) })
    }

    /// Asks for up to `limit` entries (1 to 100) of what is kept of a room that the client is in. [`Update::History`] with the nonce that is returned answers it, once
    /// and in any case: where there is no connection, or it breaks, the answer is [`NoPage::NoConnection`]. A page may hold entries that were told before, under the same ids.
    ///
    /// Returns `None` as [`say`](Self::say) does; then no answer follows.
    ///
    /// # Examples
    /// All that is kept of a room is read page by page, each before the oldest entry that is there:
    ///
    /// ```
    /// use salotto::client::{Client, Update};
    /// use salotto::protocol::Place;
    ///
    /// fn take(client: &Client, update: Update) {
    ///     match update {
    ///         Update::History { room, page: Ok(page), .. } => {
    ///             println!("{} entries", page.entries.len());
    ///             if let Some(oldest) = page.entries.first().filter(|_| page.older) {
    ///                 client.history(&room, Place::Before(oldest.id), 100);
    ///             }
    ///         }
    ///         Update::History { room, page: Err(reason), .. } => println!("{room}: {reason}"),
    ///         _ => {}
    ///     }
    /// }
    /// ```
    pub fn history(&self, room: &str, place: Place, limit: usize) -> Option<String> {
        let nonce = self.nonce();
        let question = Question { nonce: nonce.clone(), room: room.to_owned() };
        self.order(Order::History { question, place, limit }).then_some(nonce)
    }

    /// Asks for anything. Returns the nonce, as [`say`](Self::say) does. What is asked while there is no connection is sent
    /// when there is one, up to 256 requests; what is beyond them is answered by an [`Event::Error`] of [`ErrorCode::Limit`](crate::ErrorCode::Limit) with the nonce,
    /// and may be asked for again after the next [`Event::Welcome`].
    pub fn request(&self, request: Request) -> Option<String> {
        let nonce = self.nonce();
        let envelope = Envelope { request, nonce: Some(nonce.clone()) };
        self.order(Order::Send(envelope)).then_some(nonce)
    }

    /// Offers another name after [`Update::NameRefused`].
    pub fn offer_name(&self, name: impl Into<String>) {
        self.order(Order::OfferName(name.into()));
    }

    /// Says a password after [`Update::PasswordWanted`]; it is said again when the client comes back after a break.
    pub fn offer_password(&self, password: impl Into<String>) {
        self.order(Order::OfferPassword(password.into()));
    }

    /// Does not wait for the countdown of [`Update::Broken`].
    pub fn retry_now(&self) {
        self.order(Order::RetryNow);
    }

    /// Lets what the server tells gather for so long, a second at most, before it is read: for whoever is not looked at, since reading line by line costs a wake-up
    /// each. What gathered is then read in one go, and a flood without a pause. With [`Duration::ZERO`], as at first, everything is read as it comes.
    pub fn gather(&self, pause: Duration) {
        self.pace.set(pause);
    }

    /// Says goodbye and ends; the driver waits for the answer, but not long.
    pub fn quit(&self, farewell: impl Into<String>) {
        self.order(Order::Quit(farewell.into()));
    }

    fn nonce(&self) -> String {
        self.nonces.fetch_add(1, Ordering::Relaxed).to_string()
    }

    fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }
}
