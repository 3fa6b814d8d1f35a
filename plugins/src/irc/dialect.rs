//! The way out: what is said, and what one client alone is told. Entries have two encodings, bare and with tags. Who comes and goes is no entry here: see [`super::presence`].

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use salotto::dialect::{Dialect, EncodingId, RoomRole};
use salotto::protocol::MessageKind;
use salotto::{Entry, EntryKind, Event, LeaveReason, NoticeKind, RoomName, Timestamp};

use super::capability::Capability;
use super::channel;
use super::commands::outcome::{self, Told as Outcome};
use super::connection::Connection;
use super::numeric;
use super::presence;
use super::saying::Saying;
use super::written;

/// Lines as they always were.
static BARE: LazyLock<EncodingId> = LazyLock::new(EncodingId::new);
/// With the time and the id before each.
static TAGGED: LazyLock<EncodingId> = LazyLock::new(EncodingId::new);

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
}

/// Something said to one person.
struct Direct<'e> {
    from: &'e str,
    to: &'e str,
    text: &'e str,
    tags: &'e BTreeMap<String, String>,
    time: Timestamp,
    nonce: Option<&'e str>,
}

impl IrcDialect {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        let nick = "*".into();
        Self { connection, told: Mutex::new(Told { nick, rooms: Vec::new() }) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_tagged(&self) -> bool {
        let capabilities = &self.connection.capabilities;
        capabilities.has(Capability::ServerTime) || capabilities.has(Capability::MessageTags)
    }

    fn numeric(&self, out: &mut Vec<u8>, number: numeric::Numeric, middle: &[&str], last: &str) {
        let nick = self.told().nick.clone();
        push(out, &written::numeric(self.connection.host(), number, &nick, middle, last));
    }

    /// Tells the client something as the server, a line each.
    fn notice(&self, out: &mut Vec<u8>, to: &str, text: &str) {
        for line in text.lines().filter(|line| !line.is_empty()) {
            said(out, "", self.connection.host(), "NOTICE", to, line);
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
            Outcome::Numbers(lines) => {
                for (number, middle, last) in lines {
                    let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
                    let last = last.as_deref().unwrap_or(text);
                    self.numeric(out, number, &middle, last);
                }
            }
        }
    }

    fn direct(&self, out: &mut Vec<u8>, direct: Direct<'_>) {
        let Direct { from, to, text, tags, time, nonce } = direct;
        let is_echo = self.told().nick == from && from != to;
        let saying = Saying::of(tags);
        if is_echo && matches!(saying, Some(Saying::Invite(_))) {
            let asked = nonce.and_then(|asked| asked.strip_prefix("INVITE "));
            return asked
                .map(|asked| self.outcome(out, outcome::invited(asked), None, ""))
                .unwrap_or(());
        }
        if is_echo && !self.connection.capabilities.has(Capability::EchoMessage) {
            return;
        }
        let source = written::source(from, self.connection.host());
        let tags = if self.is_tagged() { written::tags(time, None) } else { String::new() };
        match &saying {
            Some(Saying::Invite(channel)) => {
                push(out, &tags);
                push(out, &written::end(format!(":{source} INVITE {to} {channel}")));
            }
            Some(saying) => said(out, &tags, &source, saying.verb(), to, &saying.wrap(text)),
            None => said(out, &tags, &source, "PRIVMSG", to, text),
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
        push(out, &written::end(format!(":{source} JOIN {channel}")));
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
}

impl Dialect for IrcDialect {
    fn encoding(&self) -> EncodingId {
        if self.is_tagged() { *TAGGED } else { *BARE }
    }

    fn encode_entry(&self, entry: &Entry, _: RoomRole, out: &mut Vec<u8>) {
        let host = self.connection.host();
        let channel = channel::of_room(&entry.room);
        let tags = match self.is_tagged() {
            true => written::tags(entry.time, Some(&format!("{}-{}", entry.room, entry.id))),
            false => String::new(),
        };
        match &entry.what {
            EntryKind::Message { from, text, kind, tags: marks, .. } => {
                let source = written::source(from.as_str(), host);
                let verb = Saying::of(marks).map_or("PRIVMSG", |saying| saying.verb());
                match kind {
                    MessageKind::Say => said(out, &tags, &source, verb, &channel, text),
                    MessageKind::Act => {
                        let text = format!("\u{1}ACTION {text}\u{1}");
                        said(out, &tags, &source, "PRIVMSG", &channel, &text);
                    }
                }
            }
            // Those are told of as IRC does.
            EntryKind::Notice {
                kind: NoticeKind::Joined | NoticeKind::Left | NoticeKind::Renamed,
                ..
            } => {}
            EntryKind::Notice { text, .. } => {
                for line in text.lines().filter(|line| !line.is_empty()) {
                    said(out, &tags, host, "NOTICE", &channel, line);
                }
            }
            EntryKind::Topic { topic, who } => {
                let source = who
                    .as_ref()
                    .map_or_else(|| host.to_owned(), |who| written::source(who.as_str(), host));
                push(out, &tags);
                push(out, &written::end(format!(":{source} TOPIC {channel} :{topic}")));
            }
            _ => {}
        }
    }

    fn encode_event(&self, event: &Event, out: &mut Vec<u8>) {
        let host = self.connection.host();
        match event {
            Event::Welcome { name, .. } => self.told().nick = name.to_string(),
            Event::Named { name, .. } => {
                let before = std::mem::replace(&mut self.told().nick, name.to_string());
                if before != name.as_str() {
                    let source = written::source(&before, host);
                    push(out, &written::end(format!(":{source} NICK {name}")));
                }
            }
            Event::Entered { room, .. } => self.entered(out, room),
            Event::Exited { room, reason } => self.exited(out, room, reason),
            Event::Direct { from, to, text, time, tags, nonce } => {
                let (from, to, nonce) = (from.as_str(), to.as_str(), nonce.as_deref());
                self.direct(out, Direct { from, to, text, tags, time: *time, nonce });
            }
            Event::DirectNotice { text, .. } => self.notice_here(out, text),
            Event::Reply { reply, nonce } => {
                let (outcome, asked) =
                    (outcome::replied(reply, nonce.as_deref()), nonce.as_deref());
                self.outcome(out, outcome, asked, &reply.to_string());
            }
            Event::PasswordWanted { text } => {
                self.numeric(out, numeric::PASSWORD_MISMATCH, &[], text)
            }
            Event::Error { code, text, nonce } => {
                let (outcome, asked) =
                    (outcome::refused(*code, nonce.as_deref()), nonce.as_deref());
                self.outcome(out, outcome, asked, text);
            }
            Event::Ping => push(out, &format!("PING :{host}\r\n")),
            Event::Bye { reason } => {
                push(out, &written::end(format!("ERROR :Closing link ({reason})")))
            }
            _ => {}
        }
    }

    fn answers_pings(&self) -> bool {
        true
    }

    /// Clients show what their person types as soon as it is typed.
    fn may_skip(&self) -> bool {
        !self.connection.capabilities.has(Capability::EchoMessage)
    }

    fn skips(&self, entry: &Entry, is_own: bool) -> bool {
        is_own && matches!(entry.what, EntryKind::Message { .. })
    }
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Something that is said, in as many lines as it needs.
fn said(out: &mut Vec<u8>, tags: &str, source: &str, verb: &str, to: &str, text: &str) {
    let head = format!(":{source} {verb} {to} :");
    for part in written::parts(text, head.len()) {
        push(out, tags);
        push(out, &head);
        push(out, part);
        push(out, "\r\n");
    }
}
