//! The thread that hears what the engine tells: it connects, has rooms read, and hands on what follows, each entry once and in order.
//!
//! It has two connections: one that is subscribed to channels, and one that asks. It subscribes first and reads then, so nothing is missed between; what comes twice is dropped.

mod reading;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use redis::Value;
use salotto::order::{Claim, News};
use salotto::{Name, RoomName};

use super::calls;
use super::link::{Link, LinkError, text, words};
use super::message::{self, Batch, Message};
use super::room::Fit;
use super::script;
use super::shared::Shared;

/// Between two tries to connect, at first and at most.
const BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);
/// A connection that held for so long was a good one.
const GOOD: Duration = Duration::from_secs(5);
/// Names, or values, that go in one round.
const MANY: usize = 500;

pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("salotto-ear".to_owned()).spawn(move || run(shared))
}

fn run(shared: Arc<Shared>) {
    let mut backoff = BACKOFF;
    while !shared.queue.is_closed() {
        let since = Instant::now();
        let ended = Ear::connect(shared.clone()).and_then(Ear::listen);
        if shared.queue.is_closed() {
            return;
        }
        if let Err(why) = ended {
            shared.lose(why.to_string());
        }
        if since.elapsed() > GOOD {
            backoff = BACKOFF;
        }
        // Nodes that lost the same engine do not all come at once.
        if shared.queue.pause(backoff.mul_f64(0.5 + fastrand::f64())) {
            return;
        }
        backoff = (backoff * 2).min(LONGEST_BACKOFF);
    }
}

/// What the ids of an engine, or of a room, belong to that is new.
fn fresh_epoch() -> String {
    format!("{:016x}", fastrand::u64(..))
}

struct Ear {
    shared: Arc<Shared>,
    /// Subscribed; the writer subscribes through it, too.
    channel: Link,
    asks: Link,
    /// Rooms whose subscription is yet to be confirmed before all is told anew.
    expected: usize,
    is_told: bool,
}

impl Ear {
    /// Connects, and tells what has to be known first.
    fn connect(shared: Arc<Shared>) -> Result<Self, LinkError> {
        let (engine, channel) = shared.connect()?;
        let asks = Link::connect(&shared.engines[engine], &shared.node, shared.options.timeout)?;
        let mut ear = Self { shared, channel, asks, expected: 0, is_told: false };
        let shared = ear.shared.clone();
        let former = if shared.options.replaces { shared.options.name.as_str() } else { "" };
        let former = if shared.is_first() { former } else { "" };
        ear.ask(&calls::beat(&shared, 0, former))?;
        ear.give_back_values()?;
        ear.get_ready()?;
        ear.reclaim_names()?;
        // A node hears its own beats; where those do not come, nothing does.
        ear.channel.set_patience(shared.beat_every() * 2 + shared.options.timeout)?;
        shared.found(engine, ear.channel.side()?);
        // Those that are opened from here on, the writer subscribes to.
        let rooms: Vec<_> = shared.rooms().values().map(|open| open.keys.channel.clone()).collect();
        ear.expected = rooms.len();
        let mut channels = vec![shared.keys.common.clone(), shared.keys.own_channel()];
        channels.extend(rooms);
        for channels in channels.chunks(MANY) {
            ear.channel.send(&calls::subscribe(channels))?;
        }
        ear.tell_back();
        Ok(ear)
    }

    fn ask(&mut self, command: &redis::Cmd) -> Result<Value, LinkError> {
        match self.asks.ask(command)? {
            Value::ServerError(error) => {
                let said = format!("{} {}", error.code(), error.details().unwrap_or_default());
                Err(LinkError::Refused(self.shared.engine_in_use(), said.trim_end().to_owned()))
            }
            value => Ok(value),
        }
    }

    /// What this node has set last, the engine may have lost.
    fn give_back_values(&mut self) -> Result<(), LinkError> {
        let recent = self.shared.values().recent();
        for ((namespace, key), value) in recent {
            self.ask(&calls::set(&self.shared, &namespace, &key, value.as_deref()))?;
        }
        Ok(())
    }

    fn get_ready(&mut self) -> Result<(), LinkError> {
        let keys = &self.shared.keys;
        let mut command = script::READY.on(&[&keys.engine, &keys.values]);
        let before = self.shared.epoch();
        command.arg(if before.is_empty() { fresh_epoch() } else { before });
        let answer = self.ask(&command)?;
        let mut words = words(&answer).into_iter();
        let garbled = || LinkError::Garbled("it does not say what epoch it is".to_owned());
        let (epoch, was_given) =
            (words.next().ok_or_else(garbled)?, words.next().ok_or_else(garbled)? == "1");
        let mut values = BTreeMap::new();
        while let (Some(field), Some(value)) = (words.next(), words.next()) {
            values.extend(message::place(&field).map(|place| (place, value)));
        }
        let known = self.shared.values().values.clone();
        let values = match (was_given, known) {
            (true, _) => Some(values),
            // All of it is lost, and this node comes first.
            (false, Some(known)) => {
                for ((namespace, key), value) in &known {
                    self.ask(&calls::set(&self.shared, namespace, key, Some(value)))?;
                }
                Some(known)
            }
            (false, None) => None,
        };
        self.shared.values().values = Some(values.clone().unwrap_or_default());
        let values = values.map(|values| {
            values.into_iter().map(|((namespace, key), value)| (namespace, key, value)).collect()
        });
        self.shared.set_epoch(&epoch);
        self.shared.tell(News::Ready { epoch, values });
        Ok(())
    }

    /// Makes sure of the names of this node; the engine may have lost some, and somebody may have had one for longer.
    fn reclaim_names(&mut self) -> Result<(), LinkError> {
        let names: Vec<(Claim, String)> = self.shared.names().values().cloned().collect();
        for names in names.chunks(MANY) {
            let mut packed = Vec::new();
            for (claim, since) in names {
                calls::claim(&self.shared, claim, since).write_packed_command(&mut packed);
            }
            self.asks.send(&packed)?;
            for (claim, _) in names {
                let answer = self.asks.receive()?;
                if words(&answer).first().is_some_and(|answer| answer == "taken") {
                    self.lose_name(claim.name.clone(), false);
                }
            }
        }
        Ok(())
    }

    fn lose_name(&self, name: Name, taken_over: bool) {
        self.shared.names().remove(&name);
        self.shared.tell(News::NameLost { name, taken_over });
    }

    /// Once all rooms were told anew.
    fn tell_back(&mut self) {
        if self.expected == 0
            && !std::mem::replace(&mut self.is_told, true)
            && self.shared.take_told()
        {
            self.shared.tell(News::Back);
        }
    }

    /// Hears what is told until the connection breaks.
    fn listen(mut self) -> Result<(), LinkError> {
        loop {
            let Value::Array(parts) = self.channel.receive()? else { continue };
            let [kind, channel, last] = <[Value; 3]>::try_from(parts)
                .map_err(|_| LinkError::Garbled("a message that is none".to_owned()))?;
            let (kind, channel) =
                (text(&kind).unwrap_or_default(), text(&channel).unwrap_or_default());
            let is_of_room = self.shared.keys.is_of_room(&channel);
            let room = if is_of_room { self.shared.room_of(&channel) } else { None };
            match (kind.as_str(), room, last) {
                ("subscribe", room, _) if is_of_room => {
                    // It may have closed meanwhile.
                    room.map_or(Ok(()), |room| self.read(&room))?;
                    self.expected = self.expected.saturating_sub(1);
                    self.tell_back();
                }
                ("message", Some(room), Value::BulkString(bytes)) => {
                    self.hear_in_room(room, bytes)?
                }
                ("message", None, Value::BulkString(bytes)) if !is_of_room => {
                    self.hear(Message::parse(&bytes))?
                }
                _ => {}
            }
        }
    }

    fn hear_in_room(&mut self, room: RoomName, bytes: Vec<u8>) -> Result<(), LinkError> {
        match Message::parse(&bytes) {
            Some(Message::Entries(batch)) => self.hear_batch(room, batch, bytes),
            Some(Message::People { node, here, gone }) => {
                if *node != *self.shared.node {
                    self.shared.tell(News::People { room, node, here, gone });
                }
                Ok(())
            }
            Some(Message::Forked) => self.read(&room),
            Some(Message::Deleted { id, from }) => {
                if *from != *self.shared.node {
                    self.shared.tell(News::Deleted { room, id });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn hear_batch(
        &mut self,
        room: RoomName,
        batch: Batch,
        bytes: Vec<u8>,
    ) -> Result<(), LinkError> {
        let fit = match self.shared.rooms().get_mut(&room) {
            // It has closed, or is about to be read.
            None => return Ok(()),
            Some(open) if !open.is_read => return Ok(()),
            Some(open) => {
                let fit = open.fit(&batch);
                if fit == Fit::Next {
                    open.hear(&batch, bytes, self.shared.ring());
                }
                fit
            }
        };
        match fit {
            Fit::Next => self.hand_on(room, batch),
            Fit::Known => {}
            Fit::Apart => self.read(&room)?,
        }
        Ok(())
    }

    fn hand_on(&self, room: RoomName, mut batch: Batch) {
        let is_own = *batch.node == *self.shared.node;
        let (here, gone) =
            (std::mem::take(&mut batch.body.here), std::mem::take(&mut batch.body.gone));
        let has_people = !here.is_empty() || !gone.is_empty();
        if has_people && !is_own {
            let (room, node) = (room.clone(), batch.node.clone());
            self.shared.tell(News::People { room, node, here, gone });
        }
        let entries = batch.entries_from(0);
        if is_own {
            self.shared.tally().ordered += entries.len() as u64;
        }
        if !entries.is_empty() {
            self.shared.tell(News::Entries { room, entries });
        }
    }

    fn hear(&mut self, message: Option<Message>) -> Result<(), LinkError> {
        match message {
            Some(Message::Told { from, text }) if *from != *self.shared.node => {
                self.shared.tell(News::Told { from, text });
            }
            Some(Message::Value { from, namespace, key, value }) => {
                self.shared.values().put((namespace.clone(), key.clone()), value.clone());
                if *from != *self.shared.node {
                    self.shared.tell(News::Value { namespace, key, value });
                }
            }
            Some(Message::NameLost { name, taken_over }) => self.lose_name(name, taken_over),
            Some(Message::Gone(node)) if *node == *self.shared.node => {
                let why = "others have not heard of this node for too long";
                return Err(LinkError::Garbled(why.to_owned()));
            }
            Some(Message::Gone(node)) => return self.take_out(node),
            Some(Message::Beat { node, stamp }) if *node == *self.shared.node => {
                self.shared.heard_beat(stamp)
            }
            _ => {}
        }
        Ok(())
    }

    /// A node is gone. Of the rooms that are open here, those are this node's to say so in whose people it is the first to take out.
    fn take_out(&mut self, node: Arc<str>) -> Result<(), LinkError> {
        let rooms: Vec<_> = {
            let rooms = self.shared.rooms();
            rooms.iter().map(|(room, open)| (room.clone(), open.keys.clone())).collect()
        };
        let mut taken = Vec::new();
        for rooms in rooms.chunks(MANY) {
            let mut packed = Vec::new();
            for (_, keys) in rooms {
                let people = format!("{}{node}", keys.people);
                redis::cmd("DEL").arg(people).write_packed_command(&mut packed);
            }
            self.asks.send(&packed)?;
            for (room, _) in rooms {
                if self.asks.receive()? == Value::Int(1) {
                    taken.push(room.clone());
                }
            }
        }
        self.shared.tell(News::NodeGone { node, rooms: taken });
        Ok(())
    }
}
