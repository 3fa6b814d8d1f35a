//! The policy of a Salotto server: the plugins that come with it.
//!
//! Core does what every room needs; everything that somebody might want otherwise is a plugin, and a room without any still
//! works. An operator enables them by name, with settings in RON:
//!
//! | name | does |
//! |---|---|
//! | [`notices`] | notices about joins, leaves and renames; a welcome for new members |
//! | [`quit`] | the words that end a connection |
//! | [`commands`] | `!help`, `!who`, `!rooms`, `!join`, `!leave`, `!nick`, `!msg`, `!me` |
//! | [`floods`] | warns, mutes, disconnects and bans whoever sends too much |
//! | [`moderation`] | `ban`, `mute`, `slow`, `lock` and related commands, for moderators |
//! | `rooms` | who opens a room moderates it; `op`, `voice`, `room ban`, `room key` and what else holds in one room (feature `rooms`) |
//! | `history` | what is said is kept, and can be read back and searched (feature `history`) |
//! | [`log`] | logs messages to a file |
//! | `metrics` | exports metrics for Prometheus (feature `metrics`) |
//! | `audit` | logs actions (kicks, bans, logins, reloads …) to a file (feature `audit`) |
//! | [`roles`] | `!login`, `!register`: accounts with roles, whose names are kept for their owners |
//! | `irc` | any client of IRC is a member (feature `irc`) |
//! | `web` | the page and WebSocket, for browsers (feature `web`) |
//! | `tls` | what is said is encrypted on its way (feature `tls`) |
//! | `cluster` | several servers share their rooms, over Redis or Valkey (feature `cluster`) |
//! | `discovery` | the server is found by itself on the local network (feature `discovery`) |
//!
//! An embedder adds plugins of their own beside these, enabled and set in the same way:
//!
//! ```
//! use salotto::{Context, MessageDraft, Plugin, PluginSetup, Server, Verdict};
//! use salotto_plugins::CatalogExt;
//!
//! #[derive(Debug, Default, serde::Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! struct Manners {
//!     /// Words that are not said here. Default none.
//!     words: Vec<String>,
//! }
//!
//! impl Plugin for Manners {
//!     fn before_message(&mut self, _context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
//!         match self.words.iter().find(|word| draft.text.contains(word.as_str())) {
//!             Some(word) => Verdict::Deny(format!("`{word}` is not said here; put it kindly")),
//!             None => Verdict::Pass,
//!         }
//!     }
//! }
//!
//! let catalog = salotto_plugins::catalog().register("manners", |settings: Manners| Ok(settings));
//! let mut builder = Server::builder().listen(["127.0.0.1:0"]).catalog(catalog);
//! for setup in salotto_plugins::default_set() {
//!     builder = builder.enable(setup);
//! }
//! let manners = PluginSetup::new("manners").settings(r#"(words: ["drat"])"#);
//! let server = builder.enable(manners).start()?;
//! # smol::block_on(server.stop());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "audit")]
pub mod audit;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod commands;
mod common;
#[cfg(feature = "discovery")]
pub mod discovery;
pub mod floods;
#[cfg(feature = "history")]
pub mod history;
#[cfg(feature = "irc")]
pub mod irc;
pub mod log;
#[cfg(feature = "metrics")]
pub mod metrics;
pub mod moderation;
pub mod notices;
pub mod quit;
#[cfg(feature = "cluster")]
pub mod redis;
mod registry;
pub mod roles;
#[cfg(feature = "rooms")]
pub mod rooms;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "web")]
pub mod web;

pub use common::duration::{HumanDuration, HumanDurationError};
pub use common::settings::parse_settings;
pub use common::{journal, template};
pub use registry::{CatalogExt, catalog, default_set};
