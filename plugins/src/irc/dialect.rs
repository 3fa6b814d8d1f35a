//! The way out: what is said, and what one client alone is told. Entries have an encoding for each form of tags (nobody reads most of
//! them, and what nobody reads is not made): what clients write for each other may not be told to those who did not ask for it. Who comes and goes is no entry here: see [`super::presence`].

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use salotto::dialect::{Dialect, EncodingId, RoomRole};
use salotto::protocol::ErrorCode;
use salotto::{Entry, EntryKind, Event, LeaveReason, NoticeKind, RoomName};

use super::capability::Capability;
use super::commands::outcome::{self, Told as Outcome};
use super::connection::Connection;
use super::label::{self, Gathered};
use super::saying::Saying;
use super::tags::{Form, Tags};
use super::written::Answers;
use super::{channel, entry, message_id, numeric, presence, sasl, written};

/// Each form of tags is an encoding.
static ENCODINGS: LazyLock<[EncodingId; Form::COUNT]> =
    LazyLock::new(|| std::array::from_fn(|_| EncodingId::new()));

/// Ends what a newcomer is told by number. No line of IRC begins so.
pub(super) const WELCOMED: &[u8] = b"\0!";

/// See the module. One for each connection.
#[derive(Debug)]
pub(super) struct IrcDialect {
    connection: Arc<Connection>,
    told: Mutex<Told>,
}

/// What the client has been told so far, in the order of what it is told.
#[derive(Debug, Default)]
struct Told {
    nick: String,
    rooms: Vec<RoomName>,
    gathered: Gathered,
    /// What a newcomer is told by others before the numbers that it waits for; they come first.
    held: Option<Vec<u8>>,
}

impl IrcDialect {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        let told = Told { nick: "*".into(), ..Told::default() };
        Self { connection, told: Mutex::new(told) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, capability: Capability) -> bool {
        self.connection.capabilities.has(capability)
    }

    fn form(&self) -> Form {
        Form::of(&self.connection.capabilities)
    }

    fn numeric(&self, out: &mut Vec<u8>, number: numeric::Numeric, middle: &[&str], last: &str) {
        let nick = self.told().nick.clone();
        push(out, &written::numeric(self.connection.host(), number, &nick, middle, last));
    }

    /// Tells the client something as the server, a line each.
    fn notice(&self, out: &mut Vec<u8>, to: &str, text: &str) {
        for line in text.lines().filter(|line| !line.is_empty()) {
            entry::said(out, "", self.connection.host(), "NOTICE", to, line);
        }
    }

    fn notice_here(&self, out: &mut Vec<u8>, text: &str) {
        let nick = self.told().nick.clone();
        self.notice(out, &nick, text);
    }

    /// The same as [`notice_here`](Self::notice_here), shown in the channel in which it was asked for.
    fn notice_where_asked(&self, out: &mut Vec<u8>, asked: Option<&str>, text: &str) {
        let about = asked.and_then(|asked| asked.split_once(' ')).map(|(_, about)| about);
        match about.filter(|about| !about.contains(' ') && channel::to_room(about).is_some()) {
            Some(channel) => self.notice(out, channel, text),
            None => self.notice_here(out, text),
        }
    }

    /// What came of a request; `text` is what the event says.
    fn outcome(&self, out: &mut Vec<u8>, outcome: Outcome, asked: Option<&str>, text: &str) {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Notice => self.notice_where_asked(out, asked, text),
            Outcome::Plain(number, parameters) => {
                let (nick, host) = (self.told().nick.clone(), self.connection.host());
                let mut answers = Answers::new(host, nick);
                let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
                push(out, &answers.add_plain(number, &parameters).lines());
            }
            Outcome::Numbers(lines) => {
                for (number, middle, last) in lines {
                    let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
                    let last = last.as_deref().unwrap_or(text);
                    self.numeric(out, number, &middle, last);
                }
            }
        }
    }

    fn entered(&self, out: &mut Vec<u8>, room: &RoomName) {
        let mut told = self.told();
        if told.rooms.contains(room) {
            return;
        }
        told.rooms.push(room.clone());
        let channel = channel::of_room(room);
        let source = written::source(&told.nick, self.connection.host());
        drop(told);
        let line = match self.has(Capability::ExtendedJoin) {
            true => {
                let account = self.connection.account().unwrap_or_else(|| "*".to_owned());
                let real_name = &self.connection.registration().real_name;
                format!(":{source} JOIN {channel} {account} :{real_name}")
            }
            false => format!(":{source} JOIN {channel}"),
        };
        push(out, &written::end(line));
    }

    fn exited(&self, out: &mut Vec<u8>, room: &RoomName, reason: &LeaveReason) {
        let mut told = self.told();
        told.rooms.retain(|listed| listed != room);
        let (host, nick, channel) = (self.connection.host(), &told.nick, channel::of_room(room));
        let line = match reason {
            LeaveReason::Removed { by, why } => {
                presence::kick(host, &channel, nick, by.as_ref(), why)
            }
            reason => presence::part(&written::source(nick, host), &channel, reason),
        };
        push(out, &written::end(line));
    }

    /// Something said to one person. The echo, which alone has what the client's own line carried, is what that line brought.
    fn direct(&self, event: &Event, out: &mut Vec<u8>) {
        let Event::Direct { from, to, text, time, tags: written, nonce } = event else { return };
        let is_echo = nonce.is_some() || self.told().nick == from.as_str() && from != to;
        let saying = Saying::of(written);
        let mut lines = Vec::new();
        if is_echo && matches!(saying, Some(Saying::Invite(_))) {
            let asked = nonce.as_deref().and_then(|nonce| unmarked(nonce).strip_prefix("INVITE "));
            if let Some(asked) = asked {
                self.outcome(&mut lines, outcome::invited(asked), None, "");
            }
            return self.told().gathered.space(out).extend_from_slice(&lines);
        }
        if is_echo && !self.has(Capability::EchoMessage) {
            return;
        }
        let mut tags = Tags::default();
        let id = || message_id::of_passing(*time, from.as_str(), to.as_str(), text);
        tags.add_message(self.form(), *time, id, written);
        let source = written::source(from.as_str(), self.connection.host());
        let tags = tags.before_a_line();
        match &saying {
            Some(Saying::Invite(channel)) => {
                push(&mut lines, &tags);
                push(&mut lines, &written::end(format!(":{source} INVITE {to} {channel}")));
            }
            Some(saying) => {
                let text = saying.wrap(text);
                entry::said(&mut lines, &tags, &source, saying.verb(), to.as_str(), &text);
            }
            None => entry::said(&mut lines, &tags, &source, "PRIVMSG", to.as_str(), text),
        }
        match nonce {
            None => out.extend_from_slice(&lines),
            Some(_) => self.told().gathered.space(out).extend_from_slice(&lines),
        }
    }

    /// What a client is told that may not have what it asked for.
    fn refused(&self, code: ErrorCode, text: &str, asked: Option<&str>, out: &mut Vec<u8>) {
        if let Some((command, code, about)) = outcome::failure(code, asked) {
            let line = written::fail(self.connection.host(), command, code, &about, text);
            return push(out, &line);
        }
        if asked.is_some_and(outcome::proves) {
            self.connection.sasl().begin_anew();
        }
        self.outcome(out, outcome::refused(code, asked), asked, text);
    }

    /// An event that is not a message.
    fn event(&self, event: &Event, out: &mut Vec<u8>) {
        let host = self.connection.host();
        match event {
            Event::Welcome { name, .. } => {
                let mut told = self.told();
                (told.nick, told.held) = (name.to_string(), Some(Vec::new()));
            }
            Event::Named { name, .. } => {
                let before = std::mem::replace(&mut self.told().nick, name.to_string());
                if before != name.as_str() {
                    let source = written::source(&before, host);
                    push(out, &written::end(format!(":{source} NICK {name}")));
                }
            }
            Event::Entered { room, .. } => self.entered(out, room),
            Event::Exited { room, reason } => self.exited(out, room, reason),
            // A line of IRC tells it.
            Event::DirectNotice { kind: NoticeKind::Changed, .. } => {}
            Event::DirectNotice { text, .. } => {
                let held = self.told().held.take();
                match held {
                    Some(mut held) => {
                        self.notice_here(&mut held, text);
                        self.told().held = Some(held);
                    }
                    None => self.notice_here(out, text),
                }
            }
            Event::Reply { reply, nonce: Some(nonce) } if outcome::registers(unmarked(nonce)) => {
                let nick = self.told().nick.clone();
                let line = format!(":{host} REGISTER SUCCESS {nick} :{reply}");
                push(out, &written::end(line));
            }
            Event::Challenge { data, .. } => push(out, &sasl::pieces(data)),
            // What the account's role is, and that it holds from now on, is told by the hub.
            Event::LoggedIn { nonce: Some(nonce), .. } if outcome::opers(unmarked(nonce)) => {}
            Event::LoggedIn { account, data, .. } if data.is_empty() => {
                self.connection.sasl().begin_anew();
                let nick = self.told().nick.clone();
                push(out, &sasl::logged_in(host, &nick, account.as_str()));
            }
            // The client looks first whether this is the server that it means.
            Event::LoggedIn { account, data, .. } => {
                self.connection.sasl().prove(account.as_str());
                push(out, &sasl::pieces(data));
            }
            Event::Reply { reply, nonce } => {
                let asked = nonce.as_deref().map(unmarked);
                self.outcome(out, outcome::replied(reply, asked), asked, &reply.to_string());
            }
            Event::PasswordWanted { text } => {
                self.numeric(out, numeric::PASSWORD_MISMATCH, &[], text)
            }
            Event::Error { code, text, nonce } => {
                self.refused(*code, text, nonce.as_deref().map(unmarked), out);
            }
            Event::Ping => push(out, &format!("PING :{host}\r\n")),
            Event::Bye { reason } => {
                push(out, &written::end(format!("ERROR :Closing link ({reason})")))
            }
            _ => {}
        }
    }
}

impl Dialect for IrcDialect {
    fn encoding(&self) -> EncodingId {
        ENCODINGS[self.form() as usize]
    }

    fn encode_entry(&self, entry: &Entry, _: RoomRole, out: &mut Vec<u8>) {
        let connection = &self.connection;
        entry::encode(entry, self.form(), connection.host(), connection.setup.epoch(), out);
    }

    fn tells_past(&self) -> bool {
        true
    }

    /// A client that asks for what was said before is not told it twice.
    fn encode_past(&self, entry: &Entry, _: RoomRole, out: &mut Vec<u8>) {
        if self.has(Capability::ChatHistory) {
            return;
        }
        let connection = &self.connection;
        let mut told = self.told();
        let out = told.gathered.space(out);
        match self.has(Capability::ServerTime) {
            true => {
                entry::encode(entry, self.form(), connection.host(), connection.setup.epoch(), out)
            }
            false => entry::encode_replayed(entry, connection.host(), out),
        }
    }

    fn encode_event(&self, event: &Event, out: &mut Vec<u8>) {
        if let Event::Direct { .. } = event {
            return self.direct(event, out);
        }
        if let Event::Bye { .. } = event {
            // Nothing comes after it that could end what is gathered.
            let mut told = self.told();
            told.gathered.let_go(out);
            out.append(&mut told.held.take().unwrap_or_default());
        }
        let mut bytes = Vec::new();
        self.event(event, &mut bytes);
        let mut told = self.told();
        match label_of_later(event) {
            Some(label) => told.gathered.give_later(label, &bytes, &self.connection, out),
            None => told.gathered.space(out).extend_from_slice(&bytes),
        }
    }

    fn encode_answer(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if bytes == WELCOMED {
            return out.append(&mut self.told().held.take().unwrap_or_default());
        }
        self.told().gathered.take(bytes, &self.connection, out);
    }

    fn answers_pings(&self) -> bool {
        true
    }

    /// Clients show what their person types as soon as it is typed, or are told it with the label of their line.
    fn may_skip(&self) -> bool {
        !self.has(Capability::EchoMessage) || self.has(Capability::LabeledResponse)
    }

    fn skips(&self, entry: &Entry, is_own: bool) -> bool {
        let EntryKind::Message { nonce, .. } = &entry.what else { return false };
        let is_told_apart =
            || nonce.as_deref().is_some_and(|nonce| label::parted(nonce).0.is_some());
        is_own && (!self.has(Capability::EchoMessage) || is_told_apart())
    }
}

/// What a line asked for, of what it carried.
fn unmarked(nonce: &str) -> &str {
    label::parted(nonce).1
}

/// The label of what is told later than the line was done.
fn label_of_later(event: &Event) -> Option<&str> {
    let nonce = match event {
        Event::Reply { nonce, .. }
        | Event::Error { nonce, .. }
        | Event::Challenge { nonce, .. }
        | Event::LoggedIn { nonce, .. } => nonce.as_deref()?,
        _ => return None,
    };
    let (label, asked) = label::parted(nonce);
    label.filter(|_| outcome::is_answered_later(asked))
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
