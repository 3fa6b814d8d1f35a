//! What is known of people, however they connect, and of addresses from which somebody left in disgrace.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use salotto::{ForgettingMap, MemberId, MemberInfo, Network, Peer};

use super::bucket::{Bucket, Moment};
use super::settings::{FloodSettings, Step};
use super::text::LastSaid;

/// People and addresses that are remembered at most.
const REMEMBERED: usize = 100_000;

/// Somebody, by their account or else by a form of their name, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Person(u64);

/// What is known of a person.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) messages: Bucket,
    pub(super) joins: Bucket,
    pub(super) names: Bucket,
    pub(super) last_said: LastSaid,
    pub(super) record: Record,
}

/// Which steps were taken.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Record {
    /// The next step.
    pub(super) step: usize,
    /// Until when nothing is sent and no further step is taken.
    grace_until: Moment,
    /// When the last offence was.
    last_offence: Moment,
}

/// See the module. Kept when the settings are changed.
#[derive(Debug)]
pub(super) struct People {
    /// Who has which connection; `None` for code in this process.
    connected: HashMap<MemberId, Option<Person>>,
    known: ForgettingMap<Person, Known>,
    /// Addresses from which somebody left against whom steps had been taken.
    left_from: ForgettingMap<Network, Record>,
    connections: ForgettingMap<Network, Bucket>,
    /// Its keys are random, so that nobody can choose a name or a text with the hash of another.
    pub(super) hasher: RandomState,
}

impl Record {
    /// The step that an offence leads to; `None` where there is none, or the last one was just now.
    pub(super) fn next_step(&mut self, settings: &FloodSettings, now: Moment) -> Option<Step> {
        if !self.counts(settings, now) {
            (self.step, self.grace_until) = (0, now);
        }
        self.last_offence = now;
        if self.is_in_grace(now) {
            return None;
        }
        let step = settings.step(self.step)?;
        self.step += 1;
        self.grace_until = now.after(settings.grace);
        Some(step)
    }

    /// Whether a step was taken just now, so that nothing is sent for a moment.
    pub(super) fn is_in_grace(&self, now: Moment) -> bool {
        self.grace_until > now
    }

    /// Whether there are steps that are not forgotten yet.
    fn counts(&self, settings: &FloodSettings, now: Moment) -> bool {
        self.step > 0 && now.since(self.last_offence) < settings.forget.microseconds()
    }
}

impl People {
    /// A member has a name, another name or an account: whose offences theirs are from now on. What was counted under a former name goes along.
    pub(super) fn identify(&mut self, member: &MemberInfo) {
        let Some(name) = member.name.as_ref().filter(|_| member.peer != Peer::Local) else {
            self.connected.insert(member.id, None);
            return;
        };
        let person = Person(match &member.account {
            Some(account) => self.hasher.hash_one((1, account)),
            None => self.hasher.hash_one((0, name.keys().swap_remove(0))),
        });
        let former = self.connected.insert(member.id, Some(person)).flatten();
        let Some(known) = former.filter(|former| *former != person) else { return };
        if let Some(known) = self.known.get(&known).copied() {
            let present = self.known(person);
            let more = known.record.step > present.record.step;
            *present = if more { known } else { Known { record: present.record, ..known } };
        }
    }

    /// Whose connection it is; `None` for code, and before there is a name.
    pub(super) fn person(&self, member: MemberId) -> Option<Person> {
        self.connected.get(&member).copied().flatten()
    }

    /// What is known of a person: nothing of a new one, or of one who was forgotten because there were too many others.
    pub(super) fn known(&mut self, person: Person) -> &mut Known {
        self.known.get_or_insert_with(person, Known::default, |_| false)
    }

    /// The bucket for connections from an address.
    pub(super) fn connections(&mut self, network: Network) -> &mut Bucket {
        self.connections.get_or_insert_with(network, Bucket::default, |_| false)
    }

    /// A member has left. Their address is remembered if there are steps against them.
    pub(super) fn leave(
        &mut self,
        member: MemberId,
        network: Option<Network>,
        settings: &FloodSettings,
        now: Moment,
    ) {
        let Some(person) = self.connected.remove(&member).flatten() else { return };
        let record = self.known(person).record;
        if let Some(network) = network.filter(|_| record.counts(settings, now)) {
            *self.left_from.get_or_insert_with(network, Record::default, |_| false) = record;
        }
    }

    /// Whether somebody left from an address against whom there are steps.
    pub(super) fn left_from(
        &self,
        network: Network,
        settings: &FloodSettings,
        now: Moment,
    ) -> bool {
        self.left_from.get(&network).is_some_and(|record| record.counts(settings, now))
    }

    /// Somebody comes from such an address, alone: they take over the steps.
    pub(super) fn take_over(&mut self, person: Person, network: Network) {
        let Some(record) = self.left_from.get(&network).copied() else { return };
        let known = self.known(person);
        if known.record.step < record.step {
            // Not the grace: they have sent nothing yet.
            known.record = Record { grace_until: known.record.grace_until, ..record };
        }
    }
}

impl Default for People {
    fn default() -> Self {
        Self {
            connected: HashMap::new(),
            known: ForgettingMap::new(REMEMBERED),
            left_from: ForgettingMap::new(REMEMBERED),
            connections: ForgettingMap::new(REMEMBERED),
            hasher: RandomState::new(),
        }
    }
}
