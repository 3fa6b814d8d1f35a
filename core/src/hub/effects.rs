//! What plugins asked for, applied after the chain in which they asked.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_lite::future::{Boxed, FutureExt};

use super::Hub;
use super::admission::FirstRooms;
use super::goodbyes::Goodbye;
use super::timers::Due;
use crate::command::Call;
use crate::plugin::effect::Effect;
use crate::plugin::hooks::panic_message;
use crate::protocol::caller::Caller;
use crate::protocol::hint;
use crate::protocol::ids::SlotId;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::{Name, NameBounds, RoomName};
use crate::protocol::secrets::mask_secrets;
use crate::state::report::Report;
use crate::state::room::Room;
use crate::state::sealed;

/// How deep plugins may answer one another's effects; a bot that answers itself ends here.
const MAX_DEPTH: usize = 8;

impl Hub {
    /// Applies what was asked for, and what the hooks that this calls ask for in turn.
    pub(super) fn apply_effects(&mut self) {
        self.apply_in_turn();
        for _ in 0..MAX_DEPTH {
            if self.afterwards.is_empty() {
                return;
            }
            for (slot, member, request) in std::mem::take(&mut self.afterwards) {
                self.give_own(slot, member, &request);
            }
            self.apply_in_turn();
        }
    }

    fn apply_in_turn(&mut self) {
        let Some(slot) = self.apply_within(MAX_DEPTH) else { return };
        let plugin = self.state.plugin_name(slot);
        self.state.shared.counters.limit_hit(LimitHit::EffectDepth, &plugin);
        self.report(format!(
            "plugin `{plugin}`: what it asked for in answer to its own doing went {MAX_DEPTH} deep and was dropped"
        ));
    }

    /// Says whose was dropped because it went too deep. What a member is made to ask for is done with all that comes of it before the next is: who asks to join two rooms is told all of the first, and then of the
    /// second.
    fn apply_within(&mut self, depth: usize) -> Option<SlotId> {
        let mut dropped = None;
        for left in (0..depth).rev() {
            for (slot, effect) in std::mem::take(&mut self.effects) {
                if !matches!(effect, Effect::Request { .. }) {
                    self.apply(slot, effect);
                    continue;
                }
                let waiting = std::mem::take(&mut self.effects);
                self.apply(slot, effect);
                dropped = self.apply_within(left).or(dropped);
                self.effects = waiting;
            }
        }
        let too_deep = std::mem::take(&mut self.effects);
        too_deep.first().map(|(slot, _)| *slot).or(dropped)
    }

    fn apply(&mut self, slot: SlotId, effect: Effect) {
        match effect {
            Effect::Notice { room, text, kind } => self.notice(&room, &text, kind),
            Effect::NoticeTo { member, text, kind } => self.notice_to(member, &text, kind),
            Effect::Say { member, room, text, kind } => {
                let room = room.as_ref().map(|room| room.as_str());
                let result = self.say(member, room, text, kind, None);
                self.answer(member, result, None);
            }
            Effect::Direct { member, to, text } => {
                let result = self.direct(member, &to, text, None);
                self.answer(member, result, None);
            }
            Effect::Join { member, room, key } => {
                let result = self.join(member, &room, key, None);
                self.answer(member, result, None);
            }
            Effect::Leave { member, room } => {
                let result = self.leave(member, room.as_deref(), "");
                self.answer(member, result, None);
            }
            Effect::Rename { member, name } => {
                let result = self.rename(member, &name, None);
                self.answer(member, result, None);
            }
            Effect::Ignore { member, who } => self.ignore(member, who),
            Effect::Unignore { member, name } => self.unignore(member, &name),
            Effect::Quit { member, farewell } => {
                self.say_goodbye(member, Goodbye::Asked { farewell });
            }
            Effect::Request { member, envelope } => self.take_envelope(member, *envelope),
            Effect::OfferName { member, name, nonce } => {
                if self.state.roster.get(member).is_some_and(|member| member.name.is_none()) {
                    self.offer_first_name(member, &name, FirstRooms::Nowhere, None, nonce);
                }
            }
            Effect::Answer { member, bytes } => {
                let plugin = self.state.plugin_name(slot);
                if self.speaks_for(member) == Some(&*plugin) {
                    self.state.answer(member, bytes);
                }
            }
            Effect::Sign { member, to, tags, nonce } => {
                let result = self.sign(member, to, tags);
                self.answer(member, result, nonce);
            }
            Effect::Afterwards { member, request } => {
                self.afterwards.push((slot, member, request));
            }
            Effect::WhenAnswered { member, request } => self.when_answered(slot, member, request),
            Effect::Kick { member, by, why } => {
                let plugin = self.state.plugin_name(slot);
                self.kick(member, by, &plugin, &why);
            }
            Effect::SetRole { member, role } => {
                let plugin = self.state.plugin_name(slot);
                self.set_role(member, role, &plugin);
            }
            Effect::LogIn { member, account, role } => self.log_in(member, &account, role),
            Effect::LogOut { member } => self.log_out(member),
            Effect::AnswerProof { member, answer } => self.answer_proof(slot, member, answer),
            Effect::SetAccount { name, role } if self.owns(slot) => {
                self.set_account(slot, &name, role);
            }
            Effect::SetAccount { .. } => {}
            Effect::EndLogins { account } => self.end_logins(&account),
            Effect::DiscardInput { member } => {
                if let Some(member) = self.state.roster.get(member) {
                    member.outbox.discard_input();
                }
            }
            Effect::Record(action) => self.record(*action),
            Effect::Call(call) => self.call_for(slot, call),
            Effect::SetTopic { room, topic, by } => self.set_topic_for(slot, &room, &topic, by),
            Effect::OpenRoom { room, topic } => self.open_room_for(slot, room, topic),
            Effect::CloseRoom { room } => self.close_room_for(slot, &room),
            Effect::HideRoom { room, hidden } => self.hide_room_for(slot, &room, hidden),
            Effect::ShowLocked { room, locked } => {
                if let Some(room) = self.room_named(&room) {
                    room.locked_by = locked.then_some(slot);
                }
            }
            Effect::ShowHushed { room, hushed } => {
                if let Some(room) = self.room_named(&room) {
                    room.hushed_by = hushed.then_some(slot);
                }
            }
            Effect::SetRoleIn { member, room, role } if self.owns(slot) => {
                self.set_role_in(slot, member, &room, role);
            }
            Effect::SetRoleIn { .. } => {}
            Effect::ShowVoiced { member, room, voiced } if self.owns(slot) => {
                let is_in = |room: &Room| {
                    self.state.roster.get(member).is_some_and(|member| member.is_in(room.id))
                };
                let found = self.state.rooms.find(room.as_str()).filter(|room| is_in(room));
                let found = found.map(|room| room.id);
                if let Some(room) = found.and_then(|id| self.state.rooms.get_mut(id)) {
                    room.change_rights(member, |rights| rights.set_voiced(slot, voiced));
                }
            }
            Effect::ShowVoiced { .. } => {}
            Effect::KeepHistory(keeping) if self.owns(slot) => {
                self.state.set_keeping(Some((slot, keeping)));
            }
            Effect::KeepHistory(_) => {}
            Effect::SetTimer { key, after } => self.set_timer_for(slot, key, after),
            Effect::CancelTimer { key } => self.timers.cancel(&Due::Plugin(slot, key)),
            Effect::Spawn(task) => self.spawn_for(slot, task),
            Effect::TellOperator { text } => self.tell_operator_for(slot, &text),
            Effect::Report { text, is_trouble } => self.report_for(slot, &text, is_trouble),
        }
    }

    fn room_named(&mut self, name: &RoomName) -> Option<&mut Room> {
        let id = self.state.rooms.find(name.as_str())?.id;
        self.state.rooms.get_mut(id)
    }

    fn hide_room_for(&mut self, slot: SlotId, name: &RoomName, hidden: bool) {
        let Some(id) = self.state.rooms.find(name.as_str()).map(|room| room.id) else { return };
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        room.hidden_by.retain(|by| *by != slot);
        if hidden {
            room.hidden_by.push(slot);
        }
        if !hidden && !room.hidden_by.is_empty() {
            return;
        }
        // Who may come in may read, and so may all where nothing is hidden any more.
        room.readable_from = 0;
        sealed::set_hidden(&self.state.values, &room.name, hidden);
    }

    fn set_topic_for(&mut self, slot: SlotId, room: &RoomName, topic: &str, by: Option<Name>) {
        let Some(room) = self.state.rooms.find(room.as_str()).map(|room| room.id) else {
            return;
        };
        let by_whom = by.as_ref().map_or_else(|| self.state.plugin_name(slot), Name::to_string);
        match self.set_topic(room, topic, by) {
            Ok(()) => self.record_topic(room, &by_whom),
            Err(error) => self.report_for(slot, &error.to_string(), true),
        }
    }

    fn open_room_for(&mut self, slot: SlotId, room: RoomName, topic: String) {
        if self.state.rooms.find(room.as_str()).is_none() {
            let action = self.act("open", &self.state.plugin_name(slot)).room(&room);
            self.open_room(room, &topic, true);
            self.record(action.why(topic));
        }
    }

    /// Closes a room, unless it is the default one.
    fn close_room_for(&mut self, slot: SlotId, room: &RoomName) {
        let default = self.state.rooms.iter().next().map(|room| room.id);
        let found = self.state.rooms.find(room.as_str()).filter(|r| Some(r.id) != default);
        if let Some((room, name)) = found.map(|room| (room.id, room.name.clone())) {
            self.close_room(room);
            let action = self.act("close", &self.state.plugin_name(slot)).room(&name);
            self.record(action);
        }
    }

    fn set_timer_for(&mut self, slot: SlotId, key: String, after: Duration) {
        let due = Due::Plugin(slot, key);
        match self.state.clock.now().checked_add(after) {
            Some(at) if self.owns(slot) => self.timers.set(at, due),
            // Further away than the clock reaches: never.
            _ => self.timers.cancel(&due),
        }
    }

    fn spawn_for(&mut self, slot: SlotId, task: Boxed<()>) {
        if self.owns(slot) {
            let task = self.state.handle.executor.spawn(self.guarded(slot, task));
            let tasks = self.tasks.entry(slot).or_default();
            // Those that ended by themselves are not kept until the plugin goes.
            tasks.retain(|task| !task.is_finished());
            tasks.push(task);
        }
    }

    /// A plugin's task that panics is named, and ends alone; the plugin is failing from then on.
    fn guarded(&self, slot: SlotId, task: Boxed<()>) -> impl Future<Output = ()> + Send + use<> {
        let plugin = self.state.plugin_name(slot);
        let reports = self.state.reports.clone();
        let stats = self.state.plugins.iter().find(|stats| stats.id == slot).cloned();
        async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                let text = format!("a task panicked: {}", panic_message(&*panic));
                if let Some(stats) = stats {
                    let again = format!(
                        "`plugins disable {plugin}` and `plugins enable {plugin}` start it anew"
                    );
                    stats.task_panicked(format!("{text}; {again}"));
                }
                reports.send(Report::Plugin { plugin, text, is_trouble: true });
            }
        }
    }

    /// Runs a command for a plugin, under its name.
    fn call_for(&mut self, slot: SlotId, call: Call) {
        let plugin = self.state.plugin_name(slot);
        // The name of a plugin need not be one that a person may have; then the command is run as the operator.
        let name = Name::new(&plugin, NameBounds::NONE).unwrap_or(self.state.operator_name.clone());
        let known = self.state.shared.directory.commands();
        let is_secret =
            known.iter().any(|command| command.path == call.path() && command.is_secret());
        let shown = if is_secret { call.path().to_owned() } else { call.to_string() };
        self.call_command(Caller::operator(name), call, move |hub, outcome| {
            if let Err(error) = outcome {
                hub.report_for(slot, &format!("`{shown}` was not done: {error}"), true);
            }
        });
    }

    /// Tells whoever is at the console, or keeps it for the next who is.
    fn tell_operator_for(&mut self, slot: SlotId, text: &str) {
        if !self.state.reports.are_attended() {
            let (plugin, text) =
                (self.state.plugin_name(slot), mask_secrets(&hint::unmarked(text)).into_owned());
            self.keep_for_operator(Report::Plugin { plugin, text, is_trouble: false });
        }
        self.report_for(slot, text, false);
    }

    fn report_for(&self, slot: SlotId, text: &str, is_trouble: bool) {
        let plugin = self.state.plugin_name(slot);
        let text = hint::unmarked(text).into_owned();
        self.state.reports.send(Report::Plugin { plugin, text, is_trouble });
    }

    /// Whether the plugin is still enabled: what belongs to it vanishes with it.
    fn owns(&self, slot: SlotId) -> bool {
        self.hooks.slots().any(|listed| listed.stats.id == slot)
    }
}
