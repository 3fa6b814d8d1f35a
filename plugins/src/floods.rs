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
//! What is too much is not sent, and counts as an offence. The offences of one person, or of one address, lead from step to step, with a short time
//! after each in which no further one is taken. After a time without offences the steps begin again.
//!
//! Core reads at most ten lines at once and two a second after that from one connection (`limits.rate`) and delays the rest, so the numbers
//! here are about how long somebody keeps that up: by default a pasted page passes, and a program that never stops sending is warned after
//! some fifteen seconds. If that limit is removed, these numbers are the only ones.
//!
//! Moderators and operators are exempt, and so is code in this process. The plugin comes before `moderation` in the order of the plugins, so that
//! messages of muted users count too; for muting and banning it needs that plugin, or another that has the commands `mute` and `ban`.

mod bucket;
mod text;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use salotto::{
    Action, ConnectDraft, Context, ForgettingMap, JoinDraft, Left, MemberId, MemberInfo,
    MessageDraft, NameDraft, Peer, Plugin, Role, Verdict,
};
use serde::Deserialize;

use crate::common::duration::HumanDuration;
pub use bucket::Rate;
use bucket::{Bucket, Moment};
use salotto::Network;
use text::LastSaid;
pub use text::{Capitals, Repeats};

/// Addresses and names that are remembered at most.
const REMEMBERED: usize = 100_000;

/// The limits, and the steps that follow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FloodSettings {
    /// Messages of one member, in rooms and private. Default 30 at once, 30 a minute.
    pub messages: Option<Rate>,
    /// Rooms that one member joins. Default 30 at once, 20 a minute.
    pub joins: Option<Rate>,
    /// Renames of one member. Default 5 at once, 2 a minute.
    pub names: Option<Rate>,
    /// Connections from one address, or of IPv6 from one network of 64 bits. Default 60 at once, 10 a minute.
    pub connections: Option<Rate>,
    /// Whether connections from this machine itself count too. Default false.
    pub loopback: bool,
    /// The same text repeated. Default `None`: allowed.
    pub repeats: Option<Repeats>,
    /// Texts in capitals. Default `None`: allowed.
    pub capitals: Option<Capitals>,
    /// The step for the first offence, the second, and so on; the last one is repeated. Default a warning, a mute for five minutes, a kick, a ban for
    /// an hour. Empty: what is too much is not sent, and nothing follows.
    pub steps: Vec<Step>,
    /// The time after a step in which no further one is taken. Default 5 seconds.
    pub grace: HumanDuration,
    /// The time without offences after which the steps begin again. Default 2 hours.
    pub forget: HumanDuration,
}

/// What an offence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Step {
    /// They are warned, with what would be next.
    Warn,
    /// They are muted for a time.
    Mute(HumanDuration),
    /// They are disconnected.
    Kick,
    /// Their name is banned for a time. For connections it is the address.
    Ban(HumanDuration),
    /// Their address is banned for a time, with everybody who shares it.
    BanAddress(HumanDuration),
}

/// The plugin.
#[derive(Debug)]
pub struct Floods {
    settings: FloodSettings,
    state: State,
}

/// What is kept when the settings are changed.
#[derive(Debug)]
struct State {
    members: HashMap<MemberId, MemberState>,
    sources: ForgettingMap<Source, Record>,
    /// Its keys are random, so that nobody can choose a text with the hash of another.
    hasher: RandomState,
}

/// The state of a connected member.
#[derive(Debug, Default)]
struct MemberState {
    /// Whether it is code in this process.
    is_exempt: bool,
    messages: Bucket,
    joins: Bucket,
    names: Bucket,
    last_said: LastSaid,
}

/// Whom offences are counted for, beyond one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    /// Whoever writes from there.
    Address(Network),
    /// Whoever connects from there.
    Connections(Network),
    /// Where many share the address: a form of the name, hashed.
    Name(u64),
}

#[derive(Debug, Default)]
struct Record {
    connections: Bucket,
    /// The next step.
    step: usize,
    /// Until when no further step is taken.
    grace_until: Moment,
    /// When the last offence was.
    last_offence: Moment,
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

impl Default for FloodSettings {
    fn default() -> Self {
        Self {
            messages: Some(Rate { burst: 30, per_minute: 30.0 }),
            joins: Some(Rate { burst: 30, per_minute: 20.0 }),
            names: Some(Rate { burst: 5, per_minute: 2.0 }),
            connections: Some(Rate { burst: 60, per_minute: 10.0 }),
            loopback: false,
            repeats: None,
            capitals: None,
            steps: vec![
                Step::Warn,
                Step::Mute(HumanDuration::seconds(5 * 60)),
                Step::Kick,
                Step::Ban(HumanDuration::seconds(60 * 60)),
            ],
            grace: HumanDuration::seconds(5),
            forget: HumanDuration::seconds(2 * 60 * 60),
        }
    }
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

impl fmt::Display for Step {
    /// What would happen to the user.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warn => formatter.write_str("warned"),
            Self::Mute(duration) => write!(formatter, "muted for {duration}"),
            Self::Kick => formatter.write_str("disconnected"),
            Self::Ban(duration) | Self::BanAddress(duration) => {
                write!(formatter, "banned for {duration}")
            }
        }
    }
}

impl Default for Floods {
    fn default() -> Self {
        Self::new(FloodSettings::default())
    }
}

impl Floods {
    /// The plugin with these settings.
    pub fn new(settings: FloodSettings) -> Self {
        let (members, sources) = (HashMap::new(), ForgettingMap::new(REMEMBERED));
        Self { settings, state: State { members, sources, hasher: RandomState::new() } }
    }

    /// The offence of a message, if it is one.
    fn offence(
        &mut self,
        context: &Context<'_>,
        member: MemberId,
        text: &str,
        now: Moment,
    ) -> Option<Offence> {
        let hasher = self.state.hasher.clone();
        let state = self.state.member_state(context, member);
        if state.is_exempt {
            return None;
        }
        let FloodSettings { messages, repeats, capitals, .. } = &self.settings;
        if messages.is_some_and(|rate| !state.messages.take(rate, now)) {
            return Some(Offence::Messages);
        }
        if repeats.is_some_and(|most| state.last_said.is_too_often(text, most, now, &hasher)) {
            return Some(Offence::Repeats);
        }
        capitals.is_some_and(|most| most.are_too_many(text)).then_some(Offence::Capitals)
    }

    /// Handles an offence: a step is taken, unless the last one was just now. Returns the refusal for the user; `None` if they are exempt.
    fn limit_hit(
        &mut self,
        context: &mut Context<'_>,
        member: MemberId,
        offence: Offence,
        now: Moment,
    ) -> Option<String> {
        let member = context.member(member)?;
        let address = member.peer.address()?;
        if member.role >= Role::Moderator {
            return None;
        }
        let source = match address.is_loopback() {
            false => Source::Address(Network::of_customer(address)),
            true => {
                let key = member.name.as_ref()?.keys().swap_remove(0);
                Source::Name(self.state.hasher.hash_one(key))
            }
        };
        let words = offence.words();
        let Some(step) = self.next_step(source, now) else {
            return Some(format!("{words}; wait a little"));
        };
        take_step(context, &member, step, offence);
        let next = self.state.record(source).step;
        Some(match (step, self.settings.step(next)) {
            (Step::Warn, Some(next)) => format!("{words}; if you continue, you will be {next}"),
            _ => format!("{words}; wait a little"),
        })
    }

    /// The step that an offence leads to; `None` shortly after the last one.
    fn next_step(&mut self, source: Source, now: Moment) -> Option<Step> {
        let settings = &self.settings;
        let record = self.state.record(source);
        if now.since(record.last_offence) >= settings.forget.microseconds() {
            (record.step, record.grace_until) = (0, now);
        }
        record.last_offence = now;
        let in_grace = record.grace_until > now;
        // A clock that was set back does not make the grace longer.
        record.grace_until = record.grace_until.min(now.after(settings.longest_grace()));
        if in_grace {
            return None;
        }
        let step = settings.step(record.step)?;
        record.step += 1;
        record.grace_until = now.after(match (source, step) {
            // An address that keeps connecting while it is banned is not banned again.
            (Source::Connections(_), Step::Ban(duration) | Step::BanAddress(duration)) => duration,
            _ => settings.grace,
        });
        Some(step)
    }

    /// Takes a token out of a bucket of a member. Returns whether there was one.
    fn may(
        &mut self,
        context: &Context<'_>,
        member: MemberId,
        rate: Option<Rate>,
        bucket: impl FnOnce(&mut MemberState) -> &mut Bucket,
        now: Moment,
    ) -> bool {
        let state = self.state.member_state(context, member);
        state.is_exempt || rate.is_none_or(|rate| bucket(state).take(rate, now))
    }
}

impl FloodSettings {
    /// The step of that number; the last one is repeated.
    fn step(&self, number: usize) -> Option<Step> {
        self.steps.get(number).or(self.steps.last()).copied()
    }

    fn longest_grace(&self) -> HumanDuration {
        let bans = self.steps.iter().filter_map(|step| match step {
            Step::Ban(duration) | Step::BanAddress(duration) => Some(*duration),
            _ => None,
        });
        bans.chain([self.grace]).max().unwrap_or(self.grace)
    }
}

impl State {
    fn member_state(&mut self, context: &Context<'_>, member: MemberId) -> &mut MemberState {
        self.members.entry(member).or_insert_with(|| {
            let is_exempt = context.member(member).is_some_and(|info| info.peer == Peer::Local);
            MemberState { is_exempt, ..MemberState::default() }
        })
    }

    /// The record of a source, which is empty for a new one, and for one that was forgotten because there were too many others.
    fn record(&mut self, source: Source) -> &mut Record {
        self.sources.get_or_insert_with(source, Record::default, |_| false)
    }
}

fn take_step(context: &mut Context<'_>, member: &MemberInfo, step: Step, offence: Offence) {
    let Some(name) = &member.name else { return };
    let why = offence.words();
    // Neither a name nor a duration has spaces.
    match step {
        Step::Warn => {
            let action = Action::new(context.now(), "warn", "floods");
            context.record(action.whom(name.as_str()).why(why));
        }
        Step::Mute(duration) => context.run(format!("mute {name} {duration} {why}")),
        Step::Kick => context.kick(member.id, None, why),
        Step::Ban(duration) => context.run(format!("ban {name} {duration} {why}")),
        Step::BanAddress(duration) => match member.peer.address() {
            Some(address) if !address.is_loopback() => {
                context.run(format!("ban address {name} {duration} {why}"));
            }
            _ => context.run(format!("ban {name} {duration} {why}")),
        },
    }
}

impl Plugin for Floods {
    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        let fresh = Self::default();
        Some(Box::new(std::mem::replace(&mut self.state, fresh.state)))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        if let Ok(state) = state.downcast::<State>() {
            self.state = *state;
        }
    }

    fn before_connect(&mut self, context: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
        let Some(rate) = self.settings.connections else { return Verdict::Pass };
        let counts = |address: &std::net::IpAddr| self.settings.loopback || !address.is_loopback();
        let Some(address) = draft.peer.address().filter(counts) else { return Verdict::Pass };
        let now = Moment::of(context.now());
        let network = Network::of_customer(address);
        let source = Source::Connections(network);
        let record = self.state.record(source);
        if record.connections.take(rate, now) {
            return Verdict::Pass;
        }
        let words = Offence::Connections.words();
        if let Some(Step::Ban(duration) | Step::BanAddress(duration)) = self.next_step(source, now)
        {
            context.run(format!("ban {network} {duration} {words}"));
        }
        Verdict::Deny(format!("{words} from your address; wait a little"))
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        // The first name is not a change; core counts how many are tried.
        let is_change = draft.current.is_some();
        let (now, rate) = (Moment::of(context.now()), self.settings.names);
        if !is_change || self.may(context, draft.member, rate, |state| &mut state.names, now) {
            return Verdict::Pass;
        }
        denied(self.limit_hit(context, draft.member, Offence::Names, now))
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        let (now, rate) = (Moment::of(context.now()), self.settings.joins);
        match self.may(context, draft.member, rate, |state| &mut state.joins, now) {
            true => Verdict::Pass,
            false => denied(self.limit_hit(context, draft.member, Offence::Joins, now)),
        }
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        // The operator is exempt.
        let Some(member) = draft.member else { return Verdict::Pass };
        let now = Moment::of(context.now());
        match self.offence(context, member, &draft.text, now) {
            None => Verdict::Pass,
            Some(offence) => denied(self.limit_hit(context, member, offence, now)),
        }
    }

    fn after_left(&mut self, _context: &mut Context<'_>, left: &Left) {
        if left.room.is_none() {
            self.state.members.remove(&left.member);
        }
    }
}

fn denied(why: Option<String>) -> Verdict {
    why.map_or(Verdict::Pass, Verdict::Deny)
}

#[cfg(test)]
mod tests;
