//! A room is read: when it opens, when the engine is back, and when something does not fit. What the engine has lost it is given back, where that fits exactly; where it does not, the room
//! gets another epoch.

use std::collections::BTreeSet;
use std::sync::Arc;

use redis::Value;
use salotto::order::{Known, News, Ordered, OrderedRoom};
use salotto::{EntryId, EntryKind, Name, RoomName};

use super::{Ear, fresh_epoch};
use crate::redis::link::{LinkError, text, words};
use crate::redis::message::{Batch, Message, RoomKeys, UNMARKED};
use crate::redis::script;

/// How often a room is read in a row while others change what it is compared with.
const TRIES: usize = 8;
/// Batches that are read at a time.
const PAGE: usize = 100;

/// What a node knows of a room that it reads.
struct Mine {
    known: Known,
    mark: String,
    here: Vec<Name>,
    keys: Arc<RoomKeys>,
    topic: Option<String>,
}

/// A room as the engine tells it.
struct State {
    epoch: String,
    last: EntryId,
    mark: String,
    topic: Option<String>,
    deleted: BTreeSet<EntryId>,
    people: Vec<(Arc<str>, Vec<Name>)>,
}

impl Ear {
    /// Has the hub told how a room is; what follows is heard by the channel.
    pub(super) fn read(&mut self, room: &RoomName) -> Result<(), LinkError> {
        for _ in 0..TRIES {
            let Some(mine) = self.mine(room) else { return Ok(()) };
            let Some(state) = self.state(room, &mine)? else {
                self.heal(room, &mine, 0)?;
                continue;
            };
            let is_same = mine.known.epoch.as_ref() == Some(&state.epoch);
            if is_same && state.last < mine.known.last {
                if !self.heal(room, &mine, state.last)? {
                    self.fork(room, &mine.keys, &state)?;
                }
                continue;
            }
            let is_other =
                |mark: &str| mine.mark != UNMARKED && mark != UNMARKED && mark != mine.mark;
            if is_same && state.last == mine.known.last && is_other(&state.mark) {
                self.fork(room, &mine.keys, &state)?;
                continue;
            }
            let oldest = (state.last + 1).saturating_sub(self.shared.options.ring).max(1);
            let from = if is_same { oldest.max(mine.known.last + 1) } else { oldest };
            let batches = self.log(&mine.keys, from, state.last)?;
            // The first that is new to this node says what came before it.
            let first = batches.first().map(|(batch, _)| batch);
            let is_torn = |first: &Batch| {
                (first.first <= mine.known.last && mine.mark != UNMARKED)
                    || (first.first == mine.known.last + 1 && is_other(&first.before))
            };
            if is_same && first.is_some_and(is_torn) {
                self.fork(room, &mine.keys, &state)?;
                continue;
            }
            self.opened(room, mine, state, batches);
            return Ok(());
        }
        Err(LinkError::Garbled(format!("the room `{room}` changes too often to be read")))
    }

    /// What is known here; `None` where the room has closed.
    fn mine(&self, room: &RoomName) -> Option<Mine> {
        let rooms = self.shared.rooms();
        let open = rooms.get(room)?;
        Some(Mine {
            known: open.known.clone(),
            mark: open.mark.clone(),
            here: open.here.iter().cloned().collect(),
            keys: open.keys.clone(),
            topic: open.topic.clone(),
        })
    }

    /// What the engine has; `None` where it has lost it.
    fn state(&mut self, room: &RoomName, mine: &Mine) -> Result<Option<State>, LinkError> {
        let keys = &*mine.keys;
        let mut command = script::OPEN.on(&[
            &keys.state,
            &self.shared.keys.nodes,
            &keys.deleted,
            &keys.own_people,
            &self.shared.keys.rooms_of_node,
        ]);
        command.arg(&keys.channel).arg(&keys.id).arg(&self.shared.node);
        command.arg(mine.known.epoch.as_deref().unwrap_or_default()).arg(mine.known.last);
        command.arg(self.shared.epoch()).arg(&keys.people);
        for name in &mine.here {
            command.arg(name.as_str());
        }
        let answer = self.ask(&command)?;
        let garbled = || LinkError::Garbled(format!("it does not say how the room `{room}` is"));
        let Value::Array(parts) = answer else { return Err(garbled()) };
        match parts.as_slice() {
            [lost] if text(lost).as_deref() == Some("lost") => Ok(None),
            [epoch, last, mark, topic, deleted, people] => Ok(Some(State {
                epoch: text(epoch).ok_or_else(garbled)?,
                last: text(last).and_then(|last| last.parse().ok()).ok_or_else(garbled)?,
                mark: text(mark).unwrap_or_else(|| UNMARKED.to_owned()),
                topic: text(topic),
                deleted: words(deleted).iter().filter_map(|id| id.parse().ok()).collect(),
                people: people_of(people),
            })),
            _ => Err(garbled()),
        }
    }

    /// Gives back what comes after this id. Answers with whether it fitted.
    fn heal(&mut self, room: &RoomName, mine: &Mine, last: EntryId) -> Result<bool, LinkError> {
        let heard =
            self.shared.rooms().get(room).map(|open| open.heard_after(last)).unwrap_or_default();
        let keys = &*mine.keys;
        let mut command = script::HEAL.on(&[&keys.state, &keys.log, &keys.done]);
        command.arg(&keys.channel).arg(mine.known.epoch.as_deref().unwrap_or_default());
        command.arg(mine.known.last).arg(self.shared.options.ring);
        command.arg(mine.topic.as_ref().map(|topic| format!("={topic}")).unwrap_or_default());
        for heard in &heard {
            command.arg(heard.first).arg(heard.to).arg(&heard.before);
            command.arg(&*heard.node).arg(heard.number).arg(&heard.bytes);
        }
        let outcome = words(&self.ask(&command)?);
        let is_healed = outcome.first().is_some_and(|outcome| outcome == "healed");
        let what = if is_healed { "given back" } else { "conflict" };
        let until = mine.known.last;
        self.shared.tally().last_heal =
            Some(format!("`{room}` after {last} up to {until}: {what}"));
        Ok(is_healed)
    }

    /// Gives the room another epoch: ids of this one do not stand for the same on all nodes.
    fn fork(&mut self, room: &RoomName, keys: &RoomKeys, state: &State) -> Result<(), LinkError> {
        let mut command = script::FORK.on(&[&keys.state]);
        command.arg(&keys.channel).arg(&state.epoch).arg(fresh_epoch());
        self.ask(&command)?;
        if let Some(open) = self.shared.rooms().get_mut(room) {
            open.known.epoch = Some(String::new());
        }
        self.shared.tally().last_heal =
            Some(format!("`{room}`: another epoch after {}", state.last));
        Ok(())
    }

    /// Reads a part of the log, a page at a time.
    fn log(
        &mut self,
        room: &RoomKeys,
        from: EntryId,
        to: EntryId,
    ) -> Result<Vec<(Batch, Vec<u8>)>, LinkError> {
        let (mut batches, mut from) = (Vec::new(), from);
        while from <= to {
            let mut command = redis::cmd("XRANGE");
            command.arg(&room.log).arg(format!("{from}-0")).arg(format!("{to}-0"));
            let page = self.ask(command.arg("COUNT").arg(PAGE))?;
            let Value::Array(page) = page else { break };
            let is_last = page.len() < PAGE;
            for bytes in page.into_iter().filter_map(message_of) {
                if let Some(Message::Entries(batch)) = Message::parse(&bytes) {
                    from = batch.to + 1;
                    batches.push((batch, bytes));
                }
            }
            if is_last {
                break;
            }
        }
        Ok(batches)
    }

    fn opened(&self, room: &RoomName, mine: Mine, state: State, batches: Vec<(Batch, Vec<u8>)>) {
        let is_same = mine.known.epoch.as_ref() == Some(&state.epoch);
        // Without what is missing it does not go on where it was.
        let goes_on = match batches.first() {
            Some((first, _)) => first.first <= mine.known.last + 1,
            None => state.last == mine.known.last,
        };
        let from = if is_same { mine.known.last + 1 } else { 0 };
        let mut tail: Vec<Ordered> = Vec::new();
        let mut rooms = self.shared.rooms();
        let Some(open) = rooms.get_mut(room) else { return };
        let known = Known { epoch: Some(state.epoch.clone()), last: state.last };
        if !(is_same && goes_on) {
            open.begin_anew(known.clone(), state.mark.clone());
        }
        for (batch, bytes) in batches {
            open.hear(&batch, bytes, self.shared.ring());
            tail.extend(batch.entries_from(from));
        }
        (open.known, open.mark, open.is_read) = (known, state.mark, true);
        open.topic.clone_from(&state.topic);
        drop(rooms);
        for entry in &mut tail {
            if state.deleted.contains(&entry.id) {
                entry.what = EntryKind::Removed;
            }
        }
        let own = tail.iter().filter(|entry| *entry.node == *self.shared.node).count();
        self.shared.tally().ordered += if is_same { own as u64 } else { 0 };
        let State { epoch, last, topic, people, .. } = state;
        self.shared.tell(News::Opened(OrderedRoom {
            room: room.clone(),
            epoch,
            last,
            tail,
            topic,
            people,
        }));
        self.shared.queue.notify();
    }
}

/// The message in an entry of the log.
fn message_of(entry: Value) -> Option<Vec<u8>> {
    let Value::Array(entry) = entry else { return None };
    let Value::Array(fields) = entry.into_iter().nth(1)? else { return None };
    match fields.into_iter().nth(1)? {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

/// Who is in a room, by node.
fn people_of(value: &Value) -> Vec<(Arc<str>, Vec<Name>)> {
    let Value::Array(nodes) = value else { return Vec::new() };
    let node = |value: &Value| match value {
        Value::Array(pair) => {
            let names = words(pair.get(1)?).into_iter();
            let names = names.filter_map(|name| serde_json::from_value(name.into()).ok()).collect();
            Some((text(pair.first()?)?.into(), names))
        }
        _ => None,
    };
    nodes.iter().filter_map(node).collect()
}
