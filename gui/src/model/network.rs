//! What comes from the network, and what it changes.

use std::time::SystemTime;

use salotto::client::Update;
use salotto::protocol::{EntryId, ErrorCode, LeaveReason};
use salotto::{Entry, EntryKind, Event, Name, Request, RoomName};

use super::entry::{Reader, Shown, line};
use super::log::LineKind;
use super::private::Moved;
use super::text::{clean_line, clean_lines, fold};
use super::time::seconds;
use super::{Connection, ConversationId, Effect, Kind, Model, ServerInfo, Ticket};

/// Members of a room that are asked for; in a larger one the rest is only counted.
const KNOWN_MEMBERS: usize = 10_000;

impl Model {
    pub(super) fn take_update(&mut self, update: Update, effects: &mut Vec<Effect>) {
        self.take_certificate(&update);
        match update {
            Update::Connecting { attempt } => {
                self.forget_certificate();
                self.connection = Connection::Connecting { attempt };
            }
            Update::Event(event) => self.take_event(event, effects),
            Update::NameRefused { text } => {
                let text = clean_line(&text);
                self.refusal = Some(text.clone());
                self.connection = Connection::NameRefused { text };
            }
            Update::PasswordWanted { text, wrong } => {
                // The first time the server speaks to a program, and not to a person.
                let text = match wrong {
                    true => clean_line(&text),
                    false => "this server asks for a password".to_owned(),
                };
                self.refusal = Some(text.clone());
                self.connection = Connection::PasswordWanted { text };
            }
            Update::Broken { problem, retry_in } => {
                for conversation in self.conversations.all_mut() {
                    for pending in &mut conversation.pending {
                        pending.in_doubt = pending.failed.is_none();
                    }
                }
                self.round_trip = None;
                if self.take_doubt(&problem, effects) {
                    return;
                }
                let problem = clean_line(&problem.to_string());
                if !self.welcomed {
                    // The first attempt is the person's to repeat: the address may be wrong.
                    self.refusal = Some(problem);
                    self.connection = Connection::Idle;
                    effects.push(Effect::Disconnect);
                } else if let Some(wait) = retry_in {
                    self.connection = Connection::Waiting { problem, until: self.now + wait };
                } else {
                    self.connection = Connection::Ended { reason: problem };
                }
            }
            Update::History { nonce, page, .. } => self.take_page(&nonce, page, effects),
            Update::RoundTrip(time) => self.round_trip = Some(time),
            Update::Ended(reason) => {
                if !self.welcomed {
                    self.refusal = Some(ended(&reason));
                }
                self.fail_pending("the connection has ended");
                self.end(&reason, effects);
            }
            _ => {}
        }
    }

    fn end(&mut self, reason: &LeaveReason, effects: &mut Vec<Effect>) {
        if self.leaving.is_some() {
            effects.push(Effect::Exit);
        } else if *reason != LeaveReason::Lost {
            self.leave_server(effects);
        }
        self.connection = Connection::Ended { reason: ended(reason) };
    }

    fn take_event(&mut self, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Welcome {
                server,
                epoch,
                name,
                message_characters,
                line_bytes,
                lines_at_once,
                lines_per_second,
                commands,
                ..
            } => {
                let server = ServerInfo {
                    server: clean_line(&server),
                    epoch,
                    name: Some(name),
                    commands,
                    message_characters,
                    line_bytes,
                    lines_at_once,
                    lines_per_second,
                };
                self.take_welcome(server, effects);
            }
            Event::Commands { commands } => self.server.commands = commands,
            Event::Entered { room, topic, members, count, first_id, history, epoch, .. } => {
                self.forget_other_epoch(&room, epoch);
                self.enter(room, &topic, members, count, (first_id, history), effects);
            }
            Event::Exited { room, reason } => {
                self.leave(room.as_str(), &reason);
                self.remember_room(room.as_str(), false, effects);
            }
            Event::Rooms { rooms, nonce } => {
                self.answered(nonce.as_deref());
                self.rooms = Some(rooms);
            }
            Event::Named { name, .. } => {
                self.settings.name = name.to_string();
                self.server.name = Some(name);
            }
            Event::Members { room, members, count, more, .. } => {
                self.take_members(&room, members, (count, more), effects);
            }
            Event::Direct { from, to, text, time, nonce, .. } => {
                self.direct(from, &to, &text, time, nonce.as_deref(), effects);
            }
            Event::DirectNotice { text, .. } => self.tell(LineKind::DirectNotice, &text, None),
            Event::Reply { reply, nonce } => {
                let conversation = self.answered(nonce.as_deref());
                self.tell(LineKind::Reply, &reply.to_string(), conversation);
            }
            Event::Error { code, text, nonce } => {
                if code == ErrorCode::EncryptionWanted {
                    self.want_encryption();
                }
                self.fail(&text, nonce.as_deref());
            }
            Event::Deleted { room, id } => {
                if let Some(conversation) = self.conversations.room_mut(room.as_str()) {
                    conversation.log.remove(id, &self.zone);
                }
            }
            Event::Pong { nonce } => self.take_pong(nonce.as_deref()),
            Event::Entry(entry) => self.take_entry(entry, effects),
            // `Ended` or `Broken` follows a goodbye; the rest is not asked for.
            _ => {}
        }
    }

    fn take_welcome(&mut self, server: ServerInfo, effects: &mut Vec<Effect>) {
        if self.server.epoch != server.epoch {
            // Ids of another epoch mean nothing in this one.
            let zone = &self.zone;
            self.conversations.all_mut().for_each(|conversation| conversation.forget_ids(zone));
        }
        for conversation in self.conversations.all_mut() {
            conversation.joined = false;
            conversation.history = 0;
            if matches!(conversation.kind, Kind::Direct(_)) {
                conversation.settle_doubts();
            }
        }
        self.settings.name = server.name.as_ref().map_or_else(String::new, Name::to_string);
        self.preferences.remember(&self.settings);
        self.remember_certificate();
        self.server = server;
        self.connection = Connection::Online;
        self.refusal = None;
        self.welcomed = true;
        effects.push(Effect::Save(self.preferences.clone()));
        self.ask(Request::Ping, None, effects);
    }

    fn take_members(
        &mut self,
        room: &RoomName,
        members: Vec<Name>,
        (count, more): (usize, bool),
        effects: &mut Vec<Effect>,
    ) {
        let Some(conversation) = self.conversations.room_mut(room.as_str()) else { return };
        let last = members.last().map(Name::to_string);
        for name in members {
            conversation.add_member(name);
        }
        conversation.member_count = count;
        if more && conversation.members.len() < KNOWN_MEMBERS {
            let request = Request::Members { room: Some(room.to_string()), after: last };
            self.ask(request, None, effects);
        }
    }

    fn take_pong(&mut self, nonce: Option<&str>) {
        let asked = self.asked.iter().position(|asked| {
            asked.ping.is_some() && asked.nonce.is_some() && asked.nonce.as_deref() == nonce
        });
        if let Some(since) = asked.and_then(|at| self.asked.remove(at).ping) {
            self.round_trip = self.now.duration_since(since).ok();
        }
    }

    /// What was known of a room means nothing any more where its ids belong to something else now.
    fn forget_other_epoch(&mut self, room: &RoomName, epoch: Option<String>) {
        let conversation = self.conversations.open(Kind::Room(room.clone()));
        if conversation.epoch != epoch && conversation.last_id > 0 {
            conversation.forget_ids(&self.zone);
        }
        conversation.epoch = epoch;
    }

    fn enter(
        &mut self,
        room: RoomName,
        topic: &str,
        members: Vec<Name>,
        count: usize,
        (first_id, history): (EntryId, u64),
        effects: &mut Vec<Effect>,
    ) {
        let (now, zone) = (seconds(self.now), self.zone.clone());
        let front = self.conversations.active().map(|active| active.kind.clone());
        let conversation = self.conversations.open(Kind::Room(room.clone()));
        let last_id = conversation.last_id;
        conversation.missed = last_id > 0;
        if first_id > last_id + 1 {
            conversation.open_gap(last_id, first_id, now, &zone);
            conversation.last_id = first_id - 1;
        }
        conversation.joined = true;
        conversation.history = history;
        conversation.topic = clean_line(topic);
        let last = members.last().map(Name::to_string);
        let more = members.len() < count;
        conversation.set_members(members, count);
        if history == 0 {
            conversation.settle_doubts();
        }
        let id = conversation.id;
        let wanted = self.wanted_room.as_deref() == Some(fold(room.as_str()).as_str());
        if wanted {
            self.wanted_room = None;
        }
        if wanted || matches!(front, None | Some(Kind::ServerInfo)) {
            self.conversations.show(id);
        }
        if more {
            let request = Request::Members { room: Some(room.to_string()), after: last };
            self.ask(request, None, effects);
        }
        self.remember_room(room.as_str(), true, effects);
        self.read_back(id, None, effects);
    }

    fn remember_room(&mut self, room: &str, is_in: bool, effects: &mut Vec<Effect>) {
        if self.preferences.remember_room(&self.settings, room, is_in) {
            effects.push(Effect::Save(self.preferences.clone()));
        }
    }

    fn leave(&mut self, room: &str, reason: &LeaveReason) {
        let (now, zone) = (seconds(self.now), self.zone.clone());
        let Some(conversation) = self.conversations.room_mut(room) else { return };
        let id = conversation.id;
        if matches!(reason, LeaveReason::Parted { .. }) {
            self.conversations.remove(id);
            return;
        }
        conversation.joined = false;
        conversation.set_members(Vec::new(), 0);
        let text =
            format!("You are not in this room any more: {}", clean_line(&reason.to_string()));
        conversation.push(line(LineKind::Error, &text, now), &zone);
    }

    fn take_entry(&mut self, entry: Entry, effects: &mut Vec<Effect>) {
        let Entry { room, id, time, what } = entry;
        let front = self.conversations.active_id();
        let Some(conversation) = self.conversations.room_mut(room.as_str()) else { return };
        let from_history = conversation.history > 0;
        conversation.history = conversation.history.saturating_sub(1);
        let history_ends = from_history && conversation.history == 0;
        let is_new = id > conversation.last_id;
        let moved = match &what {
            EntryKind::Renamed { from, who } if is_new && !from_history => {
                Some(Moved::Renamed(from.clone(), who.clone()))
            }
            EntryKind::Left { who, reason } if is_new && !from_history => {
                let is_here =
                    matches!(reason, LeaveReason::Parted { .. } | LeaveReason::Removed { .. });
                (!is_here).then(|| Moved::Left(who.clone()))
            }
            _ => None,
        };
        if is_new {
            conversation.last_id = id;
            let reader = Reader {
                name: self.server.name.as_ref(),
                keywords: &self.preferences.keywords,
                ignored: &self.ignored,
                is_focused: self.focused,
                is_shown: front == Some(conversation.id),
                zone: &self.zone,
            };
            let is_news = !from_history || conversation.missed;
            let is_told = is_news && (self.preferences.log || !self.focused);
            let words = is_told.then(|| Shown::of(&what, &reader)).flatten();
            let words = words.map(|shown| shown.in_words());
            let asks = conversation.take_entry(
                id,
                what,
                seconds(time.system_time()),
                from_history,
                &reader,
            );
            if history_ends {
                conversation.settle_doubts();
            }
            if let Some(words) = words {
                let kind = conversation.kind.clone();
                let title = format!("#{}", conversation.title());
                self.record(&kind, &words, time.system_time(), effects);
                if asks {
                    self.call(title, &words, effects);
                }
            }
        } else if history_ends {
            conversation.settle_doubts();
        }
        if let Some(moved) = moved {
            self.follow(moved);
        }
    }

    /// Shows a text that is for this user only, in the conversation that asked for it or in the active one.
    pub(super) fn tell(
        &mut self,
        kind: LineKind,
        text: &str,
        conversation: Option<ConversationId>,
    ) {
        let text = clean_lines(text);
        if text.is_empty() {
            return;
        }
        let (now, zone) = (seconds(self.now), self.zone.clone());
        let conversation = conversation.or(self.conversations.active_id());
        let conversation = match conversation.and_then(|id| self.conversations.get_mut(id)) {
            Some(conversation) => conversation,
            None => self.conversations.open(Kind::ServerInfo),
        };
        conversation.push(line(kind, &text, now), &zone);
        let id = conversation.id;
        if self.conversations.active_id().is_none() {
            self.conversations.show(id);
        }
    }

    fn fail(&mut self, text: &str, nonce: Option<&str>) {
        let text = clean_line(text);
        if nonce.is_some() {
            for conversation in self.conversations.all_mut() {
                let mut pending = conversation.pending.iter_mut();
                if let Some(pending) = pending.find(|pending| pending.nonce.as_deref() == nonce) {
                    pending.failed = Some(text);
                    conversation.stop_queue();
                    return;
                }
            }
        }
        let conversation = self.answered(nonce);
        self.tell(LineKind::Error, &text, conversation);
    }

    /// The conversation in which something with this nonce was asked.
    fn answered(&mut self, nonce: Option<&str>) -> Option<ConversationId> {
        nonce?;
        let at = self.asked.iter().position(|asked| asked.nonce.as_deref() == nonce)?;
        self.asked.remove(at).conversation
    }

    pub(super) fn take_sent(&mut self, ticket: Ticket, nonce: Option<String>) {
        for conversation in self.conversations.all_mut() {
            if let Some(reading) = conversation.reading.as_mut().filter(|it| it.ticket == ticket) {
                match nonce {
                    Some(_) => reading.nonce = nonce,
                    None => conversation.stop_reading(),
                }
                return;
            }
            let mut pending = conversation.pending.iter_mut();
            if let Some(pending) = pending.find(|pending| pending.ticket == ticket) {
                if nonce.is_none() {
                    let text = "too much is waiting to be sent, or the connection has ended";
                    pending.failed = Some(text.to_owned());
                }
                pending.nonce = nonce;
                if pending.failed.is_some() {
                    conversation.stop_queue();
                }
                return;
            }
        }
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.ticket == ticket) {
            asked.nonce = nonce;
        }
    }

    /// Nothing more will be heard of what is on its way, and nonces begin anew.
    pub(super) fn fail_pending(&mut self, why: &str) {
        self.asked.clear();
        for conversation in self.conversations.all_mut() {
            conversation.stop_reading();
            for pending in &mut conversation.pending {
                pending.nonce = None;
                pending.failed.get_or_insert_with(|| why.to_owned());
            }
            conversation.stop_queue();
        }
    }

    /// When the goodbye began, for the shell's timer.
    pub(super) fn say_goodbye(&mut self, farewell: &str, effects: &mut Vec<Effect>) {
        let since: SystemTime = self.now;
        let is_connected = matches!(
            self.connection,
            Connection::Online | Connection::Waiting { .. } | Connection::Connecting { .. }
        );
        if !is_connected || self.leaving.is_some() {
            effects.push(Effect::Exit);
            return;
        }
        self.leaving = Some(since);
        effects.push(Effect::Quit(salotto::protocol::sanitize::message(farewell).into_owned()));
    }
}

/// How it ended, for a person.
fn ended(reason: &LeaveReason) -> String {
    match reason {
        LeaveReason::Kicked { .. } => format!("You were {}", clean_line(&reason.to_string())),
        LeaveReason::Quit { .. } => "You have left the server".to_owned(),
        LeaveReason::Stopping => "The server has stopped".to_owned(),
        LeaveReason::Restarting => "The server restarts".to_owned(),
        reason => format!("The connection has ended: {}", clean_line(&reason.to_string())),
    }
}
