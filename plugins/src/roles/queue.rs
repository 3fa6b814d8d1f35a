//! Passwords wait for their turn: few are looked at at once, those from where an owner has logged in before come first, and of the others each address in turn.
//! So whoever sends many from one address waits behind everybody else, and nobody behind them.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;

use salotto::{Context, MemberId, TooBusy};

use super::attempts::Source;

/// Looked at at once, as many as core does.
const AT_ONCE: usize = 2;
/// Most that wait from one address, which is a class that logs in, and in all.
const MOST_PER_SOURCE: usize = 64;
const MOST: usize = 1024;

/// What is done with a password; its result comes as a task event.
pub(super) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    running: usize,
    known: Line,
    strangers: Line,
}

/// Those who wait, by where they come from, and whose turn is next.
#[derive(Debug, Default)]
struct Line {
    turns: VecDeque<Source>,
    waiting: HashMap<Source, VecDeque<Job>>,
}

struct Job {
    /// For whom; `None` for the operator. Of those who have left nothing is done.
    member: Option<MemberId>,
    work: Work,
}

impl Queue {
    /// Adds something to be done. `is_known` says whether an owner has logged in from there.
    ///
    /// # Errors
    /// When too many wait.
    pub(super) fn push(
        &mut self,
        (member, source, is_known): (Option<MemberId>, Source, bool),
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), TooBusy> {
        let line = if is_known { &mut self.known } else { &mut self.strangers };
        line.push(source, Job { member, work: Box::pin(work) })
    }

    /// Starts what may be done now.
    pub(super) fn start(&mut self, context: &mut Context<'_>) {
        while self.running < AT_ONCE
            && let Some(Job { member, work }) = self.known.next().or_else(|| self.strangers.next())
        {
            if member.is_none_or(|member| context.member(member).is_some()) {
                self.running += 1;
                context.spawn(work);
            }
        }
    }

    /// One is done.
    pub(super) fn done(&mut self) {
        self.running = self.running.saturating_sub(1);
    }
}

impl Line {
    fn push(&mut self, source: Source, job: Job) -> Result<(), TooBusy> {
        let all: usize = self.waiting.values().map(VecDeque::len).sum();
        let of_source = self.waiting.entry(source).or_default();
        if of_source.len() >= MOST_PER_SOURCE || all >= MOST {
            return Err(TooBusy);
        }
        if of_source.is_empty() {
            self.turns.push_back(source);
        }
        of_source.push_back(job);
        Ok(())
    }

    fn next(&mut self) -> Option<Job> {
        let source = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&source)?;
        let job = waiting.pop_front();
        match waiting.is_empty() {
            true => drop(self.waiting.remove(&source)),
            false => self.turns.push_back(source),
        }
        job
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Job").field("member", &self.member).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use salotto::Network;

    use super::*;

    fn source(last: u8) -> Source {
        Some(Network::of(IpAddr::from([192, 0, 2, last])))
    }

    fn member(number: u64) -> MemberId {
        serde_json::from_str(&number.to_string()).unwrap()
    }

    fn push(queue: &mut Queue, number: u64, from: u8, is_known: bool) -> Result<(), TooBusy> {
        queue.push((Some(member(number)), source(from), is_known), async {})
    }

    fn order(queue: &mut Queue) -> Vec<MemberId> {
        let mut next = || queue.known.next().or_else(|| queue.strangers.next());
        std::iter::from_fn(|| next()?.member).collect()
    }

    #[test]
    fn who_is_known_comes_first_and_of_the_others_each_address_in_turn() {
        let mut queue = Queue::default();
        for number in 0..4 {
            push(&mut queue, number, 1, false).unwrap();
        }
        push(&mut queue, 10, 2, false).unwrap();
        push(&mut queue, 20, 3, false).unwrap();
        push(&mut queue, 30, 1, true).unwrap();
        push(&mut queue, 11, 2, false).unwrap();
        assert_eq!(order(&mut queue), [30, 0, 10, 20, 1, 11, 2, 3].map(member));
        assert!(queue.strangers.waiting.is_empty() && queue.strangers.turns.is_empty());
    }

    #[test]
    fn one_address_fills_its_own_share_alone() {
        let mut queue = Queue::default();
        for number in 0..MOST_PER_SOURCE as u64 {
            push(&mut queue, number, 1, false).unwrap();
        }
        assert_eq!(push(&mut queue, 99, 1, false), Err(TooBusy));
        push(&mut queue, 100, 2, false).unwrap();
        assert_eq!(order(&mut queue)[1], member(100));
    }
}
