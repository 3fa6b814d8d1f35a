//! What the person says, on its way to the server: no longer than the server takes, no faster than it reads, and kept where it did not arrive.

use std::time::{Duration, SystemTime};

use salotto::Request;
use salotto::protocol::MessageKind;

use super::conversation::{Conversation, Pending};
use super::text::message;
use super::{Connection, ConversationId, Effect, Kind, Model, Ticket};

/// So many of several lines are sent at once, unless the server takes fewer, and the others one after the other: a person who types is no faster.
const AT_ONCE: u32 = 5;
const PACE: Duration = Duration::from_secs(1);
/// What a request takes as a line beside its text and the name of its room or reader.
const AROUND: usize = 128;
/// A server that has not answered for so long may be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Several lines that are sent one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// Those that are still to be sent.
    pub(super) lines: std::collections::VecDeque<String>,
    /// How many may be sent before the pace holds.
    at_once: u32,
    /// When the next is sent.
    next: Option<SystemTime>,
    /// Why nothing more is sent until the person says so.
    stopped: Option<String>,
}

impl Queue {
    /// How many lines are still to be sent.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Why nothing more is sent until the person says so.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }
}

impl Model {
    /// What keeps a text from being sent: it is longer than the server takes. For the person, in one line.
    pub fn too_long(&self, conversation: &Conversation, text: &str) -> Option<String> {
        let text = message(text);
        let text = text.trim_end();
        let (length, limit) = (text.chars().count(), self.server.message_characters);
        if let Some(limit) = limit.filter(|limit| length > *limit) {
            return Some(format!(
                "{length} characters; this server takes {limit} in a message. Shorten it"
            ));
        }
        let escaped = |c: char| match c {
            '"' | '\\' => 2,
            c => c.len_utf8(),
        };
        let bytes = text.chars().map(escaped).sum::<usize>() + conversation.title().len() + AROUND;
        let limit = self.server.line_bytes.filter(|limit| bytes > *limit)?;
        Some(format!("{bytes} bytes; this server takes {limit} in a line. Shorten it"))
    }

    /// Sends lines one after the other, behind those that wait already.
    pub(super) fn say_all(
        &mut self,
        id: ConversationId,
        lines: Vec<String>,
        effects: &mut Vec<Effect>,
    ) {
        let at_once = AT_ONCE.min(self.server.lines_at_once.unwrap_or(AT_ONCE));
        let Some(conversation) = self.conversations.get_mut(id) else { return };
        let queue = &mut conversation.queue;
        if queue.lines.is_empty() {
            *queue = Queue { at_once, ..Queue::default() };
        }
        let lines = lines.iter().map(|line| message(line).into_owned());
        queue.lines.extend(lines.filter(|line| !line.trim().is_empty()));
        self.send_queued(effects);
    }

    /// Goes on with the lines that were stopped, or forgets them.
    pub(super) fn settle_queue(
        &mut self,
        id: ConversationId,
        go_on: bool,
        effects: &mut Vec<Effect>,
    ) {
        let now = self.now;
        let Some(conversation) = self.conversations.get_mut(id) else { return };
        conversation.queue.stopped = None;
        conversation.queue.next = Some(now);
        if !go_on {
            conversation.queue.lines.clear();
        }
        self.send_queued(effects);
    }

    /// Sends the lines whose time has come. One that was refused stops those behind it.
    pub(super) fn send_queued(&mut self, effects: &mut Vec<Effect>) {
        let slowest = self.server.lines_per_second.filter(|rate| *rate > 0.0).unwrap_or(1.0);
        let pace = PACE.max(Duration::try_from_secs_f64(1.0 / slowest).unwrap_or(PACE));
        let (now, is_online) = (self.now, self.connection == Connection::Online);
        let waiting: Vec<ConversationId> = self
            .conversations
            .all()
            .iter()
            .filter(|conversation| !conversation.queue.lines.is_empty())
            .map(Conversation::id)
            .collect();
        for id in waiting {
            while let Some(conversation) = self.conversations.get_mut(id) {
                let queue = &mut conversation.queue;
                if queue.stopped.is_some() || !is_online || queue.next.is_some_and(|at| at > now) {
                    break;
                }
                // At once, or one after the other, each when the one before has arrived.
                if queue.at_once == 0 && !conversation.pending.is_empty() {
                    break;
                }
                let Some(line) = queue.lines.pop_front() else { break };
                queue.at_once = queue.at_once.saturating_sub(1);
                queue.next = (queue.at_once == 0).then(|| now + pace);
                self.say(id, line, effects);
            }
        }
    }

    /// When the next line of several is to be sent.
    pub(super) fn next_queued(&self) -> Option<SystemTime> {
        let queues = self.conversations.all().iter().map(|conversation| &conversation.queue);
        let running = queues.filter(|queue| !queue.is_empty() && queue.stopped.is_none());
        running.filter_map(|queue| queue.next).filter(|at| *at > self.now).min()
    }

    pub(super) fn say(&mut self, id: ConversationId, text: String, effects: &mut Vec<Effect>) {
        let ticket = self.ticket();
        let is_over = matches!(self.connection, Connection::Ended { .. } | Connection::Idle);
        let Some(conversation) = self.conversations.get(id) else { return };
        let request = match &conversation.kind {
            Kind::Room(room) => Request::Say {
                text: text.clone(),
                room: Some(room.to_string()),
                kind: MessageKind::default(),
            },
            Kind::Direct(name) => Request::Direct { to: name.to_string(), text: text.clone() },
            Kind::ServerInfo => return,
        };
        let failed = match self.too_long(conversation, &text) {
            None if is_over => Some("there is no connection".to_owned()),
            reason => reason,
        };
        let has_failed = failed.is_some();
        let Some(conversation) = self.conversations.get_mut(id) else { return };
        conversation.first_unread = None;
        let place = conversation.log.end();
        conversation.pending.push(Pending {
            ticket,
            text,
            failed,
            place,
            nonce: None,
            in_doubt: false,
        });
        if has_failed {
            conversation.stop_queue();
        } else {
            self.request(ticket, request, effects);
        }
    }

    /// Hands a request to the network, and notes since when an answer is waited for.
    pub(super) fn request(&mut self, ticket: Ticket, request: Request, effects: &mut Vec<Effect>) {
        self.waiting_since.get_or_insert(self.now);
        effects.push(Effect::Request { ticket, request });
    }

    /// When the person is told that the server does not answer, if it goes on like this.
    pub(super) fn silent_at(&self) -> Option<SystemTime> {
        let is_online = self.connection == Connection::Online;
        self.waiting_since.filter(|_| is_online).map(|since| since + PATIENCE)
    }

    /// Whether the server has said nothing for a while though something was asked of it.
    pub fn is_silent(&self) -> bool {
        self.silent_at().is_some_and(|at| at <= self.now)
    }

    /// Takes back messages that failed.
    pub(super) fn take_failed(
        &mut self,
        tickets: &[Ticket],
    ) -> Option<(ConversationId, Vec<Pending>)> {
        let is_it = |one: &Pending| one.failed.is_some() && tickets.contains(&one.ticket);
        let mut all = self.conversations.all_mut();
        let conversation = all.find(|conversation| conversation.pending.iter().any(is_it))?;
        let taken = conversation.pending.extract_if(.., |one| is_it(one)).collect();
        Some((conversation.id, taken))
    }

    /// Sends messages that failed once more: one at once, before what waits, and several at the pace of the server.
    pub(super) fn resend(&mut self, tickets: &[Ticket], effects: &mut Vec<Effect>) {
        let Some((id, failed)) = self.take_failed(tickets) else { return };
        let mut texts: Vec<String> = failed.into_iter().map(|pending| pending.text).collect();
        match texts.len() {
            1 => self.say(id, texts.remove(0), effects),
            _ => self.say_all(id, texts, effects),
        }
    }
}

impl Conversation {
    /// What waits to be sent waits for the person: something before it was refused.
    pub(super) fn stop_queue(&mut self) {
        let failed = self.pending.iter().rev().find_map(|pending| pending.failed.clone());
        if !self.queue.is_empty() {
            self.queue.stopped = failed;
        }
    }
}
