//! `floods`: nobody drowns the others out. Whoever goes too fast is warned, then muted, then sent out, then banned.
//!
//! ```ron
//! (
//!     messages: (burst: 30, per_minute: 30),
//!     steps: [Warn, Mute("5m"), Kick, Ban("1h")],
//!     capitals: (percent: 70, from: 12),
//! )
//! ```
//!
//! What is too much is not sent, and counts as an offence; the offences of one person, or of whoever comes from the same address, lead up the
//! steps, with a little time between two of them to heed the first. After a quiet time all is forgotten.
//!
//! Core reads at most ten lines at once and two a second after that from one connection (`limits.rate`) and holds back the rest, so that the
//! numbers here are about how long somebody keeps that up: by the default, a pasted page passes, and a program that writes without an end is
//! warned after some fifteen seconds. Where that limit is lifted, these numbers are the only ones.
//!
//! Moderators and those above are exempt, and so is code in this process. It stands before `moderation` in the order of the plugins, so that what the
//! muted send counts too; for muting and banning it needs that plugin, or another that has the commands `mute` and `ban`.

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

use crate::common::network::{Network, address_of};
use crate::common::span::Span;
pub use bucket::Pace;
use bucket::{Bucket, Moment};
use text::LastSaid;
pub use text::{Capitals, Repeats};

/// Addresses and names that are remembered at most.
const REMEMBERED: usize = 100_000;

/// What is too much, and what follows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FloodSettings {
    /// Messages of one member, in rooms and to one person. Default 30 at once, 30 a minute.
    pub messages: Option<Pace>,
    /// Rooms that one member enters. Default 30 at once, 20 a minute.
    pub joins: Option<Pace>,
    /// Other names that one member takes. Default 5 at once, 2 a minute.
    pub names: Option<Pace>,
    /// Connections from one address, or of IPv6 from one network of 64 bits. Default 60 at once, 10 a minute.
    pub connections: Option<Pace>,
    /// Whether connections from this machine itself count too. Default false.
    pub loopback: bool,
    /// The same text again and again. Default `None`: anybody may.
    pub repeats: Option<Repeats>,
    /// Texts in capitals. Default `None`: anybody may.
    pub capitals: Option<Capitals>,
    /// What the first offence leads to, the second, and so on; the last one stays. Default a warning, five minutes of silence, out, banned for an
    /// hour. Empty: what is too much is not sent, and nothing follows.
    pub steps: Vec<Step>,
    /// How long a step is left to be heeded before another is taken. Default 5 seconds.
    pub grace: Span,
    /// The quiet time after which the first step is the next one again. Default 2 hours.
    pub forget: Span,
}

/// What an offence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Step {
    /// They are told that it is too much, and what is next.
    Warn,
    /// They do not speak for a while.
    Mute(Span),
    /// They are sent out.
    Kick,
    /// Their name is kept out for a while. For connections it is the address.
    Ban(Span),
    /// Their address is kept out for a while, and everybody who shares it.
    BanAddress(Span),
}

/// The plugin.
#[derive(Debug)]
pub struct Floods {
    settings: FloodSettings,
    state: State,
}

/// What goes on when the settings are changed.
#[derive(Debug)]
struct State {
    talkers: HashMap<MemberId, Talker>,
    suspects: ForgettingMap<Suspect, Record>,
    /// Its keys are made at random, so that nobody chooses a text that passes for another's.
    hasher: RandomState,
}

/// Somebody who is here.
#[derive(Debug, Default)]
struct Talker {
    /// Whether it is code in this process.
    is_exempt: bool,
    messages: Bucket,
    joins: Bucket,
    names: Bucket,
    last_said: LastSaid,
}

/// Who is known beyond one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Suspect {
    /// Whoever speaks from there.
    Address(Network),
    /// Whoever connects from there.
    Connections(Network),
    /// Where the address tells nobody apart: a form of the name, hashed.
    Name(u64),
}

#[derive(Debug, Default)]
struct Record {
    connections: Bucket,
    /// The step that is next.
    step: usize,
    /// Until when the last one is left to be heeded.
    rests_until: Moment,
    /// When there was an offence last.
    hits: Moment,
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
            messages: Some(Pace { burst: 30, per_minute: 30.0 }),
            joins: Some(Pace { burst: 30, per_minute: 20.0 }),
            names: Some(Pace { burst: 5, per_minute: 2.0 }),
            connections: Some(Pace { burst: 60, per_minute: 10.0 }),
            loopback: false,
            repeats: None,
            capitals: None,
            steps: vec![
                Step::Warn,
                Step::Mute(Span::seconds(5 * 60)),
                Step::Kick,
                Step::Ban(Span::seconds(60 * 60)),
            ],
            grace: Span::seconds(5),
            forget: Span::seconds(2 * 60 * 60),
        }
    }
}

impl Offence {
    /// For people.
    fn words(self) -> &'static str {
        match self {
            Self::Messages => "too many messages at once",
            Self::Joins => "too many rooms at once",
            Self::Names => "too many names at once",
            Self::Connections => "too many connections at once",
            Self::Repeats => "the same again and again",
            Self::Capitals => "that was shouted",
        }
    }
}

impl fmt::Display for Step {
    /// What it would do, to the one it would be done to.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warn => formatter.write_str("warned"),
            Self::Mute(span) => write!(formatter, "muted for {span}"),
            Self::Kick => formatter.write_str("sent out"),
            Self::Ban(span) | Self::BanAddress(span) => write!(formatter, "banned for {span}"),
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
        let (talkers, suspects) = (HashMap::new(), ForgettingMap::new(REMEMBERED));
        Self { settings, state: State { talkers, suspects, hasher: RandomState::new() } }
    }

    /// What is too much about a message, if anything is.
    fn offence(
        &mut self,
        context: &Context<'_>,
        member: MemberId,
        text: &str,
        now: Moment,
    ) -> Option<Offence> {
        let hasher = self.state.hasher.clone();
        let talker = self.state.talker(context, member);
        if talker.is_exempt {
            return None;
        }
        let FloodSettings { messages, repeats, capitals, .. } = &self.settings;
        if messages.is_some_and(|pace| !talker.messages.take(pace, now)) {
            return Some(Offence::Messages);
        }
        if repeats.is_some_and(|most| talker.last_said.is_too_often(text, most, now, &hasher)) {
            return Some(Offence::Repeats);
        }
        capitals.is_some_and(|most| most.are_too_many(text)).then_some(Offence::Capitals)
    }

    /// Somebody went too far: a step is taken, unless the last one is to be heeded first. Returns what they are told; `None` when they may.
    fn limit_hit(
        &mut self,
        context: &mut Context<'_>,
        member: MemberId,
        offence: Offence,
        now: Moment,
    ) -> Option<String> {
        let member = context.member(member)?;
        let address = address_of(member.peer)?;
        if member.role >= Role::Moderator {
            return None;
        }
        let suspect = match address.is_loopback() {
            false => Suspect::Address(Network::of_customer(address)),
            true => {
                let key = member.name.as_ref()?.keys().swap_remove(0);
                Suspect::Name(self.state.hasher.hash_one(key))
            }
        };
        let words = offence.words();
        let Some(step) = self.next_step(suspect, now) else {
            return Some(format!("{words}; wait a little"));
        };
        take_step(context, &member, step, offence);
        let next = self.state.record(suspect).step;
        Some(match (step, self.settings.step(next)) {
            (Step::Warn, Some(next)) => format!("{words}; go on, and you will be {next}"),
            _ => format!("{words}; wait a little"),
        })
    }

    /// The step that an offence leads to; `None` while the last one is to be heeded.
    fn next_step(&mut self, suspect: Suspect, now: Moment) -> Option<Step> {
        let settings = &self.settings;
        let record = self.state.record(suspect);
        if now.since(record.hits) >= settings.forget.microseconds() {
            (record.step, record.rests_until) = (0, now);
        }
        record.hits = now;
        let is_resting = record.rests_until > now;
        // A clock that was set back does not rest for longer than it would have.
        record.rests_until = record.rests_until.min(now.after(settings.longest_rest()));
        if is_resting {
            return None;
        }
        let step = settings.step(record.step)?;
        record.step += 1;
        record.rests_until = now.after(match (suspect, step) {
            // Who is banned and goes on connecting is banned already.
            (Suspect::Connections(_), Step::Ban(span) | Step::BanAddress(span)) => span,
            _ => settings.grace,
        });
        Some(step)
    }

    /// Takes one out of a bucket of a member, where there is one, and says whether there was.
    fn may(
        &mut self,
        context: &Context<'_>,
        member: MemberId,
        pace: Option<Pace>,
        bucket: impl FnOnce(&mut Talker) -> &mut Bucket,
        now: Moment,
    ) -> bool {
        let talker = self.state.talker(context, member);
        talker.is_exempt || pace.is_none_or(|pace| bucket(talker).take(pace, now))
    }
}

impl FloodSettings {
    /// The step of that number; the last one stays.
    fn step(&self, number: usize) -> Option<Step> {
        self.steps.get(number).or(self.steps.last()).copied()
    }

    fn longest_rest(&self) -> Span {
        let bans = self.steps.iter().filter_map(|step| match step {
            Step::Ban(span) | Step::BanAddress(span) => Some(*span),
            _ => None,
        });
        bans.chain([self.grace]).max().unwrap_or(self.grace)
    }
}

impl State {
    fn talker(&mut self, context: &Context<'_>, member: MemberId) -> &mut Talker {
        self.talkers.entry(member).or_insert_with(|| {
            let is_exempt = context.member(member).is_some_and(|info| info.peer == Peer::Local);
            Talker { is_exempt, ..Talker::default() }
        })
    }

    /// What is known of somebody, which is nothing for a newcomer, and for whom too many others came after.
    fn record(&mut self, suspect: Suspect) -> &mut Record {
        self.suspects.get_or_insert_with(suspect, Record::default, |_| false)
    }
}

fn take_step(context: &mut Context<'_>, member: &MemberInfo, step: Step, offence: Offence) {
    let Some(name) = &member.name else { return };
    let why = offence.words();
    // A name has no spaces and no quotation marks; a length of time may have spaces.
    match step {
        Step::Warn => {
            let action = Action::new(context.now(), "warn", "floods");
            context.record(action.whom(name.as_str()).why(why));
        }
        Step::Mute(span) => context.run(format!("mute {name} \"{span}\" {why}")),
        Step::Kick => context.kick(member.id, None, why),
        Step::Ban(span) => context.run(format!("ban {name} \"{span}\" {why}")),
        Step::BanAddress(span) => match address_of(member.peer) {
            Some(address) if !address.is_loopback() => {
                context.run(format!("ban address {name} \"{span}\" {why}"));
            }
            _ => context.run(format!("ban {name} \"{span}\" {why}")),
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
        let Some(pace) = self.settings.connections else { return Verdict::Pass };
        let counts = |address: &std::net::IpAddr| self.settings.loopback || !address.is_loopback();
        let Some(address) = address_of(draft.peer).filter(counts) else { return Verdict::Pass };
        let now = Moment::of(context.now());
        let network = Network::of_customer(address);
        let suspect = Suspect::Connections(network);
        let record = self.state.record(suspect);
        if record.connections.take(pace, now) {
            return Verdict::Pass;
        }
        let words = Offence::Connections.words();
        if let Some(Step::Ban(span) | Step::BanAddress(span)) = self.next_step(suspect, now) {
            context.run(format!("ban {network} \"{span}\" {words}"));
        }
        Verdict::Deny(format!("{words} from your address; wait a little"))
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        // The first name is no change; core counts how many are tried.
        let is_change = draft.current.is_some();
        let (now, pace) = (Moment::of(context.now()), self.settings.names);
        if !is_change || self.may(context, draft.member, pace, |talker| &mut talker.names, now) {
            return Verdict::Pass;
        }
        denied(self.limit_hit(context, draft.member, Offence::Names, now))
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        let (now, pace) = (Moment::of(context.now()), self.settings.joins);
        match self.may(context, draft.member, pace, |talker| &mut talker.joins, now) {
            true => Verdict::Pass,
            false => denied(self.limit_hit(context, draft.member, Offence::Joins, now)),
        }
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        // The operator speaks.
        let Some(member) = draft.member else { return Verdict::Pass };
        let now = Moment::of(context.now());
        match self.offence(context, member, &draft.text, now) {
            None => Verdict::Pass,
            Some(offence) => denied(self.limit_hit(context, member, offence, now)),
        }
    }

    fn after_left(&mut self, _context: &mut Context<'_>, left: &Left) {
        if left.room.is_none() {
            self.state.talkers.remove(&left.member);
        }
    }
}

fn denied(why: Option<String>) -> Verdict {
    why.map_or(Verdict::Pass, Verdict::Deny)
}

#[cfg(test)]
mod tests;
