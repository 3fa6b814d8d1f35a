//! Turns that a store has yet to keep: what they brought is in the timelines and mailboxes already, and nobody is shown it before it is kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::delivery::fanout::Amount;
use crate::delivery::outbox::Outbox;
use crate::delivery::timeline::Stamp;
use crate::protocol::ids::RoomId;

/// A store that keeps nothing for so long is not waited for any more.
pub(crate) const STALLED: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Unpublished {
    /// In order; each waits for the store, or for one before it.
    hidden: VecDeque<Concerned>,
    /// What the store was given and has not acknowledged.
    handed: VecDeque<(Stamp, Amount)>,
    amount: Amount,
    /// When the store last acknowledged something, or was given something after it had acknowledged all.
    progress: Option<Instant>,
    last_handed: Stamp,
    acknowledged: Stamp,
    /// Whether nothing is waited for, because the store keeps nothing.
    is_failing: bool,
}

/// Whom a turn concerns.
#[derive(Debug, Default)]
pub(crate) struct Concerned {
    /// The last stamp of the turn.
    pub(crate) stamp: Stamp,
    /// What the store has to acknowledge before.
    pub(crate) needs: Stamp,
    /// Outboxes that something was put into.
    pub(crate) mailed: Vec<Arc<Outbox>>,
    /// Rooms in which something happened.
    pub(crate) touched: Vec<RoomId>,
}

impl Unpublished {
    /// The store was given a turn.
    pub(crate) fn handed(&mut self, stamp: Stamp, amount: Amount) {
        self.last_handed = stamp;
        if self.is_failing {
            return;
        }
        if self.handed.is_empty() {
            self.progress = Some(Instant::now());
        }
        self.amount.entries += amount.entries;
        self.amount.bytes += amount.bytes;
        self.handed.push_back((stamp, amount));
    }

    /// The store has acknowledged everything up to `stamp`.
    pub(crate) fn acknowledge(&mut self, stamp: Stamp) {
        while let Some((handed, amount)) = self.handed.front().copied()
            && handed <= stamp
        {
            self.handed.pop_front();
            self.amount.entries -= amount.entries;
            self.amount.bytes -= amount.bytes;
            self.progress = Some(Instant::now());
        }
        self.acknowledged = self.acknowledged.max(stamp);
    }

    /// A turn is over.
    pub(crate) fn push(&mut self, turn: Concerned) {
        self.hidden.push_back(turn);
    }

    /// The next turn that may be seen now.
    pub(crate) fn pop_visible(&mut self) -> Option<Concerned> {
        let first = self.hidden.front()?;
        (self.is_failing || first.needs <= self.acknowledged)
            .then(|| self.hidden.pop_front())
            .flatten()
    }

    /// Whether the store has been given more than this and not acknowledged it. One that fails is not waited for.
    pub(crate) fn is_behind(&self, within: Amount) -> bool {
        !self.is_failing
            && (self.amount.entries > within.entries || self.amount.bytes > within.bytes)
    }

    /// Whether nothing that the store was given is still waited for.
    pub(crate) fn is_empty(&self) -> bool {
        self.handed.is_empty()
    }

    /// The store keeps nothing: nothing is waited for, until it [has caught up](Self::recover).
    pub(crate) fn fail(&mut self) {
        self.is_failing = true;
        self.handed.clear();
        self.amount = Amount::default();
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing
    }

    /// Whether a store that kept nothing has kept everything by now.
    pub(crate) fn has_caught_up(&self) -> bool {
        self.is_failing && self.acknowledged >= self.last_handed
    }

    /// The store is waited for again.
    pub(crate) fn recover(&mut self) {
        self.is_failing = false;
    }

    /// When a store that goes on keeping nothing will have kept nothing for too long.
    pub(crate) fn stalls_at(&self) -> Option<Instant> {
        let is_waited_for = !self.is_failing && !self.handed.is_empty();
        self.progress.filter(|_| is_waited_for).map(|progress| progress + STALLED)
    }
}
