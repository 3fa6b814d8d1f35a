//! The core of Salotto: rooms, hooks and delivery, on smol.
//!
//! A [`Server`] is a chat room in your program. People join it with `nc`, with a window or with a client of their own; your code
//! holds a [`Handle`] to it, joins as a [`Participant`], and adds policy as [`Plugin`]s.
//!
//! ```
//! # smol::block_on(async {
//! use salotto::{Event, Server};
//!
//! let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
//! println!("nc {}", server.addresses()[0]);
//! let mut bot = server.handle().join("bot").await?;
//! bot.say("good evening").await?;
//! server.handle().say("lobby", "good evening, bot").await?;
//! # let mut heard = Vec::new();
//! while let Some(event) = bot.next().await {
//!     if let Event::Entry(entry) = event {
//! #       heard.push(entry.clone());
//!         println!("{entry:?}");
//!     }
//! #   if heard.len() == 3 { break }
//! }
//! server.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! Where to look: [`Settings`] is everything that can be set; [`Plugin`] and [`Context`] are the hooks and what they may do;
//! [`Request`] and [`Event`] are the JSON dialect; [`client`] is the other side of it; `discovery` (a feature) finds servers on the local network; [`command`] is what is typed.

#![warn(missing_debug_implementations)]

#[cfg(feature = "client")]
pub mod client;
pub mod command;
mod connection;
mod delivery;
pub mod dialect;
#[cfg(feature = "discovery")]
pub mod discovery;
mod hub;
mod io;
pub mod plugin;
pub mod protocol;
mod server;
mod state;

pub use command::{CommandError, Invocation, Responder};
pub use connection::listener::ListenError;
pub use dialect::Protocol;
#[cfg(feature = "tls")]
pub use dialect::tls;
pub use hub::builtin_commands;
pub use io::memory::resident_memory;
pub use io::thread;
pub use io::transport::Transport;
pub use plugin::{
    Blocked, Catalog, CatalogError, CommandDraft, ConnectDraft, Context, JoinDraft, Kicked,
    LeaveDraft, Left, MessageDraft, NameDraft, Plugin, Renamed, Reporter, Target, TaskMailbox,
};
pub use protocol::{
    Action, Announce, Arg, ArgKind, Caller, Closed, Command, CommandInfo, Entry, EntryId,
    EntryKind, Envelope, ErrorCode, Event, Hint, Hook, LeaveReason, LimitHit, Limits, ListedRoom,
    MemberError, MemberId, MemberInfo, MessageKind, Name, NameBounds, NameError, Network,
    NetworkError, NoticeKind, OnPanic, OrderStatus, Peer, PluginInfo, PluginSetup, PluginState,
    Presence, Rate, Refusal, Reply, Request, Resume, Role, RoleError, RoomError, RoomInfo,
    RoomName, RoomSettings, ServerSettings, Settings, SettingsError, Standing, Status, StoreStatus,
    Timestamp, TryNextError, Verdict,
};
#[cfg(feature = "password")]
pub use protocol::{PasswordError, PasswordHash, TooBusy};
#[cfg(any(test, feature = "testing"))]
pub use server::testing;
pub use server::{
    Applied, ApplyError, JoinError, JoinOptions, Listener, Participant, Server, ServerBuilder,
    Speaker, StartError, Tracing, TrySayError,
};
pub use state::adopt::{AdoptError, Incoming};
pub use state::directory::Directory;
pub use state::forgetting_map::ForgettingMap;
pub use state::handle::Handle;
pub use state::keeping::Keeping;
pub use state::order;
pub use state::order::Order;
pub use state::report::{Report, Watch};
pub use state::shared_values::{SharedValues, ValueError};
pub use state::stopping::Stopping;
pub use state::store;
pub use state::store::Store;
