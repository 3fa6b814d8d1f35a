//! `irc`: any client of IRC is a member, through the port of the server.
//!
//! ```ron
//! (
//!     host: "chat.example.org",
//! )
//! ```
//!
//! A room is a channel (`channel`), a name is a nick, and both sides are in one order. `decoder` takes lines apart, in the session; what a line asks for is done
//! by its command in `commands`, in the hub's turn; what is said is encoded by `dialect`, once for all who read it. Who comes, goes, or is called
//! otherwise is told to each client by `presence`, so that a client is told once of somebody with whom it shares three channels; what is done to rooms and people, by `modes`.

mod capability;
mod channel;
mod client;
mod commands;
mod connection;
mod decoder;
mod dialect;
mod former;
mod line;
mod mask;
mod modes;
mod numeric;
mod presence;
mod protocol;
mod registration;
mod rooms;
mod saying;
mod written;

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use salotto::dialect::Own;
use salotto::plugin::{Left, Renamed, Target};
use salotto::{
    Action, Context, Event, MemberId, MessageDraft, Plugin, Protocol, Role, RoomName, Verdict,
};
use serde::Deserialize;

use client::Client;
use commands::{Asked, away};
use connection::Connection;
use former::Former;
use protocol::Irc as IrcProtocol;
use rooms::Rooms;
use saying::Saying;

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
    /// What is remembered of those of them who have said more of themselves than a name.
    clients: HashMap<MemberId, Client>,
    rooms: Rooms,
    /// Everybody here, with IRC or without, who keeps order.
    marked: HashMap<MemberId, Role>,
    former: Former,
    /// Most members at a time.
    most_members: usize,
    /// Clients that are to be told that somebody leaves the server, who is out of some of its rooms already.
    parting: HashSet<MemberId>,
    /// How what is said now for a line is said, and by whom.
    saying: Option<(MemberId, Saying)>,
    /// Who was the last to ask for something: it may be given a name by that.
    asking: Option<(MemberId, Arc<Connection>)>,
}

/// What the plugin hands over when its settings are changed: who speaks IRC goes on as they are.
struct State {
    connections: HashMap<MemberId, Arc<Connection>>,
    clients: HashMap<MemberId, Client>,
    rooms: Rooms,
    former: Former,
    most_members: usize,
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
        Ok(Self {
            settings,
            protocol,
            connections: HashMap::new(),
            clients: HashMap::new(),
            rooms: Rooms::default(),
            marked: HashMap::new(),
            former: Former::default(),
            most_members: 0,
            parting: HashSet::new(),
            saying: None,
            asking: None,
        })
    }

    /// What is remembered of a client.
    fn client(&mut self, member: MemberId) -> &mut Client {
        self.clients.entry(member).or_default()
    }

    /// Why somebody is away, if so.
    fn away(&self, member: MemberId) -> Option<&str> {
        self.clients.get(&member)?.away.as_deref()
    }
}

impl Plugin for Irc {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![self.protocol.clone()]
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(State {
            connections: std::mem::take(&mut self.connections),
            clients: std::mem::take(&mut self.clients),
            rooms: std::mem::take(&mut self.rooms),
            former: std::mem::take(&mut self.former),
            most_members: self.most_members,
        }))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        let Ok(state) = state.downcast::<State>() else { return };
        let State { connections, clients, rooms, former, most_members } = *state;
        (self.connections, self.clients) = (connections, clients);
        (self.rooms, self.former, self.most_members) = (rooms, former, most_members);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        for room in context.rooms() {
            self.rooms.open(&room.room, context.now());
        }
        for info in context.members() {
            self.mark(info.id, info.role);
        }
        self.most_members = self.most_members.max(context.member_count());
    }

    fn run_request(&mut self, context: &mut Context<'_>, member: MemberId, request: &Own) {
        let Some(Asked { connection, line }) = request.get() else { return };
        self.asking = Some((member, connection.clone()));
        commands::run(self, context, member, connection, line);
    }

    fn before_message(&mut self, _: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        if let Some((member, saying)) = &self.saying
            && draft.member == Some(*member)
            && (*saying == Saying::Notice || matches!(draft.target, Target::Person(_)))
        {
            saying.mark(&mut draft.tags);
        }
        Verdict::Pass
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        self.most_members = self.most_members.max(context.member_count());
        if let Some(info) = context.member(member) {
            self.mark(member, info.role);
        }
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
            self.clients.remove(&left.member);
            self.marked.remove(&left.member);
        }
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        self.tell_renamed(context, renamed);
    }

    fn after_direct(&mut self, context: &mut Context<'_>, event: &Event) {
        away::tell(self, context, event);
    }

    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {
        self.tell_action(context, action);
    }

    fn after_room_opened(&mut self, context: &mut Context<'_>, room: &RoomName) {
        self.rooms.open(room, context.now());
    }

    fn after_room_closed(&mut self, _: &mut Context<'_>, room: &RoomName) {
        self.rooms.close(room);
    }
}
