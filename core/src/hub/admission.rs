//! From a connection to somebody with a name in a room.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Hub;
use super::authentication::Step;
use super::goodbyes::Goodbye;
use super::joining::Return;
use super::not_done::NotDone;
use super::ordering::Naming;
use crate::delivery::outbox::{Mail, Outbox};
use crate::dialect::{Input, Own, Require};
use crate::plugin::draft::{ConnectDraft, NameDraft};
use crate::protocol::error::ErrorCode;
use crate::protocol::error::Refusal;
use crate::protocol::event::{Event, PROTOCOL_VERSION};
use crate::protocol::hook::Hook;
use crate::protocol::ids::{MemberId, SlotId};
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::{Name, NameError, RoomName};
use crate::protocol::peer::Peer;
use crate::protocol::request::{Envelope, Request, Resume};
use crate::protocol::role::Role;
use crate::state::inbox::Arrival;
use crate::state::member::Member;
use crate::state::report::Report;

/// What is no name is shown to plugins if it is no longer than this, in bytes.
const MOST_SHOWN: usize = 64;

/// Where a newcomer goes with its first name.
#[derive(Debug, Clone, Copy)]
pub(super) enum FirstRooms<'a> {
    /// Into these and those it comes back to, or into the default one where it names none.
    These(&'a [String]),
    /// Nowhere, until it asks to.
    Nowhere,
}

impl FirstRooms<'_> {
    /// For later.
    fn to_owned(self) -> Option<Vec<String>> {
        match self {
            Self::These(rooms) => Some(rooms.to_vec()),
            Self::Nowhere => None,
        }
    }

    /// For whoever says nothing of rooms.
    pub(super) const DEFAULT: Self = Self::These(&[]);
}

impl Hub {
    /// A connection was made. It is told nothing before the gates were called.
    pub(super) fn connect(&mut self, outbox: Arc<Outbox>, peer: Peer) -> Result<(), NotDone> {
        let member = outbox.id();
        self.state.shared.counters.connections.fetch_add(1, Ordering::Relaxed);
        let encrypted = outbox.wire.is_encrypted();
        let mut draft = ConnectDraft { member, peer, encrypted };
        let verdict = self.check_encryption(&draft).and_then(|()| {
            self.gate(Hook::BeforeConnect, Some(member), |plugin, context| {
                plugin.before_connect(context, &mut draft)
            })
        });
        outbox.admit();
        if let Err(not_done) = verdict {
            if let NotDone::Refused(Refusal { code, text }) = not_done.clone() {
                let error = Event::Error { code, text: text.clone(), nonce: None };
                self.state.post(&outbox, Mail::Event(Box::new(error)));
                // In text the one line says it all; a protocol may have an end of its own.
                if outbox.wire.protocol_of().is_some() {
                    let reason = LeaveReason::Refused { why: text };
                    self.state.post(&outbox, Mail::Event(Box::new(Event::Bye { reason })));
                }
            }
            self.state.post(&outbox, Mail::Close);
            *self.state.left.entry("refused").or_default() += 1;
            return Err(not_done);
        }
        self.state.roster.insert(Member::new(outbox, peer, self.state.clock.timestamp()));
        self.state.reports.send(Report::Connected { member, peer });
        Ok(())
    }

    /// Nobody whom others can listen to is let in where all have to be encrypted.
    fn check_encryption(&self, draft: &ConnectDraft) -> Result<(), NotDone> {
        if draft.encrypted || draft.peer.is_here() || self.state.shared.requires() < Require::All {
            return Ok(());
        }
        self.state.shared.counters.limit_hit(LimitHit::Unencrypted, draft.peer);
        let text = "this server speaks to nobody without encryption; connect with TLS, on the same port, or with https:// in a browser";
        Err(NotDone::Refused(Refusal::new(ErrorCode::EncryptionWanted, text)))
    }

    /// Code joins: connected and named in one turn, or gone again. When it is told so, all that plugins asked for on the way is done.
    pub(crate) fn join_from_code(
        &mut self,
        arrival: &Arrival,
        name: &str,
        rooms: &[String],
    ) -> Result<(), NotDone> {
        let joined = self.connect_and_name(arrival, name, rooms);
        self.apply_effects();
        let id = arrival.outbox.id();
        let is_named = |member: &Member| member.name.is_some();
        // A plugin may have sent it out, or given it a name after all.
        if joined.is_err() && !self.state.roster.get(id).is_some_and(is_named) {
            self.disconnect(id, LeaveReason::Quit { farewell: String::new() });
            return joined;
        }
        Ok(())
    }

    fn connect_and_name(
        &mut self,
        arrival: &Arrival,
        name: &str,
        rooms: &[String],
    ) -> Result<(), NotDone> {
        let id = arrival.outbox.id();
        self.connect(arrival.outbox.clone(), arrival.peer)?;
        // As between a connection and its first line.
        self.apply_effects();
        let now = self.state.clock.now();
        let Some(member) = self.state.roster.get_mut(id) else {
            return Err(NotDone::Taken);
        };
        member.last_asked = Some(now);
        if member.name.is_none() {
            let name = self.check_name(id, name)?;
            match self.ordering.is_some() {
                true => self.claim(id, name, Naming::Code { rooms: rooms.to_vec() }),
                false => self.accept(id, name, FirstRooms::These(rooms), None),
            }
        }
        Ok(())
    }

    /// The connection is silent: it is asked for a name.
    pub(super) fn greet(&mut self, member: MemberId) {
        let settings = self.state.settings();
        let text = settings.server.greeting.replace("{server}", &settings.server.name);
        self.state.send(member, Event::NameWanted { text });
    }

    /// A line was understood.
    pub(super) fn take_input(&mut self, id: MemberId, input: Input) {
        let now = self.state.clock.now();
        let Some(member) = self.state.roster.get_mut(id) else {
            return;
        };
        member.last_asked = Some(now);
        match input {
            // A password is for the session.
            Input::Nothing | Input::Password(_) => {}
            Input::Typed(line) => self.take_typed(id, line),
            Input::Own(request) => self.take_own(id, &request),
            Input::Request(envelope) => self.take_envelope(id, *envelope),
        }
    }

    /// A connection asks for what only the plugin of its protocol understands.
    fn take_own(&mut self, id: MemberId, request: &Own) {
        let Some(slot) = self.speaks_for(id).and_then(|plugin| self.hooks.find(plugin)) else {
            return;
        };
        self.give_own(slot.1.stats.id, id, request);
    }

    /// Hands a plugin what its protocol, or the plugin itself before, has asked for.
    pub(super) fn give_own(&mut self, slot: SlotId, id: MemberId, request: &Own) {
        let done = self.hooks.call(
            slot,
            Hook::RunRequest,
            &self.state,
            &mut self.effects,
            |plugin, context| {
                plugin.run_request(context, id, request);
            },
        );
        if let Err(text) = done {
            self.refuse(id, Refusal::new(ErrorCode::Failed, text), None);
        }
    }

    /// The plugin whose protocol a connection speaks.
    pub(super) fn speaks_for(&self, id: MemberId) -> Option<&str> {
        self.state.roster.get(id)?.outbox.wire.protocol_of()
    }

    /// Something definite is asked, with or without a name.
    pub(super) fn take_envelope(&mut self, id: MemberId, envelope: Envelope) {
        let Some(member) = self.state.roster.get(id) else {
            return;
        };
        let named = member.name.is_some();
        let Envelope { request, nonce } = envelope;
        match request {
            Request::Hello { version, .. } if version != PROTOCOL_VERSION => {
                let text = format!(
                    "this server speaks version {PROTOCOL_VERSION} of the protocol, not {version}; get a client that fits"
                );
                self.refuse(id, Refusal::new(ErrorCode::BadRequest, text), nonce);
            }
            Request::Hello { name, rooms, resume, .. } if !named => {
                self.offer_first_name(id, &name, FirstRooms::These(&rooms), resume.as_ref(), nonce);
            }
            Request::Hello { .. } => {
                let text = "hello was said already; use `rename` for another name";
                self.refuse(id, Refusal::new(ErrorCode::BadRequest, text), nonce);
            }
            Request::Ping => self.state.send(id, Event::Pong { nonce }),
            Request::Pong => {}
            Request::Quit { farewell } => {
                self.say_goodbye(id, Goodbye::Asked { farewell });
            }
            Request::Auth { mechanism, data, keep_name } => {
                let step = Step { mechanism: mechanism.as_deref(), data: &data, keep_name };
                self.take_proof(id, &step, nonce);
            }
            // The same as when it is typed: a plugin may have a command for those without a name.
            Request::Command { line, .. } if self.is_for_guests(&line) => {
                self.take_command(id, &line, None, nonce);
            }
            request if named => self.take_request(id, request, nonce),
            _ => {
                let text = "a name is needed first; say hello";
                self.refuse(id, Refusal::new(ErrorCode::NameWanted, text), nonce);
            }
        }
    }

    pub(super) fn offer_first_name(
        &mut self,
        id: MemberId,
        text: &str,
        rooms: FirstRooms<'_>,
        resume: Option<&Resume>,
        nonce: Option<String>,
    ) {
        self.end_former_connection(id, text, resume);
        let Some(member) = self.state.roster.get_mut(id) else {
            return;
        };
        member.name_tries += 1;
        match self.check_name(id, text) {
            Ok(name) if self.ordering.is_some() => {
                let resume = resume.filter(|resume| resume.epoch == self.state.epoch).cloned();
                self.claim(id, name, Naming::First { rooms: rooms.to_owned(), resume, nonce });
            }
            Ok(name) => self.accept(id, name, rooms, resume),
            Err(not_done) => self.refuse_name(id, not_done, nonce),
        }
    }

    /// What somebody offered as a first name is none for them; there is a bound to how often that may be.
    pub(super) fn refuse_name(&mut self, id: MemberId, not_done: NotDone, nonce: Option<String>) {
        self.answer(id, Err(not_done), nonce);
        let limit = self.state.settings().limits.name_lines;
        let tried = self.state.roster.get(id).map_or(0, |member| member.name_tries);
        if limit.is_some_and(|limit| tried >= limit) {
            self.limit_hit(LimitHit::NameLines, Some(id));
            let why = format!("{tried} lines were tried and none was a name");
            self.disconnect(id, LeaveReason::Refused { why });
        }
    }

    /// A returning client whose former connection is not known to be gone yet has its name back, and what it was allowed. Who is logged in to the account of
    /// somebody here takes the place of their own former connection.
    fn end_former_connection(&mut self, id: MemberId, name: &str, resume: Option<&Resume>) {
        let resume = resume.filter(|resume| resume.epoch == self.state.epoch);
        let account = self.state.roster.get(id).and_then(|member| member.account.clone());
        let Some(former) = self.state.roster.find(name).filter(|former| former.id != id) else {
            if let (Some(resume), None) = (resume, account) {
                self.log_in_again(id, &resume.token);
            }
            return;
        };
        let (former_id, role) = (former.id, former.role);
        if resume.is_some_and(|resume| resume.token == former.token_text()) {
            let account = former.account.clone();
            self.disconnect(former_id, LeaveReason::Lost);
            if let Some(member) = self.state.roster.get_mut(id) {
                (member.role_with_name, member.account) = (role, account);
            }
        } else if account.is_some() && account == former.account {
            let operator = self.state.operator_name.to_string();
            self.kick(former_id, None, &operator, "logged in from elsewhere");
        }
    }

    /// Somebody whose connection was lost a moment ago, or whose server was restarted, is still logged in, to what the account is now.
    fn log_in_again(&mut self, id: MemberId, token: &str) {
        let kept = self.state.kept_stays(token);
        let account = kept.as_ref().and_then(|kept| kept.account(self.state.clock.timestamp()));
        let role = account.and_then(|account| self.state.account_role(account));
        if let (Some(role), Some(member)) = (role, self.state.roster.get_mut(id)) {
            (member.role_with_name, member.account) = (role, account.map(str::to_owned));
        }
    }

    /// Whether a member may have this name: a good one, free, and no plugin is against it.
    pub(super) fn check_name(&mut self, id: MemberId, text: &str) -> Result<Name, NotDone> {
        let bounds = self.state.settings().limits.name_bounds();
        if text.len() <= MOST_SHOWN && Name::new(text, bounds).is_err() {
            // What is no name may be something else to a plugin, which takes it or makes a name of it.
            let draft = self.draft_name(id, text.to_owned())?;
            return Ok(self.free_name(id, &draft.name)?);
        }
        let offered = self.free_name(id, text)?;
        let draft = self.draft_name(id, offered.as_str().to_owned())?;
        match draft.name == offered.as_str() {
            true => Ok(offered),
            false => Ok(self.free_name(id, &draft.name)?),
        }
    }

    /// What the gates make of a name.
    fn draft_name(&mut self, id: MemberId, name: String) -> Result<NameDraft, NotDone> {
        let member = self.state.roster.get(id).ok_or(NotDone::Gone)?;
        let (peer, current) = (member.peer, member.name.clone());
        let mut draft = NameDraft { member: id, peer, current, name };
        self.gate(Hook::BeforeName, Some(id), |plugin, context| {
            plugin.before_name(context, &mut draft)
        })?;
        Ok(draft)
    }

    fn free_name(&self, id: MemberId, text: &str) -> Result<Name, Refusal> {
        let name = Name::new(text, self.state.settings().limits.name_bounds()).map_err(
            |error: NameError| {
                self.limit_hit(LimitHit::BadName, Some(id));
                Refusal::new(ErrorCode::BadName, format!("{error}; choose another name"))
            },
        )?;
        if let Some(text) = self.why_taken(id, &name) {
            self.limit_hit(LimitHit::NameTaken, Some(id));
            return Err(Refusal::new(ErrorCode::NameTaken, text));
        }
        Ok(name)
    }

    /// Why a member cannot have a name that is one: somebody has it, or one that looks like it.
    fn why_taken(&self, id: MemberId, name: &Name) -> Option<String> {
        let taken_by = |other: &Name| {
            let is_same = name.as_str().to_lowercase() == other.as_str().to_lowercase();
            match is_same {
                true => format!("the name `{name}` is taken; choose another"),
                false => format!(
                    "the name `{name}` looks like `{other}`, which is taken; choose another"
                ),
            }
        };
        let roster = &self.state.roster;
        if roster.is_operator(name.as_str()) {
            return Some(taken_by(&self.state.operator_name));
        }
        if let Some(holder) = roster.holder(name, id).and_then(|holder| holder.name.as_ref()) {
            return Some(taken_by(holder));
        }
        // Code of the program, and whom a plugin has given a role, may be called so.
        let is_special = roster.get(id).is_some_and(|member| {
            member.peer == Peer::Local || member.role.max(member.role_with_name) > Role::Member
        });
        let is_kept = !is_special && roster.is_reserved(name.as_str());
        is_kept.then(|| {
            format!("the name `{name}` is reserved, or looks like one that is; choose another")
        })
    }

    /// A newcomer has a name from here on, and joins the rooms it asked for.
    pub(super) fn accept(
        &mut self,
        id: MemberId,
        name: Name,
        rooms: FirstRooms<'_>,
        resume: Option<&Resume>,
    ) {
        self.state.roster.set_name(id, name.clone());
        let Some(member) = self.state.roster.get_mut(id) else {
            return;
        };
        member.role = member.role_with_name;
        member.outbox.set_named();
        let token = member.token_text();
        self.state.shared.directory.add_member(name.clone());
        let settings = self.state.settings();
        self.state.send(
            id,
            Event::Welcome {
                version: PROTOCOL_VERSION,
                server: settings.server.name.clone(),
                epoch: self.state.epoch.clone(),
                token,
                name,
                message_characters: settings.limits.message_characters,
                line_bytes: settings.limits.line_bytes,
                lines_at_once: settings.limits.rate.map(|rate| rate.burst),
                lines_per_second: settings.limits.rate.map(|rate| rate.per_second),
                commands: self.commands_for(id),
            },
        );
        self.recall_ignored(id);
        if let Some(name) = self.state.roster.get(id).and_then(|member| member.name.clone()) {
            self.recognise_ignored(id, &name);
        }
        self.observe(Hook::AfterNamed, |plugin, context| plugin.after_named(context, id));
        // What plugins say by way of welcome comes before the room and its history.
        self.apply_effects();
        let resume = resume.filter(|resume| resume.epoch == self.state.epoch);
        if let FirstRooms::These(rooms) = rooms {
            self.enter_first_rooms(id, rooms, resume);
        }
    }

    /// A newcomer joins the rooms it asked for and those it comes back to, or the default one.
    fn enter_first_rooms(&mut self, id: MemberId, rooms: &[String], resume: Option<&Resume>) {
        let settings = self.state.settings();
        let most = settings.limits.rooms_per_member.unwrap_or(usize::MAX);
        let seen = resume.map(|resume| self.seen_by(resume, most)).unwrap_or_default();
        let returning = resume.into_iter().flat_map(|resume| resume.rooms.keys());
        let mut wanted: Vec<&str> = rooms.iter().chain(returning).map(String::as_str).collect();
        if wanted.is_empty() {
            wanted.push(&settings.rooms.default);
        }
        let mut tried = HashSet::new();
        for room in wanted {
            // One room under many names is tried under the first.
            if !tried.insert(room) || self.is_in(id, room) {
                continue;
            }
            let result = match self.check_rooms_per_member(id, tried.len() - 1) {
                Ok(()) => {
                    let back = seen.get(&self.known_as(room)).cloned();
                    self.join(id, room, None, back)
                }
                Err(refusal) => Err(refusal.into()),
            };
            self.answer(id, result, None);
            if tried.len() > most {
                break;
            }
        }
    }

    fn is_in(&self, id: MemberId, room: &str) -> bool {
        let member = self.state.roster.get(id);
        self.state.rooms.find(room).zip(member).is_some_and(|(room, member)| member.is_in(room.id))
    }

    /// The last entries that a returning client saw, in rooms where it was; not more than it was shown there. Nothing for whoever does not
    /// bring the token.
    fn seen_by(&self, resume: &Resume, most: usize) -> HashMap<String, Return> {
        let mut seen = HashMap::new();
        let kept = self.state.kept_stays(&resume.token);
        for (name, id) in resume.rooms.iter().take(most) {
            let room = self.known_as(name);
            if let Some(since) = self.state.shown_since(&resume.token, &room) {
                let was_in_until = kept.as_ref().and_then(|kept| kept.left(&room));
                let was = self.state.former_member(&resume.token);
                let seen_there = (*id).max(since.saturating_sub(1));
                let epoch = resume.epochs.get(name).cloned();
                seen.entry(room).or_insert(Return { seen: seen_there, epoch, was, was_in_until });
            }
        }
        seen
    }

    /// What a room is called that is open, or is remembered; another keeps the name that it is asked for by.
    fn known_as(&self, room: &str) -> String {
        let open = self.state.rooms.find(room).map(|room| &room.name);
        let known = open.or_else(|| self.state.remembered.find(room).map(|(name, _)| name));
        known.map_or_else(|| room.to_owned(), RoomName::to_string)
    }
}
