//! `floods`: flood protection. Whoever sends too fast is warned, then muted, then disconnected, then banned.
//!
//! ```ron
//! (
//!     messages: (burst: 30, per_minute: 30),
//!     steps: [Warn, Mute("5m"), Kick, Ban("1h")],
//!     capitals: (percent: 70, from: 12),
//! )
//! ```
//!
//! # Who is punished, and for what
//!
//! 1. Offences are counted for a person: their account, or else their name in all its spellings. Whoever comes back, on however many connections, is
//!    the same person with the same buckets; whoever renames takes along what was counted.
//! 2. An address is not a person. Forty pupils share one, and what one of them does is not held against the others.
//! 3. An address counts only against whoever comes back to evade: a newcomer from an address from which somebody left with steps against them
//!    takes these over, unless somebody else is connected from there, for then it may be anybody.
//! 4. What is too much is not sent. With each step all that the person had sent by then is thrown away too, and nothing is sent for a short time
//!    (`grace`), in which no further step is taken: one paste has one consequence, and loses its end, not its middle.
//! 5. After a time without offences (`forget`) the steps begin again. All times are measured by a clock that is never set.
//! 6. Too many connections from one address are refused, and nothing follows. Networks in `limits.exempt` may have as many as they like.
//! 7. Moderators, operators and code in this process are exempt.
//!
//! Core reads at most ten lines at once and two a second after that from one connection (`limits.rate`) and delays the rest, so the numbers
//! here are about how long somebody keeps that up: by default a pasted page passes, and a program that never stops sending is warned after
//! some fifteen seconds. If that limit is removed, these numbers are the only ones.
//!
//! The plugin comes before `moderation` in the order of the plugins, so that messages of muted users count too; for muting and banning it needs that
//! plugin, or another that has the commands `mute`, `ban` and `ban-address`.

mod bucket;
mod people;
mod settings;
mod text;

use std::any::Any;

use salotto::command::Call;
use salotto::{
    Action, ConnectDraft, Context, JoinDraft, Left, MemberId, MemberInfo, MessageDraft, NameDraft,
    Plugin, Renamed, Role, Verdict,
};

use crate::common::evasion::is_alone;
pub use bucket::Rate;
use bucket::{Bucket, Moment};
use people::{Known, People};
pub use settings::{FloodSettings, Step};
pub use text::{Capitals, Repeats};

/// The plugin.
#[derive(Debug, Default)]
pub struct Floods {
    settings: FloodSettings,
    people: People,
}

/// What was too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offence {
    Messages,
    Joins,
    Names,
    Connections,
    Repeats,
    Capitals,
}

impl Offence {
    /// What was too much, for people.
    fn words(self) -> &'static str {
        match self {
            Self::Messages => "too many messages at once",
            Self::Joins => "too many rooms at once",
            Self::Names => "too many names at once",
            Self::Connections => "too many connections at once",
            Self::Repeats => "the same text repeated",
            Self::Capitals => "too many capital letters",
        }
    }
}

impl Floods {
    /// The plugin with these settings.
    pub fn new(settings: FloodSettings) -> Self {
        Self { settings, people: People::default() }
    }

    /// The offence of a message, if it is one.
    fn offence(&mut self, member: MemberId, text: &str, now: Moment) -> Option<Offence> {
        let person = self.people.person(member)?;
        let hasher = self.people.hasher.clone();
        let known = self.people.known(person);
        let FloodSettings { messages, repeats, capitals, .. } = &self.settings;
        if known.record.is_in_grace(now)
            || messages.is_some_and(|rate| !known.messages.take(rate, now))
        {
            return Some(Offence::Messages);
        }
        if repeats.is_some_and(|most| known.last_said.is_too_often(text, most, now, &hasher)) {
            return Some(Offence::Repeats);
        }
        capitals.is_some_and(|most| most.are_too_many(text)).then_some(Offence::Capitals)
    }

    /// Handles an offence: a step is taken, unless the last one was just now. Passes it after all where the person is exempt.
    fn punish(
        &mut self,
        context: &mut Context<'_>,
        member: MemberId,
        offence: Offence,
        now: Moment,
    ) -> Verdict {
        let (Some(info), Some(person)) = (context.member(member), self.people.person(member))
        else {
            return Verdict::Pass;
        };
        if info.role >= Role::Moderator {
            return Verdict::Pass;
        }
        let words = offence.words();
        let record = &mut self.people.known(person).record;
        let Some(step) = record.next_step(&self.settings, now) else {
            return Verdict::Deny(format!("{words}; wait a little"));
        };
        let next = self.settings.step(record.step);
        take_step(context, &info, step, offence);
        context.discard_input(member);
        Verdict::Deny(match (step, next) {
            (Step::Warn, Some(next)) => format!("{words}; if you continue, you will be {next}"),
            _ => format!("{words}; wait a little"),
        })
    }

    /// Takes a token out of a bucket of a person. Returns whether there was one, or none is needed.
    fn may(
        &mut self,
        member: MemberId,
        rate: Option<Rate>,
        bucket: impl FnOnce(&mut Known) -> &mut Bucket,
        now: Moment,
    ) -> bool {
        let (Some(person), Some(rate)) = (self.people.person(member), rate) else { return true };
        bucket(self.people.known(person)).take(rate, now)
    }

    /// A member has a name, and perhaps evades.
    fn identify(&mut self, context: &Context<'_>, member: MemberId) {
        let Some(info) = context.member(member) else { return };
        self.people.identify(&info);
        let now = Moment::now(context);
        let (Some(person), Some(network)) = (self.people.person(member), info.peer.network())
        else {
            return;
        };
        if self.people.left_from(network, &self.settings, now) && is_alone(context, &info) {
            self.people.take_over(person, network);
        }
    }
}

fn take_step(context: &mut Context<'_>, member: &MemberInfo, step: Step, offence: Offence) {
    let Some(name) = &member.name else { return };
    let why = offence.words();
    let limits = &context.settings().limits;
    let counts = member.peer.address().is_some_and(|address| !limits.are_lifted_for(address));
    let timed = |path, arg, duration| {
        Call::new(path).with(arg, name).with("duration", duration).with("reason", why)
    };
    match step {
        Step::Warn => {
            let action = Action::new(context.now(), "warn", "floods");
            context.record(action.whom(name.as_str()).why(why));
        }
        Step::Mute(duration) => context.call(timed("mute", "name", duration)),
        Step::Kick => context.kick(member.id, None, why),
        Step::BanAddress(duration) if counts => {
            context.call(timed("ban-address", "name", duration));
        }
        Step::Ban(duration) | Step::BanAddress(duration) => {
            context.call(timed("ban", "who", duration));
        }
    }
}

impl Plugin for Floods {
    fn start(&mut self, context: &mut Context<'_>) {
        // Those who were here before the plugin.
        for member in context.members() {
            self.people.identify(&member);
        }
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(std::mem::take(&mut self.people)))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        if let Ok(people) = state.downcast::<People>() {
            self.people = *people;
        }
    }

    fn before_connect(&mut self, context: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
        let (Some(rate), Some(address)) = (self.settings.connections, draft.peer.address()) else {
            return Verdict::Pass;
        };
        let Some(network) = draft.peer.network() else { return Verdict::Pass };
        if context.settings().limits.are_lifted_for(address)
            || self.people.connections(network).take(rate, Moment::now(context))
        {
            return Verdict::Pass;
        }
        Verdict::Deny(format!("{} from your address; wait a little", Offence::Connections.words()))
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        // The first name is not a change; core counts how many are tried.
        let is_change = draft.current.is_some();
        let (now, rate) = (Moment::now(context), self.settings.names);
        if !is_change || self.may(draft.member, rate, |known| &mut known.names, now) {
            return Verdict::Pass;
        }
        self.punish(context, draft.member, Offence::Names, now)
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        let (now, rate) = (Moment::now(context), self.settings.joins);
        match self.may(draft.member, rate, |known| &mut known.joins, now) {
            true => Verdict::Pass,
            false => self.punish(context, draft.member, Offence::Joins, now),
        }
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        // The operator is exempt.
        let Some(member) = draft.member.filter(|_| !draft.is_sign) else { return Verdict::Pass };
        let now = Moment::now(context);
        match self.offence(member, &draft.text, now) {
            None => Verdict::Pass,
            Some(offence) => self.punish(context, member, offence, now),
        }
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        self.identify(context, member);
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        self.identify(context, renamed.member);
    }

    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {
        // Whoever logs in is known by their account from here on.
        if action.what == "login"
            && let Some(member) = context.find(&action.by)
        {
            self.people.identify(&member);
        }
    }

    fn after_left(&mut self, context: &mut Context<'_>, left: &Left) {
        if left.room.is_none() {
            let now = Moment::now(context);
            self.people.leave(left.member, left.peer.network(), &self.settings, now);
        }
    }
}

#[cfg(test)]
mod tests;
