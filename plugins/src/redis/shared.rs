//! What the hub's calls, the writer and the ear have in common. Each lock guards a few lines; none is held while another is taken or while something is told.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use salotto::order::{Claim, GRACE, Known, News, OrderNews, Proposal, Proposed};
use salotto::{Name, RoomName};

use super::RedisOptions;
use super::link::{Engine, Link, LinkError, Side};
use super::message::{Keys, RoomKeys};
use super::queue::{Job, Queue};
use super::room::{OpenRoom, Ring};

/// How often a node says that it is there. A part of [`RedisOptions::silent_after`].
const BEATS: u32 = 4;
/// What was set so lately is set again where the engine was lost.
const RECENT: Duration = Duration::from_secs(10);
const MOST_RECENT: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: RedisOptions,
    pub(super) engines: Vec<Engine>,
    pub(super) node: String,
    pub(super) keys: Keys,
    pub(super) queue: Queue,
    /// What the stamps of beats count from.
    pub(super) started: Instant,
    /// What rooms belong to that have no other epoch; empty until the engine was asked.
    epoch: Mutex<String>,
    news: OnceLock<OrderNews>,
    rooms: Mutex<BTreeMap<RoomName, OpenRoom>>,
    /// The rooms by their channels.
    channels: Mutex<HashMap<String, RoomName>>,
    names: Mutex<BTreeMap<Name, (Claim, String)>>,
    values: Mutex<Mirror>,
    line: Mutex<Line>,
    tally: Mutex<Tally>,
}

/// The small values as all nodes have them.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    /// `None` until the engine was asked.
    pub(super) values: Option<BTreeMap<(String, String), String>>,
    /// What this node set lately.
    recent: VecDeque<(Instant, (String, String), Option<String>)>,
}

/// How the engine is reached.
#[derive(Debug)]
struct Line {
    /// Which of the engines it is, and the first to be tried again.
    engine: usize,
    /// Another one for each time that the ear has connected.
    generation: u64,
    /// The ear's connection, while the engine is there.
    ear: Option<Side>,
    /// When it was there for the last time, where it is not.
    lost: Option<Instant>,
    is_told: bool,
    trouble: Option<String>,
    /// Until when nothing is proposed, so that others may give back first what only they have heard.
    quiet_until: Option<Instant>,
}

/// What is counted.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) others: BTreeMap<String, u64>,
    pub(super) lag_micros: u64,
    pub(super) ordered: u64,
    pub(super) refused: u64,
    pub(super) losses: u64,
    pub(super) last_heal: Option<String>,
}

impl Shared {
    pub(super) fn new(options: RedisOptions, engines: Vec<Engine>, node: String) -> Self {
        let keys = Keys::new(&options.prefix, &node);
        Self {
            options,
            engines,
            node,
            keys,
            queue: Queue::default(),
            started: Instant::now(),
            epoch: Mutex::default(),
            news: OnceLock::new(),
            rooms: Mutex::default(),
            channels: Mutex::default(),
            names: Mutex::default(),
            values: Mutex::default(),
            line: Mutex::new(Line {
                engine: 0,
                generation: 0,
                ear: None,
                lost: Some(Instant::now()),
                is_told: false,
                trouble: None,
                quiet_until: None,
            }),
            tally: Mutex::default(),
        }
    }

    pub(super) fn attach(&self, news: OrderNews) -> bool {
        self.news.set(news).is_ok()
    }

    /// Tells the hub, and waits for it; so not while a lock is held.
    pub(super) fn tell(&self, news: News) {
        if let Some(hub) = self.news.get() {
            hub.tell(news);
        }
    }

    pub(super) fn ring(&self) -> Ring {
        Ring { entries: self.options.ring, bytes: self.options.ring_bytes }
    }

    pub(super) fn epoch(&self) -> String {
        lock(&self.epoch).clone()
    }

    pub(super) fn set_epoch(&self, epoch: &str) {
        epoch.clone_into(&mut lock(&self.epoch));
    }

    /// A beat has come back.
    pub(super) fn heard_beat(&self, stamp: u64) {
        // The first says when the ear connected, and has no stamp.
        if stamp > 0 {
            let now = self.started.elapsed().as_micros() as u64;
            self.tally().lag_micros = now.saturating_sub(stamp);
        }
    }

    pub(super) fn beat_every(&self) -> Duration {
        self.options.silent_after / BEATS
    }

    pub(super) fn rooms(&self) -> MutexGuard<'_, BTreeMap<RoomName, OpenRoom>> {
        lock(&self.rooms)
    }

    pub(super) fn names(&self) -> MutexGuard<'_, BTreeMap<Name, (Claim, String)>> {
        lock(&self.names)
    }

    pub(super) fn values(&self) -> MutexGuard<'_, Mirror> {
        lock(&self.values)
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        lock(&self.tally)
    }

    /// The room that has this channel, by the name under which it is open here.
    pub(super) fn room_of(&self, channel: &str) -> Option<RoomName> {
        lock(&self.channels).get(channel).cloned()
    }

    /// A room is open from here on. Who of this node is in it is known already, where it was about to close.
    pub(super) fn open(&self, room: &RoomName, known: Known) {
        let keys = Arc::new(self.keys.in_room(room));
        lock(&self.channels).insert(keys.channel.clone(), room.clone());
        let mut rooms = self.rooms();
        let here = rooms.remove(room).map(|open| open.here).unwrap_or_default();
        let mut open = OpenRoom::new(keys, known);
        open.here = here;
        rooms.insert(room.clone(), open);
    }

    /// Nothing of a room is of interest any more. Answers with what it is called, unless it was opened again.
    pub(super) fn close(&self, room: &RoomName) -> Option<Arc<RoomKeys>> {
        let keys = {
            let mut rooms = self.rooms();
            if !rooms.get(room)?.is_closing {
                return None;
            }
            rooms.remove(room)?.keys
        };
        lock(&self.channels).remove(&keys.channel);
        Some(keys)
    }

    /// Has a room read anew, whatever is known of it.
    pub(super) fn read_anew(&self, room: &RoomName) {
        if let Some(open) = self.rooms().get_mut(room) {
            open.is_read = false;
        }
        self.queue.push(Job::Listen(room.clone()));
    }

    /// What was proposed is not in the room. Who is in it is told all the same, when the room is read.
    pub(super) fn refuse(&self, room: &RoomName, entries: Vec<Proposed>, has_people: bool) {
        self.tally().refused += entries.len() as u64;
        if !entries.is_empty() {
            self.tell(News::Refused { room: room.clone(), entries });
        }
        if has_people && self.is_up() {
            self.read_anew(room);
        }
    }

    pub(super) fn refuse_proposals(&self, proposals: Vec<Proposal>) {
        for proposal in proposals {
            let has_people = !proposal.here.is_empty() || !proposal.gone.is_empty();
            self.refuse(&proposal.room, proposal.entries, has_people);
        }
    }

    /// Connects to the first engine that can be written to, the one of last time first. Answers with which it is.
    pub(super) fn connect(&self) -> Result<(usize, Link), LinkError> {
        let (first, count) = (lock(&self.line).engine, self.engines.len());
        let mut why = None;
        for at in (0..count).map(|at| (first + at) % count) {
            match Link::connect(&self.engines[at], &self.node, self.options.timeout) {
                Ok(link) => return Ok((at, link)),
                // That it is down says less than that another refuses.
                Err(error @ LinkError::Unreachable(..)) => why = why.or(Some(error)),
                Err(error) => why = Some(error),
            }
        }
        Err(why.unwrap_or_else(|| LinkError::Garbled("there is no engine".to_owned())))
    }

    /// The engine is there, and is listened to through this.
    pub(super) fn found(&self, engine: usize, ear: Side) {
        let mut line = lock(&self.line);
        line.engine = engine;
        line.generation += 1;
        line.ear = Some(ear);
        line.quiet_until = line
            .lost
            .take()
            .filter(|_| line.generation > 1)
            .map(|_| Instant::now() + self.options.settle);
        line.trouble = None;
        drop(line);
        self.queue.notify();
    }

    /// All is told anew. Answers with whether it was said that the engine was away.
    pub(super) fn take_told(&self) -> bool {
        std::mem::take(&mut lock(&self.line).is_told)
    }

    /// The engine cannot be reached, or does not answer. Whoever notices says so; it is told once.
    pub(super) fn lose(&self, reason: String) {
        let mut line = lock(&self.line);
        if let Some(ear) = line.ear.take() {
            ear.end();
        }
        let is_news = !std::mem::replace(&mut line.is_told, true);
        // What was sent last may have waited for as long as one waits.
        line.lost = line.lost.or(Some(Instant::now()));
        line.trouble = Some(reason.clone());
        drop(line);
        for open in self.rooms().values_mut() {
            open.is_read = false;
        }
        if is_news {
            self.tally().losses += 1;
            self.tell(News::Away { reason });
        }
        self.queue.notify();
    }

    /// Ends the ear's connection.
    pub(super) fn hang_up(&self) {
        if let Some(ear) = lock(&self.line).ear.take() {
            ear.end();
        }
    }

    /// Which connection of the ear it is, and to which engine, while there is one.
    pub(super) fn generation(&self) -> Option<(u64, usize)> {
        let line = lock(&self.line);
        line.ear.as_ref().map(|_| (line.generation, line.engine))
    }

    pub(super) fn is_up(&self) -> bool {
        lock(&self.line).ear.is_some()
    }

    /// Sends commands on the ear's connection.
    pub(super) fn send_by_ear(&self, packed: &[u8]) {
        let side = lock(&self.line).ear.as_ref().and_then(|ear| ear.again().ok());
        // Where it fails the ear notices by itself.
        side.into_iter().for_each(|side| drop(side.send(packed)));
    }

    /// Whether nothing is taken any more, because the engine has been away for too long.
    pub(super) fn is_refusing(&self) -> bool {
        lock(&self.line).lost.is_some_and(|lost| lost.elapsed() >= GRACE)
    }

    /// How long others may still give back what this node has not heard.
    pub(super) fn quiet(&self) -> Option<Duration> {
        let until = lock(&self.line).quiet_until?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Whether the engine was never there.
    pub(super) fn is_first(&self) -> bool {
        lock(&self.line).generation == 0
    }

    pub(super) fn trouble(&self) -> Option<String> {
        lock(&self.line).trouble.clone()
    }

    pub(super) fn engine_in_use(&self) -> Engine {
        self.engines[lock(&self.line).engine].clone()
    }

    pub(super) fn place(&self) -> String {
        self.engines[lock(&self.line).engine].to_string()
    }
}

impl Mirror {
    /// This node sets a value.
    pub(super) fn note(&mut self, place: (String, String), value: Option<String>) {
        self.recent.push_back((Instant::now(), place, value));
        let is_old = |(since, ..): &(Instant, _, _)| since.elapsed() > RECENT;
        while self.recent.len() > MOST_RECENT || self.recent.front().is_some_and(is_old) {
            self.recent.pop_front();
        }
    }

    /// A value was set, by whomever.
    pub(super) fn put(&mut self, place: (String, String), value: Option<String>) {
        let Some(values) = &mut self.values else { return };
        match value {
            Some(value) => values.insert(place, value),
            None => values.remove(&place),
        };
    }

    /// What this node has set lately and nobody has set since: an engine that came back may have lost it.
    pub(super) fn recent(&self) -> BTreeMap<(String, String), Option<String>> {
        let Some(values) = &self.values else { return BTreeMap::new() };
        let still = |(_, place, value): &&(Instant, (String, String), Option<String>)| {
            values.get(place) == value.as_ref()
        };
        self.recent
            .iter()
            .filter(still)
            .map(|(_, place, value)| (place.clone(), value.clone()))
            .collect()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
