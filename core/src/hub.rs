//! The hub: one actor that owns every room and every plugin. It takes one thing after the other from its inbox, calls the gates, changes
//! the server, and lets everybody see what a turn brought when the turn ends. It never waits for anybody.

mod accounts;
mod administration;
mod admission;
mod answers;
mod authentication;
mod builtin;
mod commands;
mod effects;
mod goodbyes;
mod hints;
mod history;
mod ignoring;
mod joining;
mod keeping;
mod leaving;
mod not_done;
mod ordering;
mod plugins;
mod reminder;
mod renaming;
mod rooms;
mod signs;
mod talk;
mod timers;
#[cfg(feature = "password")]
mod wrong_passwords;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Receiver;
use async_executor::Task;
use futures_lite::future::{FutureExt, pending};

use crate::delivery::fanout::Amount;
use crate::delivery::outbox::Outbox;
use crate::dialect::Own;
use crate::plugin::context::Context;
use crate::plugin::draft::Blocked;
use crate::plugin::hooks::{Effects, Hooks, Round};
use crate::plugin::plan::Plan;
use crate::plugin::{Catalog, Plugin};
use crate::protocol::command::Command;
use crate::protocol::entry::EntryKind;
use crate::protocol::error::ErrorCode;
use crate::protocol::error::Refusal;
use crate::protocol::event::Event;
use crate::protocol::hint;
use crate::protocol::hook::{Hook, Verdict};
use crate::protocol::ids::MemberId;
use crate::protocol::ids::RoomId;
use crate::protocol::ids::SlotId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::RoomName;
use crate::protocol::sanitize;
use crate::protocol::settings::Settings;
use crate::state::member::Member;
use crate::state::report::Report;
use crate::state::server_state::ServerState;

use crate::state::inbox::{Inbox, SessionInput, StopPermit};
use crate::state::order::News;
use answers::Waiting;
use authentication::Exchange;
use commands::Runner;
use goodbyes::Goodbyes;
use keeping::StoreWord;
pub(crate) use not_done::NotDone;
#[cfg(feature = "nodes")]
use ordering::Ordering;
use ordering::Present;
use reminder::Reminder;
use timers::Timers;

/// The commands that every server has, whatever plugins are enabled; a console offers them before there is a server.
pub fn builtin_commands() -> Vec<Command> {
    builtin::commands().into_iter().map(|(command, _)| command).collect()
}

/// Most things taken from the inbox in one turn: what they bring about leaves together, and nobody waits long for it.
const TURN: usize = 256;
/// A turn that takes longer is reported.
const LONG_TURN: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct Hub {
    pub(crate) state: ServerState,
    pub(crate) hooks: Hooks,
    pub(crate) catalog: Catalog,
    /// What members wrote to the operator while nobody was there to read it; the oldest make way.
    pub(crate) kept: VecDeque<Report>,
    /// What was set up, also what is off.
    pub(crate) plan: Plan,
    commands: Vec<(Command, Runner)>,
    waiting: Waiting,
    /// Who is proving who they are.
    exchanges: HashMap<MemberId, Exchange>,
    goodbyes: Goodbyes,
    timers: Timers,
    /// Wakes it for the next of these.
    reminder: Reminder,
    /// Who ignores somebody; those who have left are removed when somebody is named.
    ignoring: BTreeSet<MemberId>,
    #[cfg(feature = "password")]
    wrong_passwords: wrong_passwords::WrongPasswords,
    /// What the store tells.
    word: StoreWord,
    /// What is between this server and those that share rooms with it, if any do.
    ordering: Option<Present>,
    /// Pages that members asked for and that are being read.
    reads: usize,
    /// What hooks asked for and what has not been applied yet.
    effects: Effects,
    /// What plugins are to be given back when all of that is applied.
    afterwards: Vec<(SlotId, MemberId, Own)>,
    /// Tasks of plugins, ended with their plugin.
    tasks: HashMap<SlotId, Vec<Task<()>>>,
    /// Held by tasks that end by themselves, so that a stop waits for them.
    permit: StopPermit,
    /// From start to stop: whether rooms and observers learn what happens.
    is_running: bool,
}

impl Hub {
    pub(crate) fn new(state: ServerState, catalog: Catalog, permit: StopPermit) -> Self {
        let word = StoreWord::new(state.acknowledge.clone());
        #[cfg(feature = "nodes")]
        let ordering = state.order.clone().map(Ordering::new);
        #[cfg(not(feature = "nodes"))]
        let ordering = None;
        let mut hub = Self {
            state,
            hooks: Hooks::new(),
            catalog,
            kept: VecDeque::new(),
            plan: Plan::default(),
            commands: builtin::commands(),
            waiting: Waiting::default(),
            exchanges: HashMap::new(),
            goodbyes: Goodbyes::default(),
            timers: Timers::default(),
            reminder: Reminder::default(),
            ignoring: BTreeSet::new(),
            #[cfg(feature = "password")]
            wrong_passwords: Default::default(),
            word,
            ordering,
            reads: 0,
            effects: Effects::new(),
            afterwards: Vec::new(),
            tasks: HashMap::new(),
            permit,
            is_running: false,
        };
        hub.publish_lists();
        hub
    }

    /// Runs the server until it is told to stop, and returns those who were told goodbye. Plugins must have been added; they are
    /// started here.
    pub(crate) async fn run(mut self, inbox: Receiver<Inbox>) -> Vec<Arc<Outbox>> {
        let inbox = LastReader(inbox);
        self.start_server();
        self.end_turn();
        while let Some(first) = self.next(&inbox.0).await {
            self.state.shared.fanout.caught_up(self.room_to_run()).await;
            self.store_caught_up(self.room_to_run()).await;
            let started = Instant::now();
            // However much there is to do, what is due comes first.
            if self.timers.next().is_some_and(|at| at <= self.state.clock.now()) {
                self.run_timers();
            }
            let mut next = Some(first);
            let mut taken = 0;
            while let Some(thing) = next {
                taken += 1;
                if let Inbox::Stop(reason) = thing {
                    let told = self.stop_server(&reason);
                    self.end_turn();
                    self.store_finished().await;
                    return told;
                }
                self.handle(thing);
                self.apply_effects();
                let is_full = taken >= TURN || self.state.is_turn_full();
                next = if is_full { None } else { self.more(&inbox.0, taken) };
            }
            self.end_turn();
            let took = started.elapsed();
            if took > LONG_TURN {
                tracing::warn!(?took, taken, "long turn of the hub");
            }
        }
        Vec::new()
    }

    /// How far the hub may be ahead of the slowest shard: a quarter of a ring.
    fn room_to_run(&self) -> Amount {
        let rooms = &self.state.settings().rooms;
        Amount {
            entries: rooms.timeline_entries as u64 / 4,
            bytes: rooms.timeline_bytes as u64 / 4,
        }
    }

    async fn next(&mut self, inbox: &Receiver<Inbox>) -> Option<Inbox> {
        self.reminder.set(self.due());
        if let Some(told) = self.ordering.as_mut().and_then(|ordering| ordering.try_next()) {
            return Some(told);
        }
        self.watch_store();
        let word = self.state.store.is_some().then_some(&mut self.word);
        let news = self.ordering.as_ref().map(|ordering| ordering.news());
        next(inbox, &mut self.reminder, word, news).await
    }

    /// What else there is to do in this turn. Those here and the other nodes take turns.
    fn more(&mut self, inbox: &Receiver<Inbox>, taken: usize) -> Option<Inbox> {
        let Some(ordering) = &mut self.ordering else { return inbox.try_recv().ok() };
        match taken % 2 {
            0 => inbox.try_recv().ok().or_else(|| ordering.try_next()),
            _ => ordering.try_next().or_else(|| inbox.try_recv().ok()),
        }
    }

    /// When the next timer is due. Whoever steps a clock says so themselves ([`Inbox::TimersDue`]).
    fn due(&self) -> Option<Instant> {
        self.timers.next().filter(|_| self.state.clock.runs())
    }

    fn handle(&mut self, thing: Inbox) {
        match thing {
            Inbox::Connect(arrival) => {
                // Who is not let in was told.
                let _ = self.connect(arrival.outbox.clone(), arrival.peer);
            }
            Inbox::Session(member, input) => self.handle_session(member, input),
            Inbox::Question(question) => question(self),
            Inbox::TaskResult(slot, result) => self.take_task_result(slot, result),
            Inbox::TimersDue => self.run_timers(),
            Inbox::StoreTold => self.hear_store(),
            Inbox::OrderTold(news) if self.is_node() => self.hear_order(*news),
            Inbox::OrderTold(_) => {}
            Inbox::Stop(_) => {}
        }
    }

    fn handle_session(&mut self, member: MemberId, input: SessionInput) {
        if let Some(input) = self.held_back(member, input) {
            self.take_session_input(member, input);
        }
    }

    fn take_session_input(&mut self, member: MemberId, input: SessionInput) {
        match input {
            SessionInput::Input(_) if self.has_said_goodbye(member) => {}
            SessionInput::Input(input) => self.take_input(member, input),
            SessionInput::Greet => self.greet(member),
            SessionInput::Send(event) => self.state.send(member, *event),
            SessionInput::Answer(bytes) => self.state.answer(member, bytes),
            SessionInput::LastAnswer(bytes, reason) => {
                self.state.answer(member, bytes);
                self.disconnect(member, reason);
            }
            #[cfg(feature = "password")]
            SessionInput::WrongPassword(then) => {
                if let Some(peer) = self.state.roster.get(member).map(|member| member.peer) {
                    self.record_wrong_password(peer);
                }
                self.handle_session(member, *then);
            }
            SessionInput::NameIsLate => self.name_is_late(member),
            SessionInput::HangUp(reason) => self.hang_up(member, reason),
        }
    }

    /// Lets everybody see what this turn brought, and disconnects members that do not take what they are told.
    fn end_turn(&mut self) {
        for member in std::mem::take(&mut self.state.overfull) {
            if self.state.roster.get(member).is_some() {
                self.limit_hit(LimitHit::Mailbox, Some(member));
                self.disconnect(member, LeaveReason::TooSlow);
            }
        }
        self.apply_effects();
        self.hand_over_proposals();
        self.state.publish();
    }

    fn start_server(&mut self) {
        self.is_running = true;
        if let Some(ordering) = &self.ordering {
            ordering.attach();
        }
        self.observe(Hook::Start, |plugin, context| plugin.start(context));
        let settings = self.state.settings();
        for (name, topic) in listed_rooms(&settings) {
            self.open_room(name, &topic, true);
        }
        for (name, left) in self.state.remembered.reopening() {
            if self.state.rooms.find(name.as_str()).is_none() {
                let room = self.open_room(name, &left.given, true);
                if let Some(room) = self.state.rooms.get_mut(room) {
                    room.reopens = true;
                }
                self.state.remember_room(room);
            }
        }
        self.apply_effects();
    }

    /// Tells everybody, and every plugin in reverse order, that it is over.
    fn stop_server(&mut self, reason: &LeaveReason) -> Vec<Arc<Outbox>> {
        let outboxes: Vec<_> =
            self.state.roster.iter().map(|member| member.outbox.clone()).collect();
        for outbox in &outboxes {
            self.disconnect(outbox.id(), reason.clone());
        }
        self.apply_effects();
        self.waiting.clear();
        self.stop_plugins();
        self.is_running = false;
        outboxes
    }

    /// Calls the gates, which say whether something may be.
    fn gate(
        &mut self,
        hook: Hook,
        member: Option<MemberId>,
        call: impl FnMut(&mut dyn Plugin, &mut Context<'_>) -> Verdict,
    ) -> Result<(), NotDone> {
        let round = self.hooks.gate(hook, &self.state, &mut self.effects, call);
        let Round::Blocked { plugin, verdict } = round else {
            return Ok(());
        };
        let reason = match verdict {
            // Somebody waits for an answer, also where a plugin has no word for them.
            Verdict::Deny(reason) if reason.trim().is_empty() => Some("this is not allowed".into()),
            Verdict::Deny(reason) => Some(match member {
                Some(member) => self.text_for(member, &reason),
                None => hint::unmarked(&reason).into_owned(),
            }),
            _ => None,
        };
        let blocked = Blocked { hook, plugin, member, reason: reason.clone() };
        self.observe(Hook::AfterBlocked, |plugin, context| plugin.after_blocked(context, &blocked));
        Err(match reason {
            Some(reason) => NotDone::Refused(Refusal::new(ErrorCode::Denied, reason)),
            None => NotDone::Taken,
        })
    }

    /// Calls the observers: something happened.
    fn observe(&mut self, hook: Hook, observe: impl FnMut(&mut dyn Plugin, &mut Context<'_>)) {
        self.hooks.observe(hook, &self.state, &mut self.effects, observe);
    }

    /// Something happened in a room: everybody in it, the plugins and whoever watches are told.
    fn commit(&mut self, room: RoomId, what: EntryKind) {
        self.commit_by(None, room, what);
    }

    /// The same, brought about by a connection. In a room that other servers share it is proposed, and happens when it comes back.
    fn commit_by(&mut self, author: Option<MemberId>, room: RoomId, what: EntryKind) {
        if self.is_shared(room) {
            return self.propose(author, room, what);
        }
        self.state.commit(room, author, what);
        self.committed(room, author, None);
    }

    /// What was committed last in a room is seen by whoever watches. `origin` is the node that brought it about, if it was another.
    fn committed(&mut self, room: RoomId, author: Option<MemberId>, origin: Option<&str>) {
        let Some(entry) = self.state.rooms.get(room).and_then(|room| room.latest()) else {
            return;
        };
        if self.state.reports.are_watched() {
            self.state.reports.send(Report::Entry(entry.clone()));
        }
        self.hooks.observe(Hook::AfterEntry, &self.state, &mut self.effects, |plugin, context| {
            plugin.after_entry(context, entry, origin);
        });
        if origin.is_none() && matches!(entry.what, EntryKind::Message { .. }) {
            let (state, effects) = (&self.state, &mut self.effects);
            self.hooks.observe(Hook::AfterSaid, state, effects, |plugin, context| {
                plugin.after_said(context, author, entry);
            });
        }
    }

    /// Tells one member that something did not work.
    fn refuse(&mut self, member: MemberId, refusal: Refusal, nonce: Option<String>) {
        // Whatever a plugin quoted in it.
        let text = sanitize::lines(&self.text_for(member, &refusal.text));
        self.state.send(member, Event::Error { code: refusal.code, text, nonce });
    }

    /// Counts that a member, or the operator, hit a limit.
    fn limit_hit(&self, hit: LimitHit, member: Option<MemberId>) {
        let counters = &self.state.shared.counters;
        match member.and_then(|id| self.state.roster.get(id)) {
            None => counters.limit_hit(hit, &self.state.operator_name),
            Some(Member { id, peer, name: None, .. }) => {
                counters.limit_hit(hit, format_args!("connection {id} from {peer}"));
            }
            Some(Member { id, peer, name: Some(name), .. }) => {
                counters.limit_hit(hit, format_args!("{name} (connection {id} from {peer})"));
            }
        }
    }

    /// Tells the operator something about the server.
    fn report(&self, text: impl Into<String>) {
        let text = text.into();
        self.state.reports.send(Report::Server { time: self.state.clock.timestamp(), text });
    }
}

/// The only reader of the inbox. When the hub ends, however it does, what still waits is dropped, so that whoever asked has an answer.
struct LastReader(Receiver<Inbox>);

impl Drop for LastReader {
    fn drop(&mut self) {
        self.0.close();
        while self.0.try_recv().is_ok() {}
    }
}

/// Something for the hub to do in a turn of its own.
pub(crate) fn question(question: impl FnOnce(&mut Hub) + Send + 'static) -> Inbox {
    Inbox::Question(Box::new(|hub| match hub.downcast_mut() {
        Some(hub) => question(hub),
        None => debug_assert!(false, "only the hub answers questions"),
    }))
}

impl Drop for Hub {
    /// Ends all connections of a hub that is cancelled; after a stop there are none.
    fn drop(&mut self) {
        for member in self.state.roster.iter() {
            member.outbox.abandon();
        }
    }
}

/// What comes next: something from the inbox, a timer, or word from the store.
async fn next(
    inbox: &Receiver<Inbox>,
    reminder: &mut Reminder,
    store: Option<&mut StoreWord>,
    news: Option<Receiver<News>>,
) -> Option<Inbox> {
    let receive = async { inbox.recv().await.ok() };
    let timer = async {
        reminder.goes_off().await;
        Some(Inbox::TimersDue)
    };
    let told = async {
        match store {
            Some(word) => word.wait().await,
            None => pending().await,
        }
        Some(Inbox::StoreTold)
    };
    let ordered = async {
        match news {
            // A server keeps a sender of its own, so that this never ends before it does.
            Some(news) => news.recv().await.ok().map(|news| Inbox::OrderTold(Box::new(news))),
            None => pending().await,
        }
    };
    receive.or(timer).or(told).or(ordered).await
}

/// The rooms that are always there, the default one first.
fn listed_rooms(settings: &Settings) -> Vec<(RoomName, String)> {
    let default = (settings.rooms.default.as_str(), settings.rooms.topic.as_str());
    let listed = settings.rooms.listed.iter().map(|room| (room.name.as_str(), room.topic.as_str()));
    std::iter::once(default)
        .chain(listed)
        .filter_map(|(name, topic)| {
            Some((RoomName::new(name, settings.limits.room_name_bounds()).ok()?, topic.to_owned()))
        })
        .collect()
}
