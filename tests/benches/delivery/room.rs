//! One server with one room full of people, and the ways in which they talk there.

use std::io;
use std::time::{Duration, Instant};

use crate::kernel;
use crate::load::{self, Ear, Load, PAYLOAD};
use crate::process::{Kind, Process};
use crate::usage::{Meter, Usage};

/// Messages that take longer than this to reach somebody are lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long filling a room may take.
const JOIN_PATIENCE: Duration = Duration::from_secs(120);

/// See the module.
pub(crate) struct Room {
    pub(crate) process: Process,
    pub(crate) load: Load,
    talkers: Vec<Talker>,
    /// Whose messages a talker listens for: their own (0), or where those do not come back, those of the next (1).
    ear_for: usize,
    /// How many connections, from the first, are told everything and are held to account. Others may be dialled after them.
    audience: usize,
    /// Bytes that are said at once, and what that is on a receiver's socket.
    payload: usize,
    line: u64,
    /// What each of the audience had received before the first message, and all together since then.
    base: Vec<u64>,
    received: u64,
}

#[derive(Debug, Default)]
struct Talker {
    message: Vec<u8>,
    said: u64,
    ear: Ear,
    /// Messages of whom the ear listens to, heard and not replaced yet.
    heard: usize,
}

/// What talking for a while took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) usage: Usage,
    messages: u64,
    /// Messages times those who received them.
    copies: f64,
    /// Copies in a write of the server, where that can be told.
    gathered: Option<f64>,
}

impl Room {
    /// Starts a server and fills its room: first those who will talk, then those who only listen.
    pub(crate) fn open(kind: Kind, talkers: usize, receivers: usize) -> io::Result<Self> {
        let process = Process::start(kind)?;
        let load = Load::new(process.address(), kind.speech())?;
        let talker = |index| Talker {
            message: kind.speech().say(&load::payload(index)),
            ..Talker::default()
        };
        let audience = talkers + receivers;
        let mut room = Self {
            process,
            load,
            talkers: (0..talkers).map(talker).collect(),
            ear_for: usize::from(!kind.speech().echoes()),
            audience,
            payload: PAYLOAD,
            line: 0,
            base: Vec::new(),
            received: 0,
        };
        room.admit(audience)?;
        room.settle()?;
        room.learn()?;
        Ok(room)
    }

    /// Lets people in, no faster than the server can without losing any.
    pub(crate) fn admit(&mut self, count: usize) -> io::Result<()> {
        let at_once = self.process.kind().at_once();
        match self.load.join(count, at_once, JOIN_PATIENCE)?.lost {
            0 => Ok(()),
            lost => Err(io::Error::other(format!("{lost} people of {count} were not let in"))),
        }
    }

    /// Waits until nobody is told anything any more and counts from here.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        self.load.settle(self.process.kind().silence(), PATIENCE)?;
        for index in 0..self.load.connections().len() {
            self.load.only_count(index, index >= self.talkers.len());
        }
        self.count_from_here();
        Ok(())
    }

    /// Lets every talker keep `in_flight` messages on the way, for a moment to warm up and then for `length`, which is measured.
    pub(crate) fn busy(
        &mut self,
        in_flight: usize,
        warm_up: Duration,
        length: Duration,
    ) -> io::Result<Window> {
        let (before, received) = (kernel::segments(self.process.address()), self.received);
        for index in 0..self.talkers.len() {
            // What came back while the last window ended is not replaced.
            self.talkers[index].heard = 0;
            self.say(index, in_flight)?;
        }
        self.keep_talking(warm_up)?;
        let window = self.measure(|room| room.keep_talking(length))?;
        self.hear_all()?;
        // The kernel is asked only now, in order not to disturb what is measured; so this is of the warm-up too.
        let writes = before.zip(kernel::segments(self.process.address()));
        let copies = (self.received - received) as f64 / self.line as f64;
        let gathered = writes.map(|(before, after)| copies / after.saturating_sub(before) as f64);
        Ok(Window { gathered, ..window })
    }

    /// One message at a time: the next is said when everybody has the one before.
    pub(crate) fn calm(&mut self, length: Duration) -> io::Result<Window> {
        self.measure(|room| {
            let started = Instant::now();
            while started.elapsed() < length {
                room.tell_all()?;
            }
            Ok(())
        })
    }

    /// From now on people say so many bytes at once, at least as many as before.
    pub(crate) fn lengthen(&mut self, payload: usize) {
        let more = payload - self.payload;
        for (index, talker) in self.talkers.iter_mut().enumerate() {
            let long = [vec![b'x'; payload - PAYLOAD], load::payload(index)].concat();
            talker.message = self.process.kind().speech().say(&long);
        }
        self.payload = payload;
        self.line += more as u64;
        self.count_from_here();
    }

    /// Says `count` messages, one every `interval` whatever happens and each talker in turn, and returns how long after its due time
    /// each reached each socket, sorted, in milliseconds.
    pub(crate) fn paced(&mut self, count: u64, interval: Duration) -> io::Result<Vec<f64>> {
        let (speech, line) = (self.process.kind().speech(), self.line);
        let first = Instant::now() + interval;
        let due = |index: u64| first + interval.mul_f64(index as f64);
        self.count_from_here();
        // Who says one in so many and does not hear it has heard that many fewer; it is left out of the latencies.
        let listeners = if speech.echoes() { 0 } else { self.talkers.len() }..self.audience;
        let wanted = listeners.len() * count as usize;
        let mut heard = vec![0; self.audience];
        let mut latencies = Vec::with_capacity(wanted);
        let mut sent = 0;
        while latencies.len() < wanted {
            let now = Instant::now();
            if sent < count && now >= due(sent) {
                let talker = sent as usize % self.talkers.len();
                self.load.send(talker, &self.talkers[talker].message)?;
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
            let base = &self.base;
            self.load.turn(patience, |arrival| {
                if !listeners.contains(&arrival.index) {
                    return;
                }
                let now = Instant::now();
                let lines = (arrival.total - base[arrival.index]) / line;
                for index in heard[arrival.index]..lines {
                    latencies.push(now.saturating_duration_since(due(index)).as_secs_f64() * 1e3);
                }
                heard[arrival.index] = lines;
            })?;
        }
        self.count_from_here();
        latencies.sort_by(f64::total_cmp);
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
        let (received, said) = (self.received, self.said());
        let ((), usage) = self.watch(run)?;
        Ok(Window {
            usage,
            messages: self.said() - said,
            copies: (self.received - received) as f64 / self.line as f64,
            gathered: None,
        })
    }

    /// Runs something and says who used the machine meanwhile.
    pub(crate) fn watch<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<(T, Usage)> {
        let meter = Meter::start(&self.process)?;
        let result = run(self)?;
        Ok((result, meter.stop(&self.process)?))
    }

    /// Messages since it was last counted from.
    pub(crate) fn said(&self) -> u64 {
        self.talkers.iter().map(|talker| talker.said).sum()
    }

    fn count_from_here(&mut self) {
        let audience = &self.load.connections()[..self.audience];
        self.base = audience.iter().map(|one| one.received).collect();
        self.received = 0;
        for talker in &mut self.talkers {
            talker.said = 0;
        }
    }

    /// Says one message, to see how long a line is at a receiver.
    fn learn(&mut self) -> io::Result<()> {
        let last = self.audience - 1;
        self.load.only_count(last, false);
        let mut heard = Vec::new();
        self.say(0, 1)?;
        let started = Instant::now();
        while !heard.ends_with(b"\n") && started.elapsed() < PATIENCE {
            self.load.turn(Duration::from_millis(10), |arrival| {
                if arrival.index == last {
                    heard.extend_from_slice(arrival.bytes);
                }
            })?;
        }
        let payload = load::payload(0);
        if !heard.trim_ascii_end().ends_with(&payload) {
            let heard = String::from_utf8_lossy(&heard);
            return Err(io::Error::other(format!("a message was heard as `{heard}`")));
        }
        self.line = heard.len() as u64;
        self.settle()
    }

    fn say(&mut self, talker: usize, count: usize) -> io::Result<()> {
        // One write each, as people do; what is gathered is the server's doing.
        for _ in 0..count {
            self.load.send(talker, &self.talkers[talker].message)?;
        }
        self.talkers[talker].said += count as u64;
        Ok(())
    }

    /// Replaces each message that was heard.
    fn keep_talking(&mut self, length: Duration) -> io::Result<()> {
        let started = Instant::now();
        while started.elapsed() < length {
            self.listen()?;
            for ear in 0..self.talkers.len() {
                let heard = std::mem::take(&mut self.talkers[ear].heard);
                if heard > 0 {
                    self.say((ear + self.ear_for) % self.talkers.len(), heard)?;
                }
            }
        }
        Ok(())
    }

    /// Waits until everybody has received exactly what was said.
    fn hear_all(&mut self) -> io::Result<()> {
        let said = self.said();
        let listens = |index: usize| match self.process.kind().speech().echoes() {
            true => said,
            // Who speaks does not hear it.
            false => said - self.talkers.get(index).map_or(0, |talker| talker.said),
        };
        let expected: Vec<u64> =
            (0..self.audience).map(|index| listens(index) * self.line).collect();
        let all: u64 = expected.iter().sum();
        let started = Instant::now();
        while self.received < all {
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other("a message did not reach everybody"));
            }
            self.listen()?;
        }
        // Together they received what they should; so did each.
        let received = self.load.connections().iter().zip(&self.base);
        let received = received.map(|(one, base)| one.received - base);
        match received.zip(&expected).filter(|(received, expected)| received != *expected).count() {
            0 => Ok(()),
            wrong => Err(io::Error::other(format!("{wrong} people did not receive what was said"))),
        }
    }

    fn listen(&mut self) -> io::Result<()> {
        let Self { load, talkers, received, audience, ear_for, .. } = self;
        let count = talkers.len();
        load.turn(Duration::from_millis(10), |arrival| {
            if arrival.index < *audience {
                *received += arrival.count;
            }
            if let Some(talker) = talkers.get_mut(arrival.index) {
                let who = (arrival.index + *ear_for) % count;
                talker.heard += talker.ear.count(arrival.bytes, who);
            }
        })?;
        Ok(())
    }
}

impl Window {
    /// The server's CPU time a copy, in microseconds.
    pub(crate) fn per_copy(&self) -> f64 {
        self.usage.server.as_secs_f64() * 1e6 / self.copies
    }

    pub(crate) fn copies_per_second(&self) -> f64 {
        self.copies / self.usage.wall.as_secs_f64()
    }

    pub(crate) fn messages_per_second(&self) -> f64 {
        self.messages as f64 / self.usage.wall.as_secs_f64()
    }

    /// Messages in a write of the server.
    pub(crate) fn gathered(&self) -> f64 {
        self.gathered.unwrap_or(f64::NAN)
    }
}
