//! What waits for the answers that are under way: a goodbye, for a moment, as whoever asks and leaves in one breath, as a script does, is answered first; and what a plugin tells only after them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Hub;
use super::timers::Due;
use crate::dialect::Own;
use crate::protocol::ids::{MemberId, SlotId};
use crate::protocol::leave_reason::LeaveReason;

/// How long a goodbye waits at most.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many requests of plugins wait for the answers of one member.
const MOST_KEPT: usize = 16;

/// Who waits for answers, and who of them has said goodbye.
#[derive(Debug, Default)]
pub(super) struct Goodbyes {
    /// How many answers a member waits for; nobody who waits for none is in it.
    owed: BTreeMap<MemberId, usize>,
    /// What plugins are given back when a member waits for no answer any more.
    kept: BTreeMap<MemberId, Vec<(SlotId, Own)>>,
    said: BTreeMap<MemberId, Goodbye>,
}

/// How somebody wants to leave.
#[derive(Debug)]
pub(super) enum Goodbye {
    /// They asked to; a plugin may refuse.
    Asked { farewell: String },
    /// Nothing more comes from them.
    Ended(LeaveReason),
}

impl Hub {
    /// A member will be answered later.
    pub(super) fn owe_answer(&mut self, id: MemberId) {
        *self.goodbyes.owed.entry(id).or_default() += 1;
    }

    /// A member was answered. Whoever waits for no other answer and has said goodbye leaves.
    pub(super) fn answered(&mut self, id: MemberId) {
        let Some(owed) = self.goodbyes.owed.get_mut(&id) else { return };
        *owed -= 1;
        if *owed == 0 {
            self.goodbyes.owed.remove(&id);
            let kept = self.goodbyes.kept.remove(&id).unwrap_or_default();
            self.afterwards.extend(kept.into_iter().map(|(slot, request)| (slot, id, request)));
            self.finish_goodbye(id);
        }
    }

    /// Gives a plugin a request of a member back: when the member waits for no answer any more.
    pub(super) fn when_answered(&mut self, slot: SlotId, id: MemberId, request: Own) {
        if self.goodbyes.owed.contains_key(&id) {
            let kept = self.goodbyes.kept.entry(id).or_default();
            if kept.len() < MOST_KEPT {
                return kept.push((slot, request));
            }
        }
        self.afterwards.push((slot, id, request));
    }

    /// A member wants to leave: at once, or when it was answered.
    pub(super) fn say_goodbye(&mut self, id: MemberId, goodbye: Goodbye) {
        if !self.goodbyes.owed.contains_key(&id) {
            return self.leave_server(id, goodbye);
        }
        let before = self.goodbyes.said.remove(&id);
        if before.is_none() {
            let at = self.state.clock.now() + PATIENCE;
            self.timers.set(at, Due::Goodbye(id));
        }
        // The last words stay those that were said, also where the connection ends meanwhile.
        let goodbye = match (before, goodbye) {
            (Some(Goodbye::Asked { farewell }), Goodbye::Ended(_)) => {
                Goodbye::Ended(LeaveReason::Quit { farewell })
            }
            (_, goodbye) => goodbye,
        };
        self.goodbyes.said.insert(id, goodbye);
    }

    /// Nothing more comes from a member, or its connection has to end. Whoever only sends nothing more may be listening.
    pub(super) fn hang_up(&mut self, id: MemberId, reason: LeaveReason) {
        let listens = self.state.roster.get(id).is_some_and(|member| !member.outbox.has_ended());
        match reason {
            LeaveReason::Quit { .. } | LeaveReason::Lost if listens => {
                self.say_goodbye(id, Goodbye::Ended(reason));
            }
            reason => self.disconnect(id, reason),
        }
    }

    /// Whether nothing more is taken from a member, which has said goodbye.
    pub(super) fn has_said_goodbye(&self, id: MemberId) -> bool {
        self.goodbyes.said.contains_key(&id)
    }

    /// A goodbye has waited long enough.
    pub(super) fn finish_goodbye(&mut self, id: MemberId) {
        if let Some(goodbye) = self.goodbyes.said.remove(&id) {
            self.timers.cancel(&Due::Goodbye(id));
            self.leave_server(id, goodbye);
        }
    }

    /// A member has left.
    pub(super) fn forget_goodbye(&mut self, id: MemberId) {
        self.goodbyes.owed.remove(&id);
        self.goodbyes.kept.remove(&id);
        if self.goodbyes.said.remove(&id).is_some() {
            self.timers.cancel(&Due::Goodbye(id));
        }
    }

    fn leave_server(&mut self, id: MemberId, goodbye: Goodbye) {
        match goodbye {
            Goodbye::Asked { farewell } => self.quit(id, farewell),
            Goodbye::Ended(reason) => self.disconnect(id, reason),
        }
    }
}
