//! What a plugin sees of the server and may ask of it, from inside a hook.

mod ignoring;
mod protocols;
mod rooms;

use crate::command::Call;
use crate::plugin::effect::Effect;
use crate::plugin::reporter::Reporter;
use crate::protocol::info::MemberInfo;
use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::action::Action;
use crate::protocol::authentication::ProofAnswer;
use crate::protocol::command::Command;
use crate::protocol::entry::{MessageKind, NoticeKind};
use crate::protocol::ids::EntryId;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::SlotId;
use crate::protocol::info::RoomInfo;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;
use crate::protocol::settings::Settings;
use crate::protocol::status::Status;
use crate::protocol::timestamp::Timestamp;
use crate::state::handle::Handle;
use crate::state::inbox::{Inbox, InboxSender};
use crate::state::keeping::Keeping;
use crate::state::member::Member;
use crate::state::plugin_stats::PluginStats;
use crate::state::server_state::ServerState;
use crate::state::shared_values::SharedValues;
use crate::state::stopping::{Stopper, Stopping};
use crate::state::store::Store;

/// The server, for the time of one hook call.
///
/// What it shows is the present state. What is asked of it is queued, and applied in order after the chain of hooks; a
/// refusal (no such room, a name taken) is told to the member on whose behalf it was asked.
///
/// ```
/// use std::time::Duration;
///
/// use salotto::{Context, MemberId, NoticeKind, Plugin, Role, RoomName};
///
/// /// Greets whoever joins a room, and says once an hour how many are here.
/// struct Host;
///
/// impl Plugin for Host {
///     fn start(&mut self, context: &mut Context<'_>) {
///         context.set_timer("hour", Duration::from_secs(3600));
///     }
///
///     fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
///         let Some(name) = context.name(member).cloned() else { return };
///         context.notice_to(member, format!("good evening, {name}"), NoticeKind::Welcome);
///         if context.members_of(room).is_some_and(|inside| inside.len() == 1) {
///             context.set_role(member, Role::Moderator);
///         }
///     }
///
///     fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
///         let text = format!("{} are here", context.member_count());
///         for room in context.rooms() {
///             context.notice(&room.room, text.clone(), NoticeKind::Info);
///         }
///         context.set_timer(key, Duration::from_secs(3600));
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) state: &'a ServerState,
    pub(crate) slot: SlotId,
    pub(crate) effects: &'a mut Vec<(SlotId, Effect)>,
}

/// The way back from a plugin's task into [`Plugin::after_task`](crate::plugin::Plugin::after_task). Results that arrive after the plugin has
/// been disabled are dropped.
#[derive(Debug, Clone)]
pub struct TaskMailbox {
    slot: SlotId,
    hub: InboxSender,
}

impl TaskMailbox {
    /// Hands a result over; waits while the hub is behind.
    pub async fn send(&self, result: impl Any + Send) {
        // A server that has stopped needs no result.
        let _ = self.hub.send(Inbox::TaskResult(self.slot, Box::new(result))).await;
    }
}

impl Context<'_> {
    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        self.state.shared.settings()
    }

    /// How the server is doing, but for its memory. Some copying: for now and then, not for each message.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// The time that entries made now will carry.
    pub fn now(&self) -> Timestamp {
        self.state.clock.timestamp()
    }

    /// What ids of entries belong to, as clients are told in [`Event::Welcome`](crate::Event::Welcome).
    pub fn epoch(&self) -> &str {
        &self.state.epoch
    }

    /// How long the server has been running, by a clock that is never set: what durations are measured by.
    pub fn uptime(&self) -> Duration {
        self.state.clock.now().saturating_duration_since(self.state.started)
    }

    /// A member, unless it is gone.
    pub fn member(&self, id: MemberId) -> Option<MemberInfo> {
        self.state.roster.get(id).map(|member| self.state.member_info(member))
    }

    /// The name of a member, if it is here and has one. Cheaper than [`member`](Self::member).
    pub fn name(&self, id: MemberId) -> Option<&Name> {
        self.state.roster.get(id)?.name.as_ref()
    }

    /// The account that a member is logged in to. Cheaper than [`member`](Self::member).
    pub fn account(&self, id: MemberId) -> Option<&str> {
        self.state.roster.get(id)?.account.as_deref()
    }

    /// The member who answers to this name, by case and look-alike letters too.
    pub fn find(&self, name: &str) -> Option<MemberInfo> {
        self.state.roster.find(name).map(|member| self.state.member_info(member))
    }

    /// The role of the account with this name, or one that looks like it, whether or not anybody is logged in to it.
    pub fn account_role(&self, name: &Name) -> Option<Role> {
        self.state.account_role(name.as_str())
    }

    /// Everybody who has a name, in no order, as they are now. Some copying for each of them; [`member_count`](Self::member_count) only counts.
    pub fn members(&self) -> Vec<MemberInfo> {
        let named = |member: &&Member| member.name.is_some();
        self.state
            .roster
            .iter()
            .filter(named)
            .map(|member| self.state.member_info(member))
            .collect()
    }

    /// Everybody who has a name, in no order. Copies nothing, so that many can be looked through for few.
    pub fn names(&self) -> impl Iterator<Item = (MemberId, &Name)> {
        self.state.roster.iter().filter_map(|member| Some((member.id, member.name.as_ref()?)))
    }

    /// How many are connected, with a name or without.
    pub fn connected_count(&self) -> usize {
        self.state.roster.connected()
    }

    /// How many have a name.
    pub fn member_count(&self) -> usize {
        self.state.roster.named()
    }

    /// The rooms there are, in the order of their opening; the default room is the first.
    ///
    /// ```
    /// use salotto::{Context, NoticeKind};
    ///
    /// /// Tells every room something.
    /// fn announce(context: &mut Context<'_>, text: &str) {
    ///     for room in context.rooms() {
    ///         context.notice(&room.room, text, NoticeKind::Info);
    ///     }
    /// }
    /// ```
    pub fn rooms(&self) -> Vec<RoomInfo> {
        self.state.rooms.iter().map(|room| room.info()).collect()
    }

    /// Whether a room that is not open will be as it was left when somebody opens it. Not one that was closed, and none where there is no
    /// [store](Self::store).
    pub fn remembers(&self, room: &RoomName) -> bool {
        self.state.remembered.find(room.as_str()).is_some()
    }

    /// Who is in a room, by name; `None` when there is no such room. [`RoomInfo::members`] of [`room`](Self::room) only counts.
    pub fn members_of(&self, room: &RoomName) -> Option<Vec<Name>> {
        self.state.rooms.find(room.as_str()).map(|room| room.members.keys().cloned().collect())
    }

    /// Whether a member is in a room.
    pub fn is_in(&self, member: MemberId, room: &RoomName) -> bool {
        let member = self.state.roster.get(member);
        let room = self.state.rooms.find(room.as_str());
        member.zip(room).is_some_and(|(member, room)| member.is_in(room.id))
    }

    /// The room that answers to this name, by case and look-alike letters too.
    pub fn room(&self, name: &str) -> Option<RoomInfo> {
        self.state.rooms.find(name).map(|room| room.info())
    }

    /// Whether a room is too large to announce everybody who comes and goes.
    pub fn is_quiet(&self, room: &RoomName) -> bool {
        self.state.rooms.find(room.as_str()).is_some_and(|room| self.state.is_quiet(room))
    }

    /// Whether a member may be told who is in a room and what it is about; see [`hide_room`](Self::hide_room). Not of a room that there is not.
    pub fn sees(&self, member: MemberId, room: &RoomName) -> bool {
        let room = self.state.rooms.find(room.as_str());
        room.is_some_and(|room| self.state.sees(member, room))
    }

    /// The commands that a role is offered in chat, in order.
    pub fn commands(&self, role: Role) -> Vec<Command> {
        let commands = self.state.shared.directory.commands();
        commands.iter().filter(|command| command.role <= role).cloned().collect()
    }

    /// Whether there is a command of this path that a role may call. Copies nothing, as [`commands`](Self::commands) does.
    pub fn has_command(&self, path: &str, role: Role) -> bool {
        let commands = self.state.shared.directory.commands();
        commands.iter().any(|command| command.path == path && command.role <= role)
    }

    /// The ways in which somebody can prove to plugins who they are, by name.
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        self.state.mechanisms.iter().map(|(_, mechanism)| mechanism.name.as_str())
    }

    /// Says what is to become of an exchange in which somebody [proves](crate::Plugin::authenticate) who they are. Where none waits for it, nothing happens.
    pub fn answer_proof(&mut self, member: MemberId, answer: ProofAnswer) {
        self.push(Effect::AnswerProof { member, answer });
    }

    /// Tells everybody in a room something, on behalf of the server. Lines are told apart at `\n`.
    pub fn notice(&mut self, room: &RoomName, text: impl Into<String>, kind: NoticeKind) {
        self.push(Effect::Notice { room: room.clone(), text: text.into(), kind });
    }

    /// Tells one person something, on behalf of the server.
    pub fn notice_to(&mut self, member: MemberId, text: impl Into<String>, kind: NoticeKind) {
        self.push(Effect::NoticeTo { member, text: text.into(), kind });
    }

    /// Lets a member say something, as if they had typed it; without a room, in the one they entered last. Gates are called.
    pub fn say(
        &mut self,
        member: MemberId,
        room: Option<&RoomName>,
        text: impl Into<String>,
        kind: MessageKind,
    ) {
        self.push(Effect::Say { member, room: room.cloned(), text: text.into(), kind });
    }

    /// Lets a member say something to another, as if they had typed it. Gates are called.
    pub fn direct(&mut self, member: MemberId, to: impl Into<String>, text: impl Into<String>) {
        self.push(Effect::Direct { member, to: to.into(), text: text.into() });
    }

    /// Lets a member join a room. Gates are called.
    pub fn join(&mut self, member: MemberId, room: impl Into<String>) {
        self.push(Effect::Join { member, room: room.into(), key: None });
    }

    /// Lets a member join a room with its key. Gates are called.
    pub fn join_with(&mut self, member: MemberId, room: impl Into<String>, key: impl Into<String>) {
        self.push(Effect::Join { member, room: room.into(), key: Some(key.into()) });
    }

    /// Lets a member leave a room; without one, the one they entered last. Gates are called.
    pub fn leave(&mut self, member: MemberId, room: Option<&str>) {
        self.push(Effect::Leave { member, room: room.map(str::to_owned) });
    }

    /// Gives a member another name. Gates are called. For somebody who has none yet it is offered as the first one, as if they had typed it.
    pub fn rename(&mut self, member: MemberId, name: impl Into<String>) {
        self.push(Effect::Rename { member, name: name.into() });
    }

    /// Lets a member say goodbye and leave the server. Gates are called.
    pub fn quit(&mut self, member: MemberId, farewell: impl Into<String>) {
        self.push(Effect::Quit { member, farewell: farewell.into() });
    }

    /// Disconnects a member; `by` is who is named as having done it. Where that is nobody the plugin is recorded as who did.
    pub fn kick(&mut self, member: MemberId, by: Option<&Name>, why: impl Into<String>) {
        self.push(Effect::Kick { member, by: by.cloned(), why: why.into() });
    }

    /// Lets a member do what a role may, for as long as it is here. Somebody without a name stays a guest.
    pub fn set_role(&mut self, member: MemberId, role: Role) {
        self.push(Effect::SetRole { member, role });
    }

    /// Says under which account a member is known, and lets it do what a role may, for as long as it is here or until it is logged out. It is for
    /// the plugin to have asked for a password. Somebody without a name is not logged in: there is [`after_named`](crate::plugin::Plugin::after_named) to wait for.
    pub fn log_in(&mut self, member: MemberId, account: impl Into<String>, role: Role) {
        self.push(Effect::LogIn { member, account: account.into(), role });
    }

    /// Forgets under which account a member is known; from here on it may do what every member may.
    pub fn log_out(&mut self, member: MemberId) {
        self.push(Effect::LogOut { member });
    }

    /// Says that this plugin keeps an account with this role from here on, or with `None` no more, beside those that it
    /// [listed](crate::Plugin::accounts). Who is logged in to it stays so.
    pub fn set_account(&mut self, name: &Name, role: Option<Role>) {
        self.push(Effect::SetAccount { name: name.clone(), role });
    }

    /// Logs everybody out of an account, also those who are about to come back after a lost connection or a restart.
    pub fn end_logins(&mut self, account: impl Into<String>) {
        self.push(Effect::EndLogins { account: account.into() });
    }

    /// Throws away what a member has sent and the server has not read yet, or has held back for its rate, and tells them. For whoever sent too
    /// much: what they said before they were warned is not held against them afterwards. Each request of a JSON client is answered with an
    /// error; of other lines, how many there were is said once.
    pub fn discard_input(&mut self, member: MemberId) {
        self.push(Effect::DiscardInput { member });
    }

    /// Records that somebody did something to others or to the server: whoever watches is told ([`Report::Action`](crate::Report::Action)), and so is every plugin
    /// ([`after_action`](crate::plugin::Plugin::after_action)). What core does itself it records itself; see [`Action`].
    pub fn record(&mut self, action: Action) {
        self.push(Effect::Record(Box::new(action)));
    }

    /// Calls a command as the operator would, under the name of this plugin: how one plugin asks for what another does, without knowing it.
    /// What it answers is dropped; what goes wrong is told to the operator.
    ///
    /// ```
    /// use salotto::command::Call;
    /// use salotto::{Context, Entry, EntryKind, MemberId, Plugin};
    ///
    /// /// Whoever says the magic word is muted, where a plugin has that command.
    /// struct Magic;
    ///
    /// impl Plugin for Magic {
    ///     fn after_said(&mut self, context: &mut Context<'_>, _: Option<MemberId>, entry: &Entry) {
    ///         if let EntryKind::Message { from, text, .. } = &entry.what
    ///             && text == "abracadabra"
    ///         {
    ///             context.call(Call::new("mute").with("name", from).with("duration", "1m"));
    ///         }
    ///     }
    /// }
    /// ```
    pub fn call(&mut self, call: Call) {
        self.push(Effect::Call(call));
    }

    /// Says what of the history is kept, where there is a [store](Self::store), from here on and for as long as this plugin is enabled. Without a plugin that says so, nothing that
    /// is said is kept. Where two say so, the later holds.
    pub fn keep_history(&mut self, keeping: Keeping) {
        self.push(Effect::KeepHistory(keeping));
    }

    /// Whether what is said is kept, in some room at least: there is a store, and a plugin that has it keep.
    pub fn keeps_history(&self) -> bool {
        self.state.store.is_some() && self.state.keeping.is_some()
    }

    /// Where what must survive a restart is kept, if the server was given one. It may be asked in a hook, since it never waits; its answers come on another
    /// thread, from which a [`Responder`](crate::Responder) or a [`mailbox`](Self::mailbox) brings them back.
    pub fn store(&self) -> Option<Arc<dyn Store>> {
        self.state.store.clone()
    }

    /// Whether other servers share rooms and values with this one. A room that is not open here may be elsewhere then.
    pub fn shares_rooms(&self) -> bool {
        self.state.order.is_some()
    }

    /// Small values that outlive this plugin and, where there is a store, the server.
    pub fn shared(&self) -> &SharedValues {
        &self.state.values
    }

    /// The rooms of whose history a member may read, with the first entry of each: those it is in. Nothing of one that is not kept.
    pub fn readable(&self, member: MemberId) -> Vec<(RoomName, EntryId)> {
        self.state.readable(member)
    }

    /// Sets a timer of this plugin, once; a second of the same key replaces the first. It is due in
    /// [`Plugin::after_timer`](crate::plugin::Plugin::after_timer).
    pub fn set_timer(&mut self, key: impl Into<String>, after: Duration) {
        self.push(Effect::SetTimer { key: key.into(), after });
    }

    /// Cancels a timer of this plugin, if it is set.
    pub fn cancel_timer(&mut self, key: impl Into<String>) {
        self.push(Effect::CancelTimer { key: key.into() });
    }

    /// Runs a task on the server's executor. It belongs to this plugin: when the plugin is dropped the task has two seconds to end by itself
    /// (its channel has closed, or [`stopping`](Self::stopping) tells), then it is cancelled. It must not block a thread; `smol::unblock` is for that.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.push(Effect::Spawn(Box::pin(task)));
    }

    /// How a task of this plugin learns that it should end: the plugin is being disabled or replaced, or the server stops.
    pub fn stopping(&self) -> Stopping {
        // One that is not in the list any more has stopped: what the stopper is dropped with says so.
        self.stats().map_or_else(|| Stopper::new().stopping(), |stats| stats.stopper.stopping())
    }

    /// The way back for a task of this plugin.
    pub fn mailbox(&self) -> TaskMailbox {
        TaskMailbox { slot: self.slot, hub: self.state.handle.inbox.clone() }
    }

    /// Tells the operator something worth knowing, in one line. In the diagnostics of the program it is information.
    pub fn report(&mut self, text: impl Into<String>) {
        self.push(Effect::Report { text: text.into(), is_trouble: false });
    }

    /// Tells the operator what a member wants them to know, in one line. Where nobody is at the console it is kept for the next who is
    /// ([`Handle::kept_reports`]).
    pub fn tell_operator(&mut self, text: impl Into<String>) {
        self.push(Effect::TellOperator { text: text.into() });
    }

    /// Tells the operator that something does not work as it should, in one line: what happened, with which value, and what to do. In the diagnostics of
    /// the program it is a warning. What keeps the plugin from its work is rather said with [`failing`](Self::failing).
    pub fn warn(&mut self, text: impl Into<String>) {
        self.push(Effect::Report { text: text.into(), is_trouble: true });
    }

    /// Says that this plugin cannot do its work, until it is [`working`](Self::working) again: its state in `plugins`, `status`, the metrics and `health` is then
    /// [failing](crate::PluginState::Failing) with this reason, which says in one line what is wrong, with which value, and what to do. The operator is told,
    /// once for each reason; hooks are called as before.
    pub fn failing(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if self.stats().is_some_and(|stats| stats.set_failing(Some(&reason))) {
            self.warn(reason);
        }
    }

    /// Says that this plugin can do its work again. Does nothing where it could all the time.
    pub fn working(&mut self) {
        if let Some(stats) = self.stats() {
            stats.set_failing(None);
        }
    }

    /// A handle for a task of this plugin that has something to report to the operator at any time.
    pub fn reporter(&self) -> Reporter {
        let (plugin, stats) = (self.state.plugin_name(self.slot), self.stats().cloned());
        Reporter { plugin, stats, reports: self.state.reports.clone() }
    }

    fn stats(&self) -> Option<&Arc<PluginStats>> {
        self.state.plugins.iter().find(|stats| stats.id == self.slot)
    }

    /// The way into the server for what outlives this hook: a task of this plugin, another thread, a bridge that [joins](Handle::join).
    ///
    /// Whatever is asked of it runs in a later turn of the hub, after this hook and all that was asked before it. So **never wait for it in a
    /// hook**: the hub would wait for itself, for ever. Hand it to a task ([`spawn`](Self::spawn)) and bring back what comes of it through
    /// [`mailbox`](Self::mailbox). What it does is done as the operator and calls no gate. A plugin may keep it; when the server has stopped
    /// it answers [`Closed`](crate::Closed).
    ///
    /// ```
    /// use salotto::{Context, Plugin};
    ///
    /// /// Says good morning once, when it is enabled.
    /// struct Morning;
    ///
    /// impl Plugin for Morning {
    ///     fn start(&mut self, context: &mut Context<'_>) {
    ///         let handle = context.handle();
    ///         context.spawn(async move {
    ///             // A server that stops meanwhile needs no greeting.
    ///             let _ = handle.say("lobby", "good morning").await;
    ///         });
    ///     }
    /// }
    /// ```
    pub fn handle(&self) -> Handle {
        self.state.handle.clone()
    }

    fn push(&mut self, effect: Effect) {
        self.effects.push((self.slot, effect));
    }
}
