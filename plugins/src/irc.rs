//! `irc`: any client of IRC is a member, through the port of the server.
//!
//! ```ron
//! (
//!     listen: ["0.0.0.0:6667"],
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
mod entry;
mod formatting;
mod former;
mod gateway;
mod label;
mod line;
mod message_id;
mod metadata;
mod modes;
mod numeric;
mod offering;
mod presence;
mod protocol;
mod read_markers;
mod registration;
mod rooms;
mod sasl;
mod saying;
mod setup;
mod tags;
mod watched;
mod written;

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use salotto::dialect::Own;
use salotto::plugin::{Left, Renamed, Target};
use salotto::{
    Action, ConnectDraft, Context, Entry, Event, MemberId, MessageDraft, Plugin, Protocol, Role,
    RoomName, Verdict,
};
use serde::Deserialize;

use crate::common::duration::HumanDuration;
use crate::common::listening::Listening;
use crate::common::mask;
use crate::common::troubles::Troubles;
use capability::Capability;
use client::Client;
use commands::chathistory::{Read, Reads};
use commands::ping::Pong;
use commands::redact::{self, Redactions};
use commands::{Asked, away, invite, tagmsg};
use connection::Connection;
use former::Former;
pub use gateway::Gateway;
use gateway::Gateways;
use label::Answered;
use protocol::Irc as IrcProtocol;
use read_markers::ReadMarkers;
use rooms::Rooms;
use saying::Saying;
use setup::Setup;
use tags::Form;
use watched::Watched;

/// The timer after which is looked anew what can be offered.
const OFFER: &str = "offer";
/// The one after which it is kept how far people have read.
const KEEP_MARKERS: &str = "keep-markers";

/// How the server is seen from IRC.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IrcSettings {
    /// Addresses with port where IRC alone is spoken, e.g. `0.0.0.0:6667`. Default none: the port of the server speaks it.
    pub listen: Vec<SocketAddr>,
    /// What the server is called in lines of IRC, and what stands behind every `@`: nobody's address is told. Without spaces. Default `salotto`.
    pub host: String,
    /// What is told to who comes, a line each. Default nothing but the server's name.
    pub motd: Vec<String>,
    /// For how long clients that were here once are to use TLS and nothing else (`sts`), e.g. `"30days"`; where there is TLS. For certificates that clients believe only: with one that the server made itself they
    /// would not come back. Default `None`: they are told nothing.
    pub sts: Option<HumanDuration>,
    /// Gateways for browsers that say with `WEBIRC` for whom they speak. Default none.
    pub webirc: Vec<Gateway>,
}

impl Default for IrcSettings {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            host: "salotto".into(),
            motd: Vec::new(),
            sts: None,
            webirc: Vec::new(),
        }
    }
}

/// The plugin.
#[derive(Debug)]
pub struct Irc {
    settings: Arc<IrcSettings>,
    protocol: Arc<IrcProtocol>,
    /// Of members who speak IRC.
    connections: HashMap<MemberId, Arc<Connection>>,
    setup: Arc<Setup>,
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
    /// The line that is being done, where what comes of it has to be known as that.
    doing: Option<Doing>,
    /// Who is to be told when somebody comes and goes.
    watched: Watched,
    /// How far members have read.
    markers: ReadMarkers,
    /// Why messages are being deleted, until they are.
    redactions: Redactions,
    /// What is being read for clients.
    reads: Reads,
}

/// A line that is being done.
#[derive(Debug)]
struct Doing {
    member: MemberId,
    is_labelled: bool,
    answered: Answered,
    /// What its client wrote for others on what it says.
    tags: BTreeMap<String, String>,
}

/// All that a line brought about has happened.
struct Done;

/// What the plugin hands over when its settings are changed: who speaks IRC goes on as they are.
struct State {
    connections: HashMap<MemberId, Arc<Connection>>,
    clients: HashMap<MemberId, Client>,
    rooms: Rooms,
    former: Former,
    most_members: usize,
    watched: Watched,
    markers: ReadMarkers,
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
        if settings.webirc.iter().any(|gateway| gateway.password.is_empty()) {
            return Err(
                "webirc: a gateway without a password would be everybody; give it one".into()
            );
        }
        let settings = Arc::new(settings);
        let setup = Arc::new(Setup::default());
        let protocol = Arc::new(IrcProtocol::new(settings.clone(), setup.clone()));
        Ok(Self {
            settings,
            protocol,
            setup,
            connections: HashMap::new(),
            clients: HashMap::new(),
            rooms: Rooms::default(),
            marked: HashMap::new(),
            former: Former::default(),
            most_members: 0,
            parting: HashSet::new(),
            saying: None,
            asking: None,
            doing: None,
            watched: Watched::default(),
            markers: ReadMarkers::default(),
            redactions: Redactions::default(),
            reads: Reads::default(),
        })
    }

    /// A line is done from here on, until what it brought about has happened.
    fn begin(&mut self, context: &mut Context<'_>, member: MemberId, asked: &Asked) {
        let Asked { connection, line } = asked;
        let (label, tags) = (label::of(line, connection), tags::of_client(line));
        if let Some(label) = label {
            context.answer(member, label::begin(label));
        }
        let (is_labelled, answered) = (label.is_some(), Answered::Now);
        self.doing = (is_labelled || !tags.is_empty()).then_some(Doing {
            member,
            is_labelled,
            answered,
            tags,
        });
    }

    /// All that a line brought about has happened.
    fn end(&mut self, context: &mut Context<'_>) {
        let Some(Doing { member, is_labelled, answered, .. }) = self.doing.take() else { return };
        if is_labelled {
            context.answer(member, label::end(answered));
        }
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
        let mut protocols: Vec<Arc<dyn Protocol>> = Vec::new();
        if !self.settings.webirc.is_empty() {
            // Knows its word before the other does.
            let gateways = Gateways::new(self.settings.clone(), self.setup.clone());
            protocols.push(Arc::new(gateways));
        }
        protocols.push(self.protocol.clone());
        protocols
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(State {
            connections: std::mem::take(&mut self.connections),
            clients: std::mem::take(&mut self.clients),
            rooms: std::mem::take(&mut self.rooms),
            former: std::mem::take(&mut self.former),
            most_members: self.most_members,
            watched: std::mem::take(&mut self.watched),
            markers: std::mem::take(&mut self.markers),
        }))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        let Ok(state) = state.downcast::<State>() else { return };
        let State { connections, clients, rooms, former, most_members, watched, markers } = *state;
        (self.connections, self.clients) = (connections, clients);
        (self.rooms, self.former, self.most_members) = (rooms, former, most_members);
        (self.watched, self.markers) = (watched, markers);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.setup.begin(context.epoch());
        self.offer(context);
        for room in context.rooms() {
            self.rooms.open(&room.room, context.now());
        }
        for info in context.members() {
            self.mark(info.id, info.role);
        }
        self.most_members = self.most_members.max(context.member_count());
        let troubles = Arc::new(Troubles::new(context.reporter()));
        for &address in &self.settings.listen {
            let listening = Listening {
                address,
                protocol: "irc",
                title: "IRC",
                handle: context.handle(),
                stopping: context.stopping(),
                reporter: context.reporter(),
                troubles: troubles.clone(),
            };
            context.spawn(listening.run());
        }
    }

    fn stop(&mut self, context: &mut Context<'_>) {
        self.markers.keep(context);
    }

    fn before_connect(&mut self, context: &mut Context<'_>, _: &mut ConnectDraft) -> Verdict {
        // Other plugins may have started, or stopped, since.
        self.offer(context);
        Verdict::Pass
    }

    fn run_request(&mut self, context: &mut Context<'_>, member: MemberId, request: &Own) {
        if let Some(pong) = request.get::<Pong>() {
            return pong.tell(context, member);
        }
        let Some(asked) = request.get::<Asked>() else { return self.end(context) };
        self.begin(context, member, asked);
        let Asked { connection, line } = asked;
        self.asking = Some((member, connection.clone()));
        commands::run(self, context, member, connection, line);
        if self.doing.is_some() {
            context.afterwards(member, Own::new(Done));
        }
    }

    /// What is said carries who said it, and what its client wrote for others.
    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        let Some(member) = draft.member else { return Verdict::Pass };
        if let Some(doing) = self.doing.as_ref().filter(|doing| doing.member == member) {
            draft.tags.extend(doing.tags.clone());
        }
        if let Some((asked, saying)) = &self.saying
            && member == *asked
            && (*saying == Saying::Notice || matches!(draft.target, Target::Person(_)))
        {
            saying.mark(&mut draft.tags);
        }
        if let Some(account) = context.account(member) {
            draft.tags.insert(tags::ACCOUNT.into(), account.to_owned());
        }
        if self.connections.get(&member).is_some_and(|connection| connection.is_bot()) {
            draft.tags.insert(tags::BOT.into(), String::new());
        }
        Verdict::Pass
    }

    fn after_entry(&mut self, context: &mut Context<'_>, entry: &Entry, origin: Option<&str>) {
        if origin.is_some() {
            self.tell_elsewhere(context, entry);
        }
    }

    /// Whoever gave a line a label is told what they said under that.
    fn after_said(&mut self, context: &mut Context<'_>, member: Option<MemberId>, entry: &Entry) {
        let Some(member) = member else { return };
        let is_labelled =
            self.doing.as_ref().is_some_and(|doing| doing.member == member && doing.is_labelled);
        let Some(connection) = self.connections.get(&member).filter(|_| is_labelled) else {
            return;
        };
        if connection.capabilities.has(Capability::EchoMessage) {
            let (form, mut lines) = (Form::of(&connection.capabilities), Vec::new());
            entry::encode(entry, form, connection.host(), self.setup.epoch(), &mut lines);
            context.answer(member, lines);
        }
    }

    fn after_sign(&mut self, context: &mut Context<'_>, sign: &MessageDraft) {
        tagmsg::relay(self, context, sign);
    }

    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {
        self.tell_action(context, action);
        match action.what.as_str() {
            "login" | "logout" => self.tell_account(context, &action.by),
            "delete" => redact::tell(self, context, action),
            // The next of this name is somebody else.
            "account-remove" => {
                if let Some(account) = &action.whom {
                    self.markers.forget_account(context, account);
                }
            }
            // When it is done.
            "enable" | "disable" | "replace" | "reload" => {
                context.set_timer(OFFER, Duration::ZERO);
            }
            _ => {}
        }
    }

    fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
        match key {
            KEEP_MARKERS => self.markers.keep(context),
            _ => self.offer(context),
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        if let Ok(read) = result.downcast::<Read>() {
            let member = read.member();
            let kept = self.reads.end(member);
            read.tell(self, context);
            kept.into_iter().for_each(|pong| pong.give(context, member));
        }
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        self.most_members = self.most_members.max(context.member_count());
        if let Some(info) = context.member(member) {
            self.mark(member, info.role);
        }
        if let Some((id, connection)) = self.asking.take_if(|(id, _)| *id == member) {
            connection.set_member();
            connection.set_account(context.account(member));
            self.connections.insert(id, connection.clone());
            registration::welcome(self, context, member, &connection);
        }
        if let Some(name) = context.name(member).cloned() {
            self.tell_online(context, &name);
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
            self.watched.forget(left.member);
            self.markers.forget(left.member);
            self.tell_offline(context, &left.name);
        }
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        self.tell_renamed(context, renamed);
        if !watched::is_same(&renamed.from, &renamed.name) {
            self.tell_offline(context, &renamed.from);
            self.tell_online(context, &renamed.name);
        }
    }

    fn after_direct(&mut self, context: &mut Context<'_>, event: &Event) {
        away::tell(self, context, event);
        invite::tell(self, context, event);
    }

    fn after_room_opened(&mut self, context: &mut Context<'_>, room: &RoomName) {
        self.rooms.open(room, context.now());
    }

    fn after_room_closed(&mut self, _: &mut Context<'_>, room: &RoomName) {
        self.rooms.close(room);
    }
}
