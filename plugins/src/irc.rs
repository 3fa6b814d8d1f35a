//! `irc`: any client of IRC is a member, through the port of the server.
//!
//! ```ron
//! (
//!     host: "chat.example.org",
//! )
//! ```
//!
//! A room is a channel ([`channel`]), a name is a nick, and both sides are in one order. [`decoder`] takes lines apart, in the session; what a line asks for is done
//! by its command in [`commands`], in the hub's turn; what is said is encoded by [`dialect`], once for all who read it. Who comes, goes, or is called
//! otherwise is told to each client by [`presence`], so that a client is told once of somebody with whom it shares three channels.

mod capability;
mod channel;
mod commands;
mod connection;
mod decoder;
mod dialect;
mod line;
mod numeric;
mod presence;
mod protocol;
mod registration;
mod written;

use std::collections::HashMap;
use std::sync::Arc;

use salotto::dialect::Own;
use salotto::plugin::{Left, Renamed};
use salotto::{Context, MemberId, Plugin, Protocol, RoomName};
use serde::Deserialize;

use commands::Asked;
use connection::Connection;
use protocol::Irc as IrcProtocol;

/// How the server is seen from IRC.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IrcSettings {
    /// What the server is called in lines of IRC, and what stands behind every `@`: nobody's address is told. Without spaces. Default `salotto`.
    pub host: String,
    /// What is told to who comes, a line each. Default nothing but the server's name.
    pub motd: Vec<String>,
}

impl Default for IrcSettings {
    fn default() -> Self {
        Self { host: "salotto".into(), motd: Vec::new() }
    }
}

/// The plugin.
#[derive(Debug)]
pub struct Irc {
    settings: Arc<IrcSettings>,
    protocol: Arc<IrcProtocol>,
    /// Of members who speak IRC.
    connections: HashMap<MemberId, Arc<Connection>>,
    /// Who was the last to ask for something: it may be given a name by that.
    asking: Option<(MemberId, Arc<Connection>)>,
}

impl Irc {
    /// The plugin with these settings.
    ///
    /// # Errors
    /// When the host's name is none.
    pub fn new(settings: IrcSettings) -> Result<Self, String> {
        let host = &settings.host;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if host.is_empty() || !host.chars().all(is_plain) {
            return Err(format!(
                "host: `{host}` cannot stand in a line of IRC; give letters, digits, dots and hyphens"
            ));
        }
        let settings = Arc::new(settings);
        let protocol = Arc::new(IrcProtocol::new(settings.clone()));
        Ok(Self { settings, protocol, connections: HashMap::new(), asking: None })
    }

    /// Everybody who speaks IRC and is in a room, but for one.
    fn others_in(&self, context: &Context<'_>, room: &RoomName, but: MemberId) -> Vec<MemberId> {
        let ids = self.connections.keys().copied().filter(|&id| id != but);
        ids.filter(|&id| context.is_in(id, room)).collect()
    }
}

impl Plugin for Irc {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![self.protocol.clone()]
    }

    fn run_request(&mut self, context: &mut Context<'_>, member: MemberId, request: &Own) {
        let Some(Asked { connection, line }) = request.get() else { return };
        self.asking = Some((member, connection.clone()));
        commands::run(self, context, member, connection, line);
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        if let Some((id, connection)) = self.asking.take_if(|(id, _)| *id == member) {
            self.connections.insert(id, connection.clone());
            registration::welcome(self, context, member, &connection);
        }
    }

    fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        self.tell_joined(context, member, room);
    }

    fn after_left(&mut self, context: &mut Context<'_>, left: &Left) {
        self.tell_left(context, left);
        if left.room.is_none() {
            self.connections.remove(&left.member);
        }
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        self.tell_renamed(context, renamed);
    }
}
