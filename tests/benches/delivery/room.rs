//! One server with one room full of people, and the ways in which they talk there.

use std::io;
use std::time::{Duration, Instant};

use crate::load::{self, Ear, Load, PAYLOAD};
use crate::process::{self, Kind, Process};

/// Messages that take longer than this to reach somebody are lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// Joins at a time while a room is filled.
const DOOR: usize = 64;

/// See the module.
pub(crate) struct Room {
    pub(crate) process: Process,
    pub(crate) load: Load,
    talkers: Vec<Talker>,
    /// Bytes of one message on a receiver's socket.
    line: u64,
    /// What each connection had received before the first message.
    base: Vec<u64>,
    base_total: u64,
    said: u64,
}

#[derive(Debug, Default)]
struct Talker {
    message: Vec<u8>,
    ear: Ear,
    /// Own messages heard and not replaced yet.
    heard: usize,
}

/// What a stretch of time took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) wall: Duration,
    pub(crate) server_cpu: Duration,
    pub(crate) load_cpu: Duration,
    /// Messages times those who received them.
    pub(crate) copies: f64,
}

impl Room {
    /// Starts a server and fills its room: first those who will talk, then those who only listen.
    pub(crate) fn open(kind: Kind, talkers: usize, receivers: usize) -> io::Result<Self> {
        let process = Process::start(kind)?;
        let mut load = Load::new(process.address())?;
        let joined = load.join(talkers + receivers, DOOR, Duration::from_secs(60))?;
        if joined.lost > 0 {
            return Err(io::Error::other(format!("{} people were not let in", joined.lost)));
        }
        let mut room = Self {
            process,
            load,
            talkers: Vec::new(),
            line: 0,
            base: Vec::new(),
            base_total: 0,
            said: 0,
        };
        let talker = |place| Talker { message: load::message(place), ..Talker::default() };
        room.talkers = (0..talkers).map(talker).collect();
        room.line = match kind {
            Kind::Limit => PAYLOAD + 1,
            Kind::Salotto => load::name(0).len() + ": ".len() + PAYLOAD + 1,
        } as u64;
        room.settle()?;
        Ok(room)
    }

    /// Waits until nobody is told anything any more and counts from here.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        // A large room of ours tells how many are there, at most once a second.
        let silence = match self.process.kind() {
            Kind::Limit => Duration::from_millis(100),
            Kind::Salotto => Duration::from_millis(1200),
        };
        self.load.settle(silence, PATIENCE)?;
        for place in 0..self.load.connections().len() {
            self.load.only_count(place, place >= self.talkers.len());
        }
        self.base = self.load.connections().iter().map(|one| one.received).collect();
        self.base_total = self.load.received();
        self.said = 0;
        Ok(())
    }

    /// Lets every talker keep `in_flight` messages on the way, for a moment to warm up and then for `length`, which is measured.
    pub(crate) fn busy(
        &mut self,
        in_flight: usize,
        warm_up: Duration,
        length: Duration,
    ) -> io::Result<Window> {
        for place in 0..self.talkers.len() {
            // What came back while the last window ended is not replaced.
            self.talkers[place].heard = 0;
            self.say(place, in_flight)?;
        }
        self.keep_talking(warm_up)?;
        let window = self.measure(|room| room.keep_talking(length))?;
        self.fall_silent()?;
        Ok(window)
    }

    /// One message at a time: the next is said when everybody has the one before.
    pub(crate) fn calm(&mut self, length: Duration) -> io::Result<Window> {
        let window = self.measure(|room| {
            let started = Instant::now();
            while started.elapsed() < length {
                room.say(0, 1)?;
                room.hear_all()?;
            }
            Ok(())
        })?;
        Ok(window)
    }

    /// Says `count` messages, one every `interval` whatever happens, and returns how long after its due time each reached each socket,
    /// sorted, in milliseconds.
    pub(crate) fn paced(
        &mut self,
        count: u64,
        interval: Duration,
        message: &[u8],
    ) -> io::Result<Vec<f64>> {
        let line = self.line + message.len() as u64 - (PAYLOAD as u64 + 1);
        let first = Instant::now() + interval;
        let due = |index: u64| first + interval * index as u32;
        let before: Vec<u64> = self.load.connections().iter().map(|one| one.received).collect();
        let mut heard = vec![0; before.len()];
        let mut latencies = Vec::with_capacity(before.len() * count as usize);
        let people = self.base.len();
        let mut sent = 0;
        while latencies.len() < people * count as usize {
            let now = Instant::now();
            if sent < count && now >= due(sent) {
                self.load.send(0, message)?;
                sent += 1;
                continue;
            }
            if sent == count && now > due(count) + PATIENCE {
                return Err(io::Error::other("a message did not reach everybody"));
            }
            let patience = match sent < count {
                true => due(sent).saturating_duration_since(now),
                false => PATIENCE,
            };
            self.load.turn(patience, |arrival| {
                let now = Instant::now();
                let lines = (arrival.total - before[arrival.place]) / line;
                for index in heard[arrival.place]..lines {
                    latencies.push(now.saturating_duration_since(due(index)).as_secs_f64() * 1e3);
                }
                heard[arrival.place] = lines;
            })?;
        }
        latencies.sort_by(f64::total_cmp);
        for (base, one) in self.base.iter_mut().zip(self.load.connections()) {
            *base = one.received;
        }
        (self.base_total, self.said) = (self.load.received(), 0);
        Ok(latencies)
    }

    /// Says one message and returns how long it took to reach the last.
    pub(crate) fn tell_all(&mut self) -> io::Result<Duration> {
        let started = Instant::now();
        self.say(0, 1)?;
        self.hear_all()?;
        Ok(started.elapsed())
    }

    /// Runs something and says what it took.
    pub(crate) fn measure(
        &mut self,
        run: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<Window> {
        let (server, own) = (self.process.cpu()?, process::own_cpu()?);
        let (started, received) = (Instant::now(), self.load.received());
        run(self)?;
        Ok(Window {
            wall: started.elapsed(),
            server_cpu: self.process.cpu()? - server,
            load_cpu: process::own_cpu()? - own,
            copies: (self.load.received() - received) as f64 / self.line as f64,
        })
    }

    fn say(&mut self, talker: usize, count: usize) -> io::Result<()> {
        // One write each, as people do; what is gathered is the server's doing.
        for _ in 0..count {
            self.load.send(talker, &self.talkers[talker].message)?;
        }
        self.said += count as u64;
        Ok(())
    }

    /// Replaces each message that its talker has heard.
    fn keep_talking(&mut self, length: Duration) -> io::Result<()> {
        let started = Instant::now();
        while started.elapsed() < length {
            self.listen()?;
            for talker in 0..self.talkers.len() {
                let heard = std::mem::take(&mut self.talkers[talker].heard);
                if heard > 0 {
                    self.say(talker, heard)?;
                }
            }
        }
        Ok(())
    }

    fn fall_silent(&mut self) -> io::Result<()> {
        let started = Instant::now();
        while !self.has_heard_all() {
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other("a message did not reach everybody"));
            }
            self.listen()?;
        }
        // Together they received what they should; so did each.
        let expected = self.said * self.line;
        let missing = (self.load.connections().iter().zip(&self.base))
            .filter(|(one, base)| one.received - **base != expected)
            .count();
        match missing {
            0 => Ok(()),
            _ => Err(io::Error::other(format!("{missing} people missed something"))),
        }
    }

    fn hear_all(&mut self) -> io::Result<()> {
        let started = Instant::now();
        while !self.has_heard_all() {
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other("a message did not reach everybody"));
            }
            self.listen()?;
        }
        Ok(())
    }

    fn has_heard_all(&self) -> bool {
        let expected = self.said * self.line * self.base.len() as u64;
        self.load.received() - self.base_total >= expected
    }

    fn listen(&mut self) -> io::Result<()> {
        let talkers = &mut self.talkers;
        self.load.turn(Duration::from_millis(10), |arrival| {
            if let Some(talker) = talkers.get_mut(arrival.place) {
                talker.heard += talker.ear.own_lines(arrival.bytes, arrival.place);
            }
        })?;
        Ok(())
    }
}

impl Window {
    /// The server's CPU time a copy, in microseconds.
    pub(crate) fn per_copy(&self) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / self.copies
    }

    pub(crate) fn copies_per_second(&self) -> f64 {
        self.copies / self.wall.as_secs_f64()
    }

    /// Whether the load generator had no more to give while the server had.
    pub(crate) fn load_was_the_bottleneck(&self) -> bool {
        let share = |cpu: Duration| cpu.as_secs_f64() / self.wall.as_secs_f64();
        share(self.load_cpu) > 0.9 && share(self.server_cpu) < 0.5
    }
}
