//! The thread that asks the engine for what the hub wants: everything that waits goes together, a call for each room, and what comes meanwhile goes with the next round.
//!
//! A call whose answer did not come is made again, with the number that it had, when the engine is back; the engine knows whether it has done it.

mod batch;
mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use redis::Value;
use salotto::order::{ClaimAnswer, GRACE, News};
use salotto::{EntryId, Name, RoomName};

use super::calls;
use super::link::{Link, LinkError, text, words};
use super::queue::{Job, Taken, Values};
use super::shared::Shared;
use batch::Batch;
use round::{Expected, Round};

/// How long what waits for a room that is being read is left alone.
const NAP: Duration = Duration::from_millis(20);
/// The wait of a writer that has nothing to wait for but a change.
const LONG: Duration = Duration::from_secs(60);

pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let writer = Writer {
        shared,
        link: None,
        beaten: None,
        number: 0,
        batches: BTreeMap::new(),
        later: Later::default(),
    };
    thread::Builder::new().name("salotto-order".to_owned()).spawn(move || writer.run())
}

struct Writer {
    shared: Arc<Shared>,
    /// With the generation of the ear that it was made for.
    link: Option<(u64, Link)>,
    /// When it was said last that this node is there.
    beaten: Option<Instant>,
    /// Of the last batch.
    number: u64,
    /// What was proposed and is not answered, one of each room.
    batches: BTreeMap<RoomName, Batch>,
    later: Later,
}

/// What is done when the engine is back, or when nothing is proposed in a room any more.
#[derive(Default)]
struct Later {
    closed: BTreeSet<RoomName>,
    released: BTreeSet<Name>,
    deleted: BTreeSet<(RoomName, EntryId)>,
}

impl Writer {
    fn run(mut self) {
        let mut news = 0;
        loop {
            let (time, only_news) = self.patience();
            news = self.shared.queue.wait(news, time, only_news);
            if self.shared.queue.is_closed() {
                return self.leave();
            }
            match self.shared.generation() {
                None => self.endure(),
                Some(generation) => {
                    if let Err(error) = self.round(generation) {
                        self.link = None;
                        self.shared.lose(error.to_string());
                    }
                }
            }
            self.refuse_late();
        }
    }

    /// How long there is nothing to do, and whether what waits can be left waiting.
    fn patience(&self) -> (Duration, bool) {
        if self.shared.generation().is_none() {
            let is_waiting = self.shared.queue.entries() > 0 || !self.batches.is_empty();
            return if is_waiting { (NAP, true) } else { (LONG, false) };
        }
        if let Some(quiet) = self.shared.quiet() {
            return (quiet.min(NAP), true);
        }
        if !self.batches.is_empty() || !self.later.closed.is_empty() {
            return (NAP, true);
        }
        let beaten = self.beaten.map_or(Duration::MAX, |beaten| beaten.elapsed());
        (self.shared.beat_every().saturating_sub(beaten), false)
    }

    /// The engine is away: what is worth nothing later is answered, the rest is kept.
    fn endure(&mut self) {
        self.link = None;
        let is_refusing = self.shared.is_refusing();
        let jobs = self.shared.queue.take_jobs();
        // Where the engine was found meanwhile, the ear may have missed a room.
        let is_back = self.shared.is_up();
        for job in jobs {
            match job {
                Job::Claim(claim) if is_refusing => {
                    let answer = ClaimAnswer::Unavailable;
                    self.shared.tell(News::Claimed { ticket: claim.ticket, answer });
                }
                Job::Listen(_) | Job::Tell(..) if !is_back => {}
                Job::Close(room) => drop(self.later.closed.insert(room)),
                Job::Release(name) => drop(self.later.released.insert(name)),
                Job::Delete(room, id) => drop(self.later.deleted.insert((room, id))),
                job => drop(self.shared.queue.push(job)),
            }
        }
    }

    /// What has waited for too long is refused, unless the engine may have taken it.
    fn refuse_late(&mut self) {
        self.shared.refuse_proposals(self.shared.queue.take_late());
        let late = |batch: &Batch| batch.since.elapsed() >= GRACE && !batch.is_sent;
        let rooms: Vec<_> = self
            .batches
            .iter()
            .filter(|(_, batch)| late(batch))
            .map(|(room, _)| room.clone())
            .collect();
        for room in rooms {
            if let Some(batch) = self.batches.remove(&room) {
                let has_people = batch.has_people();
                self.shared.refuse(&room, batch.proposed(), has_people);
            }
        }
    }

    /// Sends what waits and hears what came of it.
    fn round(&mut self, (generation, engine): (u64, usize)) -> Result<(), LinkError> {
        if self.link.as_ref().is_none_or(|(made_for, _)| *made_for != generation) {
            let link = Link::connect(
                &self.shared.engines[engine],
                &self.shared.node,
                self.shared.options.timeout,
            )?;
            self.link = Some((generation, link));
            self.beaten = None;
        }
        let is_quiet = self.shared.quiet().is_some();
        let taken = self.shared.queue.take(|room| is_quiet || self.batches.contains_key(room));
        let mut round = Round::default();
        self.beat(&mut round);
        self.add_jobs(taken, &mut round);
        if !is_quiet {
            self.add_batches(&mut round);
        }
        self.add_closed(&mut round);
        let Some((_, link)) = &mut self.link else { return Ok(()) };
        if round.expected.is_empty() {
            return Ok(());
        }
        let sent = link.send(&round.packed);
        let mut answers = round.expected.into_iter();
        let mut outcome = sent;
        while outcome.is_ok() {
            let Some(expected) = answers.next() else { return Ok(()) };
            let Some((_, link)) = &mut self.link else { return Ok(()) };
            match link.receive() {
                Ok(value) => outcome = self.answered(expected, value),
                Err(error) => {
                    self.unanswered(expected);
                    outcome = Err(error);
                }
            }
        }
        answers.for_each(|expected| self.unanswered(expected));
        outcome
    }

    fn beat(&mut self, round: &mut Round) {
        if self.beaten.is_some_and(|beaten| beaten.elapsed() < self.shared.beat_every()) {
            return;
        }
        self.beaten = Some(Instant::now());
        let stamp = self.shared.started.elapsed().as_micros() as u64;
        round.add(calls::beat(&self.shared, stamp, ""), Expected::Beat);
    }

    fn add_jobs(&mut self, taken: Taken, round: &mut Round) {
        let Taken { proposals, jobs, values } = taken;
        for job in jobs {
            match job {
                Job::Listen(room) => {
                    let channel = self.shared.keys.in_room(&room).channel;
                    self.shared.send_by_ear(&calls::subscribe(&[channel]));
                }
                Job::Close(room) => drop(self.later.closed.insert(room)),
                Job::Claim(claim) => {
                    self.later.released.remove(&claim.name);
                    round.add(calls::claim(&self.shared, &claim, ""), Expected::Claim(claim));
                }
                Job::Release(name) => self.release(name, round),
                Job::Tell(to, text) => {
                    round.add(calls::tell(&self.shared, &to, &text), Expected::Nothing)
                }
                Job::Delete(room, id) => round.add(
                    calls::delete(&self.shared, &self.shared.keys.in_room(&room), id),
                    Expected::Deleted(room, id),
                ),
            }
        }
        for name in std::mem::take(&mut self.later.released) {
            self.release(name, round);
        }
        for (room, id) in std::mem::take(&mut self.later.deleted) {
            round.add(
                calls::delete(&self.shared, &self.shared.keys.in_room(&room), id),
                Expected::Deleted(room, id),
            );
        }
        for ((namespace, key), value) in values {
            let call = calls::set(&self.shared, &namespace, &key, value.as_deref());
            round.add(call, Expected::Set((namespace, key), value));
        }
        for (room, since, proposals) in proposals {
            self.number += 1;
            self.batches.insert(room, Batch::new(self.number, since, proposals));
        }
    }

    fn release(&mut self, name: Name, round: &mut Round) {
        self.shared.names().remove(&name);
        round.add(calls::release(&self.shared, &name), Expected::Released(name));
    }

    /// Proposes what is to be proposed, in the rooms that were read.
    fn add_batches(&mut self, round: &mut Round) {
        let rooms = self.shared.rooms();
        for (room, batch) in &mut self.batches {
            let Some(open) = rooms.get(room).filter(|open| open.is_read) else { continue };
            // Who has heard nothing for so long is told that it was not said; for that it must not be, ever.
            let is_void = batch.is_sent && batch.since.elapsed() >= GRACE;
            round.add(
                calls::commit(
                    &self.shared,
                    &open.keys,
                    &open.known,
                    (batch.number, &batch.body),
                    is_void,
                ),
                Expected::Commit { room: room.clone(), was_sent: batch.is_sent },
            );
            batch.is_sent = true;
        }
    }

    /// Closes rooms when all is said in them.
    fn add_closed(&mut self, round: &mut Round) {
        for room in std::mem::take(&mut self.later.closed) {
            if self.batches.contains_key(&room) || self.shared.queue.has_proposals(&room) {
                self.later.closed.insert(room);
                continue;
            }
            // It may have been opened again.
            let Some(keys) = self.shared.close(&room) else { continue };
            self.shared.send_by_ear(&calls::unsubscribe(&keys.channel));
            round.add(calls::close(&self.shared, &keys), Expected::Closed(room));
        }
    }

    fn answered(&mut self, expected: Expected, value: Value) -> Result<(), LinkError> {
        if let Value::ServerError(error) = &value {
            let said = format!("{} {}", error.code(), error.details().unwrap_or_default());
            // One that writes nothing says so before it has done anything.
            if let Expected::Commit { room, was_sent } = &expected
                && let Some(batch) = self.batches.get_mut(room)
            {
                batch.is_sent = *was_sent;
            }
            self.unanswered(expected);
            let engine = self.shared.engine_in_use();
            return Err(LinkError::Refused(engine, said.trim_end().to_owned()));
        }
        match expected {
            Expected::Commit { room, .. } => self.committed(room, &value),
            Expected::Claim(claim) => {
                let answer = match words(&value).as_slice() {
                    [given, since] if given == "given" => {
                        self.shared
                            .names()
                            .insert(claim.name.clone(), (claim.clone(), since.clone()));
                        ClaimAnswer::Given
                    }
                    _ => ClaimAnswer::Taken,
                };
                self.shared.tell(News::Claimed { ticket: claim.ticket, answer });
            }
            Expected::Beat => return self.heard_of(&value),
            Expected::Nothing
            | Expected::Released(_)
            | Expected::Deleted(..)
            | Expected::Set(..)
            | Expected::Closed(_) => {}
        }
        Ok(())
    }

    fn committed(&mut self, room: RoomName, value: &Value) {
        let outcome = words(value);
        match outcome.first().map(String::as_str) {
            Some("done") => drop(self.batches.remove(&room)),
            Some("void") => {
                if let Some(batch) = self.batches.remove(&room) {
                    let has_people = batch.has_people();
                    self.shared.refuse(&room, batch.proposed(), has_people);
                }
            }
            // The engine has another room than the one that was read.
            _ => self.shared.read_anew(&room),
        }
    }

    fn heard_of(&mut self, value: &Value) -> Result<(), LinkError> {
        let Value::Array(values) = value else { return Ok(()) };
        let mut said = values.iter().map(text);
        let is_known = said.next().flatten().is_some_and(|known| known == "1");
        let mut others = BTreeMap::new();
        while let (Some(Some(node)), Some(Some(since))) = (said.next(), said.next()) {
            others.insert(node, since.parse().unwrap_or_default());
        }
        self.shared.tally().others = others;
        match is_known {
            true => Ok(()),
            false => Err(LinkError::Garbled("this node was taken out".to_owned())),
        }
    }

    /// The answer did not come: what can be asked again is asked again when the engine is back.
    fn unanswered(&mut self, expected: Expected) {
        match expected {
            Expected::Claim(claim) => drop(self.shared.queue.push(Job::Claim(claim))),
            Expected::Released(name) => drop(self.later.released.insert(name)),
            Expected::Deleted(room, id) => drop(self.later.deleted.insert((room, id))),
            Expected::Closed(room) => drop(self.later.closed.insert(room)),
            Expected::Set(place, value) => {
                self.shared.queue.put_back(Values::from([(place, value)]))
            }
            // Batches are kept until they are answered.
            Expected::Commit { .. } | Expected::Beat | Expected::Nothing => {}
        }
    }

    /// The server has stopped: what waits is sent, and nothing of this node stays, where the engine is there.
    fn leave(mut self) {
        let Some(generation) = self.shared.generation() else { return };
        // Twice: what was proposed in rooms that are busy goes with the second.
        let _ = self.round(generation).and_then(|()| self.round(generation));
        if let Some((_, link)) = &mut self.link {
            let _ = link.ask(&calls::leave(&self.shared));
        }
    }
}
