//! What a client has asked for, read by the store meanwhile, on its way back.

use std::collections::HashMap;
use std::sync::Arc;

use salotto::protocol::{Page, Place};
use salotto::store::{Answer, PAGE, PageQuery, StoreError};
use salotto::{Context, Entry, EntryId, EntryKind, MemberId, RoomName, Store, Timestamp};

use super::batch::{self, is_told};
use super::span::{From, Mark, Span};
use crate::irc::commands::ping::Pong;
use crate::irc::{Irc, channel, label, written};

/// So many reads may be under way at a time for one client, and for all together.
const MOST_EACH: usize = 4;
const MOST: usize = 128;

/// So many answers of one client wait for what is read for it; the next do not.
const MOST_KEPT: usize = 16;

/// Reads that are under way.
#[derive(Debug, Default)]
pub(in crate::irc) struct Reads {
    count: usize,
    of: HashMap<MemberId, Reading>,
}

/// Those of one client.
#[derive(Debug, Default)]
struct Reading {
    count: usize,
    /// What it is told after them.
    kept: Vec<Pong>,
}

impl Reads {
    /// Whether there may be another for a client.
    pub(in crate::irc) fn has_space(&self, member: MemberId) -> bool {
        self.count < MOST && self.of.get(&member).is_none_or(|of| of.count < MOST_EACH)
    }

    fn begin(&mut self, member: MemberId) {
        self.count += 1;
        self.of.entry(member).or_default().count += 1;
    }

    /// One is over. Returns what its client is told now that was kept for the end of the last one.
    pub(in crate::irc) fn end(&mut self, member: MemberId) -> Vec<Pong> {
        self.count = self.count.saturating_sub(1);
        let Some(of) = self.of.get_mut(&member) else { return Vec::new() };
        of.count -= 1;
        if of.count > 0 {
            return Vec::new();
        }
        self.of.remove(&member).map(|of| of.kept).unwrap_or_default()
    }

    /// Keeps an answer until nothing is read for its client any more; gives it back where nothing is.
    pub(in crate::irc) fn keep(&mut self, member: MemberId, pong: Pong) -> Option<Pong> {
        match self.of.get_mut(&member).filter(|of| of.kept.len() < MOST_KEPT) {
            Some(of) => of.kept.push(pong),
            None => return Some(pong),
        }
        None
    }
}

/// What is read.
pub(super) struct Asked {
    pub(super) member: MemberId,
    pub(super) label: Option<String>,
    /// As the client has called it.
    pub(super) target: String,
    pub(super) room: RoomName,
    /// The first entry that it may read.
    pub(super) since: EntryId,
    pub(super) span: Span,
    pub(super) with_events: bool,
}

/// What was read, for whoever has asked.
pub(in crate::irc) struct Read {
    member: MemberId,
    label: Option<String>,
    what: What,
}

enum What {
    Page { target: String, room: RoomName, entries: Result<Vec<Entry>, StoreError> },
    Found(Result<Vec<Entry>, StoreError>),
    Targets(Vec<(RoomName, Timestamp)>),
}

impl Read {
    /// Reads a page.
    pub(super) fn page(
        irc: &mut Irc,
        context: &mut Context<'_>,
        store: Arc<dyn Store>,
        asked: Asked,
    ) {
        let (member, label) = (asked.member, asked.label.clone());
        Self::begin(irc, context, member, label, async move {
            let entries = read_page(&*store, &asked).await;
            What::Page { target: asked.target, room: asked.room, entries }
        });
    }

    /// Looks for messages.
    pub(in crate::irc) fn search(
        irc: &mut Irc,
        context: &mut Context<'_>,
        (member, label): (MemberId, Option<String>),
        store: Arc<dyn Store>,
        query: salotto::store::SearchQuery,
    ) {
        Self::begin(irc, context, member, label, async move {
            What::Found(ask(|answer| store.search(query, answer)).await)
        });
    }

    /// Looks when something was said last, in each of some rooms.
    pub(super) fn targets(
        irc: &mut Irc,
        context: &mut Context<'_>,
        (member, label): (MemberId, Option<String>),
        store: Arc<dyn Store>,
        rooms: Vec<(RoomName, EntryId)>,
        within: (Timestamp, Timestamp),
        limit: usize,
    ) {
        Self::begin(irc, context, member, label, async move {
            let mut targets = Vec::new();
            for (room, since) in rooms {
                let query = PageQuery {
                    room: room.clone(),
                    place: Place::Last,
                    since,
                    limit: 1,
                    only_messages: true,
                };
                let page = ask(|answer| store.page(query, answer)).await.unwrap_or_default();
                let last = page.entries.last().map(|entry| (room, entry.time));
                targets.extend(last.filter(|(_, time)| within.0 < *time && *time < within.1));
            }
            targets.sort_by_key(|(_, time)| *time);
            targets.truncate(limit);
            What::Targets(targets)
        });
    }

    fn begin(
        irc: &mut Irc,
        context: &mut Context<'_>,
        member: MemberId,
        label: Option<String>,
        read: impl Future<Output = What> + Send + 'static,
    ) {
        irc.reads.begin(member);
        let mailbox = context.mailbox();
        context.spawn(async move {
            let what = read.await;
            mailbox.send(Self { member, label, what }).await;
        });
    }

    /// For whom it was read.
    pub(in crate::irc) fn member(&self) -> MemberId {
        self.member
    }

    /// Tells the client, if it is still there and may still read it.
    pub(in crate::irc) fn tell(self, irc: &Irc, context: &mut Context<'_>) {
        let Self { member, label, what } = self;
        let Some(connection) = irc.connections.get(&member) else { return };
        let (host, readable) = (connection.host(), context.readable(member));
        let may = |room: &RoomName| readable.iter().any(|(readable, _)| readable == room);
        let ignored = context.ignored(member);
        let is_wanted = |entry: &Entry| match &entry.what {
            EntryKind::Message { from, .. } => !ignored.contains(from),
            _ => true,
        };
        let lines = match what {
            What::Page { target, room, entries } if may(&room) => match entries {
                Ok(mut entries) => {
                    entries.retain(is_wanted);
                    batch::whole(irc, connection, "chathistory", &target, &entries)
                }
                Err(error) => {
                    let about = [target.as_str()];
                    written::fail(host, "CHATHISTORY", "MESSAGE_ERROR", &about, &error.0)
                }
            },
            What::Page { target, .. } => {
                let text = "you are not in that channel any more";
                written::fail(host, "CHATHISTORY", "INVALID_TARGET", &[&target], text)
            }
            What::Found(Ok(mut entries)) => {
                entries.retain(|entry| may(&entry.room) && is_wanted(entry));
                batch::whole(irc, connection, "soju.im/search", "", &entries)
            }
            What::Found(Err(error)) => {
                written::fail(host, "SEARCH", "INTERNAL_ERROR", &[], &error.0)
            }
            What::Targets(targets) => {
                let targets = targets.into_iter().filter(|(room, _)| may(room));
                batch::lines_of(connection, "draft/chathistory-targets", "", |batch| {
                    let tag = batch.map(|batch| format!("@batch={batch} ")).unwrap_or_default();
                    let line = |(room, time): (RoomName, Timestamp)| {
                        let channel = channel::of_room(&room);
                        let line = format!(":{host} CHATHISTORY TARGETS {channel} {time}");
                        format!("{tag}{}", written::end(line))
                    };
                    targets.map(line).collect()
                })
            }
        };
        for answer in label::under(label.as_deref(), lines) {
            context.answer(member, answer);
        }
    }
}

async fn read_page(store: &dyn Store, asked: &Asked) -> Result<Vec<Entry>, StoreError> {
    let Asked { room, since, span, with_events, .. } = asked;
    let first_at = |time: Timestamp| ask(move |answer| store.first_at(room, time, answer));
    let place = match span.from {
        From::Last => Place::Last,
        From::Before(Mark::Entry(id)) => Place::Before(id),
        From::After(Mark::Entry(id)) => Place::After(id),
        From::Around(Mark::Entry(id)) => Place::Around(id),
        From::Before(Mark::Time(time)) => Place::Before(first_at(time).await?),
        From::After(Mark::Time(time)) => {
            let next = time.system_time() + std::time::Duration::from_millis(1);
            Place::After(first_at(next.into()).await?.saturating_sub(1))
        }
        From::Around(Mark::Time(time)) => Place::Around(first_at(time).await?),
    };
    // Of what else happens, not all is told: of more there is enough.
    let limit = if *with_events { PAGE } else { span.limit };
    let (room, since, only_messages) = (room.clone(), *since, !with_events);
    let query = PageQuery { room, place, since, limit, only_messages };
    let Page { mut entries, .. } = ask(|answer| store.page(query, answer)).await?;
    entries.retain(|entry| is_told(entry, *with_events));
    let more = entries.len().saturating_sub(span.limit);
    match (place, span.is_from_the_end()) {
        (_, true) => drop(entries.drain(..more)),
        (Place::Around(id), _) => keep_around(&mut entries, id, span.limit),
        _ => entries.truncate(span.limit),
    }
    entries.retain(|entry| span.has(entry));
    Ok(entries)
}

/// Keeps so many entries around one: itself, if it is there, and as many on either side.
fn keep_around(entries: &mut Vec<Entry>, id: EntryId, limit: usize) {
    let place = entries.partition_point(|entry| entry.id < id);
    let after = limit.div_ceil(2).min(entries.len() - place);
    entries.drain(..place.saturating_sub(limit - after));
    entries.truncate(limit);
}

/// Asks a store, and waits for what it answers.
pub(in crate::irc) async fn ask<T: Send + 'static>(
    ask: impl FnOnce(Answer<T>),
) -> Result<T, StoreError> {
    let (sender, answer) = async_channel::bounded(1);
    ask(Box::new(move |found| {
        // There is room for the one answer; whoever asked may be gone.
        let _ = sender.try_send(found);
    }));
    answer.recv().await.unwrap_or_else(|_| Err(StoreError("it was not read; ask again".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_does_not_have_all_that_can_be_read_at_a_time() {
        let member = |number: u64| serde_json::from_str::<MemberId>(&number.to_string()).unwrap();
        let (ada, bob) = (member(1), member(2));
        let mut reads = Reads::default();
        (0..MOST_EACH).for_each(|_| reads.begin(ada));
        assert!(!reads.has_space(ada) && reads.has_space(bob));
        reads.end(ada);
        assert!(reads.has_space(ada));
        assert!((1..MOST_EACH).all(|_| reads.end(ada).is_empty()));
        assert!(reads.of.is_empty() && reads.count == 0);
    }
}
