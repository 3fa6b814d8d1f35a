//! What is said: in rooms, to one person, and what a typed line means.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::Hub;
use super::admission::FirstRooms;
use super::commands::Outcome;
use super::history::Part;
use super::not_done::NotDone;
use crate::command::{self, CommandError, Typed};
use crate::plugin::draft::{MessageDraft, Target};
use crate::protocol::caller::Caller;
use crate::protocol::entry::{EntryKind, MessageKind, NoticeKind};
use crate::protocol::error::ErrorCode;
use crate::protocol::error::Refusal;
use crate::protocol::event::Event;
use crate::protocol::hint::{self, Hint};
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::RoomId;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::reply::Reply;
use crate::protocol::request::Request;
use crate::protocol::sanitize;
use crate::state::report::Report;

/// Names on one page of a roster.
pub(super) const PAGE: usize = 500;

/// A message that was checked, and that no plugin is against.
struct Message {
    from: Name,
    text: String,
    kind: MessageKind,
    nonce: Option<String>,
    tags: BTreeMap<String, String>,
}

/// What was meant for the operator and is kept while nobody is at the console.
const KEPT: usize = 100;

impl Hub {
    /// A person typed a line in chat: a message, a command, or what only looks like one. Who has no name yet offers one.
    pub(super) fn take_typed(&mut self, id: MemberId, line: String) {
        let Some(caller) = self.caller(id) else {
            return;
        };
        let is_named = caller.name.is_some();
        match command::read(self.callable(&caller), &line) {
            // `/nick fred` offers a name, where there is no such command; the answer says which is one.
            Typed::Command(command)
                if !is_named
                    && !line.contains('!')
                    && command::find(self.callable(&caller), &command).is_err() =>
            {
                self.offer_first_name(id, &line, FirstRooms::DEFAULT, None, None);
            }
            Typed::Command(command) => self.take_typed_command(caller, &command),
            Typed::Slip(slip) => {
                let text = match is_named {
                    true => slip.to_string(),
                    false => format!("did you mean `!{}`?", slip.command),
                };
                self.refuse(id, Refusal::new(ErrorCode::BadRequest, text), None);
            }
            // Who types `help` before a name wants help, and is not called so.
            Typed::Message(_) if !is_named && self.is_called_alone(&caller, &line) => {
                let text = format!("did you mean `!{}`?", line.trim().to_lowercase());
                self.refuse(id, Refusal::new(ErrorCode::BadRequest, text), None);
            }
            Typed::Message(_) if !is_named => {
                self.offer_first_name(id, &line, FirstRooms::DEFAULT, None, None)
            }
            Typed::Message(text) => {
                let result = self.say_unread(id, None, text.into_owned(), MessageKind::Say, None);
                self.answer(id, result, None);
            }
        }
    }

    /// Whether a line is the word of a command that this caller has, and nothing else.
    fn is_called_alone(&self, caller: &Caller, line: &str) -> bool {
        command::find(self.callable(caller), line).is_ok_and(|(_, rest)| rest.is_empty())
    }

    /// A line that begins like a command, and may have been meant to be said where there is no such command.
    fn take_typed_command(&mut self, caller: Caller, line: &str) {
        let Some(id) = caller.member else { return };
        let is_named = caller.name.is_some();
        self.run_command(caller, line, move |hub, outcome| {
            let to_say = match &outcome {
                Err(CommandError::Unknown { nearest: None, .. }) if is_named => {
                    format!("; to say it, begin with `{}`", command::ESCAPE)
                }
                _ => String::new(),
            };
            hub.answer_command(id, outcome, None, &to_say);
        });
    }

    /// A client with a name asks for something.
    pub(super) fn take_request(&mut self, id: MemberId, request: Request, nonce: Option<String>) {
        let result = match request {
            Request::Say { text, room, kind } => {
                self.say(id, room.as_deref(), text, kind, nonce.clone())
            }
            Request::Direct { to, text } => self.direct(id, &to, text, nonce.clone()),
            Request::Join { room, key } => {
                let joined = self.join(id, &room, key, None);
                self.confirm(id, joined, &nonce)
            }
            Request::Leave { room, farewell } => {
                let left = self.leave(id, room.as_deref(), &farewell);
                self.confirm(id, left, &nonce)
            }
            Request::Rename { name } => self.rename(id, &name, nonce.clone()),
            Request::Members { room, after } => self
                .members_page(id, room.as_deref(), after.as_deref(), nonce.clone())
                .map_err(NotDone::Refused),
            Request::History { room, before, after, around, limit } => {
                let part = Part { before, after, around, limit };
                self.history_page(id, room.as_deref(), &part, nonce.clone())
            }
            Request::Rooms => {
                let seen = self.state.rooms.iter().filter(|room| self.state.sees(id, room));
                let rooms = seen.map(|room| room.info()).collect();
                self.state.send(id, Event::Rooms { rooms, nonce: nonce.clone() });
                Ok(())
            }
            Request::Command { line, room } => {
                self.take_command(id, &line, room.as_deref(), nonce);
                return;
            }
            // Answered with or without a name, before this.
            Request::Hello { .. } | Request::Auth { .. } => Ok(()),
            Request::Ping | Request::Pong | Request::Quit { .. } => Ok(()),
        };
        self.answer(id, result, nonce);
    }

    /// What was done has no echo that carries a nonce; whoever sent one is answered.
    fn confirm(
        &mut self,
        id: MemberId,
        result: Result<(), NotDone>,
        nonce: &Option<String>,
    ) -> Result<(), NotDone> {
        if let (Ok(()), Some(asked)) = (&result, nonce)
            && !self.confirms_later(id, asked)
        {
            self.state.send(id, Event::Reply { reply: Reply::Done, nonce: nonce.clone() });
        }
        result
    }

    pub(super) fn take_command(
        &mut self,
        id: MemberId,
        line: &str,
        room: Option<&str>,
        nonce: Option<String>,
    ) {
        let room = match room {
            None => self.state.current_room(id),
            Some(room) => self.state.rooms.find(room),
        };
        let room = room.map(|room| room.name.clone());
        let Some(caller) = self.state.caller(id, room) else {
            return;
        };
        self.run_command(caller, line, move |hub, outcome| {
            hub.answer_command(id, outcome, nonce, "");
        });
    }

    /// Tells a member what came of a command; `advice` follows an error.
    fn answer_command(
        &mut self,
        id: MemberId,
        outcome: Outcome,
        nonce: Option<String>,
        advice: &str,
    ) {
        match outcome {
            Ok(Some(reply)) => self.state.send(id, Event::Reply { reply, nonce }),
            Ok(None) => {}
            Err(error) => {
                let text = format!("{}{advice}", error.in_chat());
                self.refuse(id, Refusal::new(error.code(), text), nonce);
            }
        }
    }

    /// Tells a member what came of a request, where that is not plain from what follows.
    pub(super) fn answer(
        &mut self,
        id: MemberId,
        result: Result<(), NotDone>,
        nonce: Option<String>,
    ) {
        if let Err(NotDone::Refused(refusal)) = result {
            self.refuse(id, refusal, nonce);
        }
    }

    /// A member says something in a room, the named one or where it was last, unless it may hold a password.
    pub(super) fn say(
        &mut self,
        id: MemberId,
        room: Option<&str>,
        text: String,
        kind: MessageKind,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        let text = self.sayable(id, text)?;
        self.say_unread(id, room, text, kind, nonce)
    }

    /// What a program, or a command that sends a message, wants said for a member.
    fn sayable(&self, id: MemberId, text: String) -> Result<String, Refusal> {
        let Some(caller) = self.caller(id) else {
            return Ok(text);
        };
        match command::may_be_said(self.callable(&caller), &text) {
            Ok(Cow::Borrowed(same)) if same.len() == text.len() => Ok(text),
            Ok(said) => Ok(said.into_owned()),
            Err(slip) => Err(Refusal::new(ErrorCode::BadRequest, slip.to_string())),
        }
    }

    /// The same for what was told apart from a command.
    fn say_unread(
        &mut self,
        id: MemberId,
        room: Option<&str>,
        text: String,
        kind: MessageKind,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        let room = self.room_of(id, room)?;
        let (Some(room), Some(from)) = (self.state.rooms.get(room), self.state.roster.get(id))
        else {
            return Err(NotDone::Gone);
        };
        let Some(from) = from.name.clone() else {
            return Err(NotDone::Gone);
        };
        let target = Target::Room(room.name.clone());
        let (member, tags, is_sign) = (Some(id), BTreeMap::new(), false);
        self.deliver(MessageDraft { member, from, target, text, kind, tags, is_sign }, nonce)
    }

    /// A member says something to another, or to the operator.
    pub(super) fn direct(
        &mut self,
        id: MemberId,
        to: &str,
        text: String,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        let Some(from) = self.state.roster.get(id).and_then(|member| member.name.clone()) else {
            return Err(NotDone::Gone);
        };
        let text = self.sayable(id, text)?;
        let target = match self.person(to) {
            Ok(name) => Target::Person(name),
            Err(nobody) => Target::Person(self.person_elsewhere(to).ok_or(nobody)?),
        };
        let kind = MessageKind::Say;
        let (member, tags, is_sign) = (Some(id), BTreeMap::new(), false);
        self.deliver(MessageDraft { member, from, target, text, kind, tags, is_sign }, nonce)
    }

    /// The operator says something in a room.
    pub(crate) fn operator_says(&mut self, room: &str, text: &str) -> Result<(), Refusal> {
        let Some(room) = self.state.rooms.find(room) else {
            let hint = Hint::new("rooms").after(" lists rooms");
            let text = format!("no room `{}`{hint}", sanitize::excerpt(room, 64));
            return Err(Refusal::new(ErrorCode::NoSuchRoom, text));
        };
        let (room, text) = (room.id, self.checked_text(None, text.to_owned())?);
        if self.is_shared(room) {
            self.check_available()
                .map_err(|away| Refusal::new(ErrorCode::Unavailable, away.to_string()))?;
        }
        let from = self.state.operator_name.clone();
        let (kind, nonce, tags) = (MessageKind::Say, None, BTreeMap::new());
        self.commit_message(None, room, Message { from, text, kind, nonce, tags });
        Ok(())
    }

    /// The operator says something to one person.
    pub(crate) fn operator_messages(&mut self, to: &str, text: &str) -> Result<(), Refusal> {
        let (to, text) = (self.person(to)?, self.checked_text(None, text.to_owned())?);
        let from = self.state.operator_name.clone();
        let (kind, nonce, tags) = (MessageKind::Say, None, BTreeMap::new());
        self.commit_direct(None, to, Message { from, text, kind, nonce, tags });
        Ok(())
    }

    /// The server tells a room something.
    pub(crate) fn notice(&mut self, room: &RoomName, text: &str, kind: NoticeKind) {
        let Some(room) = self.state.rooms.find(room.as_str()).map(|room| room.id) else {
            return;
        };
        // Many read it, who cannot all call the same.
        let text = sanitize::lines(&hint::resolved(text, |_| None));
        if !text.is_empty() {
            self.commit(room, EntryKind::Notice { text, kind });
        }
    }

    /// The server tells one member something.
    pub(crate) fn notice_to(&mut self, member: MemberId, text: &str, kind: NoticeKind) {
        let text = sanitize::lines(&self.text_for(member, text));
        if !text.is_empty() {
            self.state.send(member, Event::DirectNotice { text, kind });
        }
    }

    /// Calls the gates, and sends what they made of it.
    fn deliver(&mut self, mut draft: MessageDraft, nonce: Option<String>) -> Result<(), NotDone> {
        let member = draft.member;
        draft.text = self.checked_text(member, draft.text)?;
        self.gate(Hook::BeforeMessage, member, |plugin, context| {
            plugin.before_message(context, &mut draft)
        })?;
        let MessageDraft { from, target, text, kind, tags, .. } = draft;
        // A plugin may have rewritten it.
        let text = self.checked_text(member, text)?;
        match target {
            Target::Room(room) => {
                let Some(room) = self.state.rooms.find(room.as_str()).map(|room| room.id) else {
                    let text =
                        format!("no room `{room}`{}", Hint::new("rooms").after(" lists rooms"));
                    return Err(NotDone::Refused(Refusal::new(ErrorCode::NoSuchRoom, text)));
                };
                self.commit_message(member, room, Message { from, text, kind, nonce, tags });
            }
            Target::Person(to) => {
                let to = match self.person(to.as_str()) {
                    Ok(here) => here,
                    Err(nobody) => {
                        let to = self.person_elsewhere(to.as_str()).ok_or(nobody)?;
                        self.count_message(member);
                        let time = self.state.clock.timestamp();
                        let event = Event::Direct { from, to, text, time, tags, nonce: None };
                        return self.direct_elsewhere(member, event, nonce);
                    }
                };
                self.commit_direct(member, to, Message { from, text, kind, nonce, tags });
            }
        }
        Ok(())
    }

    fn commit_message(&mut self, member: Option<MemberId>, room: RoomId, message: Message) {
        self.count_message(member);
        let Message { from, text, kind, nonce, tags } = message;
        self.commit_by(member, room, EntryKind::Message { from, text, kind, nonce, tags });
    }

    fn commit_direct(&mut self, member: Option<MemberId>, to: Name, message: Message) {
        self.count_message(member);
        let Message { from, text, nonce, tags, .. } = message;
        // Who is ignored is not told so.
        let recipient = self.state.roster.find(to.as_str());
        let recipient = recipient.filter(|recipient| !recipient.ignores(member, &from));
        let recipient = recipient.map(|recipient| recipient.id);
        let time = self.state.clock.timestamp();
        let event = Event::Direct { from, to, text, time, tags, nonce: None };
        if let Some(recipient) = recipient {
            self.state.send(recipient, event.clone());
        }
        if let (Some(member), mut echo) = (member, event.clone()) {
            if let Event::Direct { nonce: carried, .. } = &mut echo {
                *carried = nonce;
            }
            // The echo is the acknowledgement, also of what one says to oneself.
            self.state.send(member, echo);
        }
        if self.state.reports.are_watched() {
            self.state.reports.send(Report::Direct(event.clone()));
        }
        if let (Some(member), None) = (member, recipient)
            && !self.state.reports.are_attended()
        {
            self.keep_for_operator(Report::Direct(event.clone()));
            let text =
                "nobody is at the console; your message is kept for the next operator who is";
            self.notice_to(member, text, NoticeKind::Info);
        }
        self.observe(Hook::AfterDirect, |plugin, context| plugin.after_direct(context, &event));
    }

    /// Nobody is there to read what is meant for the operator.
    pub(super) fn keep_for_operator(&mut self, report: Report) {
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(report);
    }

    fn count_message(&mut self, member: Option<MemberId>) {
        self.state.shared.counters.messages.fetch_add(1, Ordering::Relaxed);
        if let Some(member) = member.and_then(|member| self.state.roster.get_mut(member)) {
            member.messages += 1;
        }
    }

    /// Somebody who can be spoken to: a member, or the operator.
    pub(super) fn person(&self, name: &str) -> Result<Name, Refusal> {
        if let Some(member) = self.state.roster.find(name)
            && let Some(name) = &member.name
        {
            return Ok(name.clone());
        }
        if self.state.roster.is_operator(name) {
            return Ok(self.state.operator_name.clone());
        }
        let error = self.no_such_member(name);
        Err(Refusal::new(ErrorCode::NoSuchMember, CommandError::from(error).to_string()))
    }

    /// The text as it may be said: cleaned, not empty and not too long.
    fn checked_text(&self, member: Option<MemberId>, mut text: String) -> Result<String, Refusal> {
        match sanitize::message(&text) {
            // The usual case, without another allocation.
            Cow::Borrowed(clean) => text.truncate(clean.len()),
            Cow::Owned(clean) => text = clean,
        }
        if !sanitize::is_visible(&text) {
            let text = "there is nothing in the message that can be shown";
            return Err(Refusal::new(ErrorCode::BadRequest, text));
        }
        let limit = self.state.settings().limits.message_characters.unwrap_or(usize::MAX);
        // There are at most as many characters as bytes, so they are counted only where it may matter.
        if text.len() > limit {
            let length = text.chars().count();
            if length > limit {
                self.limit_hit(LimitHit::MessageLength, member);
                let text = format!(
                    "the message has {length} characters and was not sent; at most {limit} are allowed, so send it in parts"
                );
                return Err(Refusal::new(ErrorCode::TooLong, text));
            }
        }
        Ok(text)
    }

    fn members_page(
        &mut self,
        id: MemberId,
        room: Option<&str>,
        after: Option<&str>,
        nonce: Option<String>,
    ) -> Result<(), Refusal> {
        let room = self.room_of(id, room)?;
        let Some(room) = self.state.rooms.get(room) else {
            return Ok(());
        };
        let mut names =
            room.members.keys().filter(|name| after.is_none_or(|after| name.as_str() > after));
        let members: Vec<Name> = names.by_ref().take(PAGE).cloned().collect();
        let more = names.next().is_some();
        let (room, count) = (room.name.clone(), room.members.len());
        self.state.send(id, Event::Members { room, members, count, more, nonce });
        Ok(())
    }
}
