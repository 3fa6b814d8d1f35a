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
//! Where to look: [`Settings`] is everything that can be set; [`Plugin`] and [`Host`] are the hooks and what they may do;
//! [`request`] and [`event`] are the JSON dialect; [`client`] is the other side of it; [`command`] is what is typed.

mod action;
mod attempts;
pub mod client;
mod clock;
pub mod command;
pub mod config;
mod counters;
mod dialect;
mod directory;
mod error;
pub mod event;
mod fanout;
mod handle;
mod hooks;
mod host;
mod house;
mod hub;
mod listener;
mod member;
mod name;
mod outlet;
mod participant;
mod password;
pub mod plugin;
mod report;
pub mod request;
mod room;
mod roster;
pub mod sanitize;
mod server;
mod session;
mod shared;
mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod timeline;
mod transport;

pub use action::Action;
pub use command::{Arg, Caller, Command, CommandError, Invocation, Reply, Role};
pub use config::{Limits, Settings};
pub use counters::Strike;
pub use directory::Directory;
pub use error::{Closed, Refusal, StartError};
pub use event::{Entry, Event, Happening, NoticeKind};
pub use handle::{Applied, ApplyError, Handle, Tracing};
pub use hooks::{PluginInfo, PluginState};
pub use host::{Host, MemberInfo, Reporter, TaskMailbox};
pub use member::{MemberId, Peer};
pub use name::{Name, NameError, RoomName};
pub use participant::{JoinError, Participant};
pub use password::{PasswordError, PasswordHash, TooBusy};
pub use plugin::{
    Catalog, CommandDraft, ConnectDraft, JoinDraft, LeaveDraft, Left, MessageDraft, NameDraft,
    Plugin, PluginSetup, Verdict,
};
pub use report::Report;
pub use request::{Envelope, Request};
pub use server::{Server, ServerBuilder};
pub use status::{Status, resident_memory};
