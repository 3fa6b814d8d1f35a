//! Plugins come, go and are given other settings while people talk, each at a point between two events.

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use async_io::Timer;
use futures_lite::future::FutureExt;

use super::Hub;
use crate::plugin::hooks::{Origin, Slot};
use crate::plugin::{Made, Plugin};
use crate::protocol::action::Action;
use crate::protocol::hook::Hook;
use crate::protocol::ids::SlotId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::plugin_info::PluginSetup;
use crate::protocol::settings::Settings;
use crate::state::member::Member;

/// How long the tasks of a plugin that was dropped may take to finish what they have.
const TASK_GRACE: Duration = Duration::from_secs(2);

/// What a plugin leaves to the one that takes its place.
type Handed = Box<dyn Any + Send>;

impl Hub {
    /// Adds a plugin that was made already, before the server starts or while it runs. One of the same name is replaced in its place; one that was there
    /// before, or is off in the configuration, has the place that it had.
    pub(crate) fn add_plugin(
        &mut self,
        setup: PluginSetup,
        plugin: Box<dyn Plugin>,
        origin: Origin,
        by: &str,
    ) {
        let position = self.hooks.find(&setup.name).map(|(position, _)| position);
        let what = if position.is_some() { "replace" } else { "enable" };
        let action = self.act(what, by).whom(setup.name.clone());
        let handed = position.and_then(|_| self.take_out_plugin(&setup.name, true));
        let running: Vec<&str> = self.hooks.names().collect();
        let place = position.or_else(|| self.plan.place(&setup.name, running.iter().copied()));
        let behind = place.unwrap_or(running.len()).checked_sub(1).map(|before| running[before]);
        self.plan.enabled(&setup, behind);
        self.insert_plugin((setup, plugin), origin, handed, place);
        self.record_while_running(action);
    }

    /// Drops a plugin with all that belongs to it. Says whether it was there.
    pub(crate) fn disable_plugin(&mut self, name: &str, by: &str) -> bool {
        if self.hooks.find(name).is_none() {
            return false;
        }
        self.take_out_plugin(name, false);
        self.record_while_running(self.act("disable", by).whom(name));
        true
    }

    fn insert_plugin(
        &mut self,
        (setup, plugin): Made,
        origin: Origin,
        handed: Option<Handed>,
        position: Option<usize>,
    ) {
        let id = self.hooks.next_id();
        self.hooks.insert(id, setup, plugin, origin, position);
        self.state.plugins = self.hooks.stats();
        let slot = self.hooks.slots().find(|slot| slot.stats.id == id);
        let commands = slot.map(|slot| slot.commands(&self.state));
        let accounts = slot.map(|slot| slot.accounts(&self.state)).unwrap_or_default();
        let mechanisms = slot.map(|slot| slot.mechanisms(&self.state));
        self.register_commands(id, commands.unwrap_or_default());
        self.register_accounts(id, &accounts);
        self.register_mechanisms(id, mechanisms.unwrap_or_default());
        self.hooks.load_protocols(id, &self.state);
        self.state.shared.set_protocols(self.hooks.protocols());
        if !self.is_running {
            return;
        }
        let (state, effects) = (&self.state, &mut self.effects);
        if let Some(handed) = handed {
            let _ = self.hooks.call(id, Hook::TakeOver, state, effects, |plugin, _| {
                plugin.take_over(handed);
            });
        }
        let _ = self
            .hooks
            .call(id, Hook::Start, state, effects, |plugin, context| plugin.start(context));
    }

    /// Drops a plugin with all that belongs to it. When another takes its place, returns what it leaves to that one.
    fn take_out_plugin(&mut self, name: &str, is_replaced: bool) -> Option<Handed> {
        let id = self.hooks.find(name).map(|(_, slot)| slot.stats.id)?;
        let mut handed = None;
        if self.is_running {
            let (state, effects) = (&self.state, &mut self.effects);
            let _ = self
                .hooks
                .call(id, Hook::Stop, state, effects, |plugin, context| plugin.stop(context));
            // What it asks for last is done while it still owns it.
            self.apply_effects();
            if is_replaced {
                let (state, effects) = (&self.state, &mut self.effects);
                let answer = self
                    .hooks
                    .call(id, Hook::HandOver, state, effects, |plugin, _| plugin.hand_over());
                handed = answer.unwrap_or_default();
            }
        }
        self.timers.cancel_all(id);
        if let Some(slot) = self.hooks.remove(id) {
            slot.stats.stopper.stop();
            slot.drop_plugin();
        }
        self.forget_commands(id);
        self.state.rooms.forget_plugin(id);
        self.forget_keeping(id);
        self.state.accounts.remove(&id);
        self.forget_answers(id, name);
        self.forget_mechanisms(id);
        self.state.shared.set_protocols(self.hooks.protocols());
        if !is_replaced {
            self.disconnect_speakers_of(name);
        }
        self.state.plugins = self.hooks.stats();
        self.retire_tasks(id);
        handed
    }

    /// Whoever speaks a protocol of a plugin that is no more cannot be spoken to.
    fn disconnect_speakers_of(&mut self, plugin: &str) {
        let speaks = |member: &&Member| member.outbox.wire.protocol_of() == Some(plugin);
        let speakers: Vec<_> =
            self.state.roster.iter().filter(speaks).map(|member| member.id).collect();
        for member in speakers {
            let why = format!("the plugin `{plugin}` was disabled");
            self.disconnect(member, LeaveReason::Refused { why });
        }
    }

    /// Replaces the plugins by those of a new configuration, which were all made. Where the setup did not change the running one goes on undisturbed, and the
    /// new one is given back. What the host's code added is none of the configuration's business, unless it names one of the same name.
    pub(crate) fn replace_plugins(&mut self, made: Vec<Made>, by: &str) -> Vec<Box<dyn Plugin>> {
        let goes_on = |slot: &Slot| {
            let named = made.iter().find(|(setup, _)| setup.name == slot.stats.setup.name);
            match named {
                Some((setup, _)) => slot.stats.is_running() && *setup == slot.stats.setup,
                None => slot.origin == Origin::Code,
            }
        };
        let changed: Vec<String> = self
            .hooks
            .slots()
            .filter(|slot| !goes_on(slot))
            .map(|slot| slot.stats.setup.name.clone())
            .collect();
        let mut handed = HashMap::new();
        for name in &changed {
            if made.iter().any(|(setup, _)| setup.name == *name) {
                handed.insert(name.clone(), self.take_out_plugin(name, true));
            } else {
                self.disable_plugin(name, by);
            }
        }
        let mut unneeded = Vec::new();
        for (setup, plugin) in made {
            if self.hooks.find(&setup.name).is_some() {
                unneeded.push(plugin);
                continue;
            }
            let replaced = handed.remove(&setup.name);
            let what = if replaced.is_some() { "replace" } else { "enable" };
            let action = self.act(what, by).whom(setup.name.clone());
            self.insert_plugin((setup, plugin), Origin::Catalog, replaced.flatten(), None);
            self.record_while_running(action);
        }
        // Those that the code added keep their place behind the plugin that they followed.
        let order = self.plan.setups().map(|setup| setup.name.as_str());
        self.hooks.arrange(&order.collect::<Vec<_>>());
        self.state.shared.set_protocols(self.hooks.protocols());
        self.state.plugins = self.hooks.stats();
        unneeded
    }

    /// Every plugin that was set up, with whether it is enabled now.
    pub(crate) fn plugin_setups(&mut self) -> Vec<PluginSetup> {
        let now = |setup: &PluginSetup| match self.hooks.find(&setup.name) {
            Some((_, slot)) => slot.stats.setup.clone(),
            None => setup.clone().enabled(false),
        };
        self.plan.setups().map(now).collect()
    }

    /// Records what somebody did. What is done to build a server up or to stop it is nobody's doing.
    fn record_while_running(&mut self, action: Action) {
        if self.is_running {
            self.record(action);
        }
    }

    /// Takes over settings while people talk, and names those that wait for a restart.
    pub(crate) fn apply_settings(&mut self, mut settings: Settings, by: &str) -> Vec<&'static str> {
        let restart = self.state.settings().keep_until_restart(&mut settings);
        self.state.slow_hook = settings.server.slow_hook;
        self.state.rooms.resize(settings.rooms.timeline_entries, settings.rooms.timeline_bytes);
        let before = self.state.settings();
        self.state.shared.set_settings(settings.clone());
        self.state.roster.reserve(settings.server.names_kept());
        self.reload_rooms(&before, &settings);
        let action = self.act("reload", by).why(settings.changed_from(&before).join(", "));
        self.record(action);
        self.observe(Hook::AfterSettingsChanged, |plugin, context| {
            plugin.after_settings_changed(context, &settings)
        });
        restart
    }

    /// Opens the rooms that are listed now, gives those with another topic theirs, and lets those that are not listed any more close
    /// when they are empty.
    fn reload_rooms(&mut self, before: &Settings, now: &Settings) {
        let (before, now) = (super::listed_rooms(before), super::listed_rooms(now));
        for (name, topic) in &now {
            match self.state.rooms.find(name.as_str()).map(|room| room.id) {
                Some(room) => {
                    self.state.rooms.set_permanent(room, true);
                    // A topic that was set while people talk stays, unless the file says another than it did.
                    let same = before.iter().any(|(other, old)| other == name && old == topic);
                    if !same && let Err(error) = self.set_topic(room, topic, None) {
                        self.report(error.to_string());
                    }
                    if let Some(room) = self.state.rooms.get_mut(room) {
                        room.given_topic.clone_from(topic);
                    }
                    self.state.remember_room(room);
                }
                None => {
                    self.open_room(name.clone(), topic, true);
                }
            }
        }
        for (name, _) in
            before.iter().filter(|(name, _)| now.iter().all(|(other, _)| other != name))
        {
            let Some(room) = self.state.rooms.find(name.as_str()).map(|room| room.id) else {
                continue;
            };
            self.state.rooms.set_permanent(room, false);
            self.state.remember_room(room);
            if self.state.rooms.get(room).is_some_and(|room| room.is_empty_here()) {
                self.close_room(room);
            }
        }
    }

    /// Disables every plugin, the last one first.
    pub(super) fn stop_plugins(&mut self) {
        let names: Vec<String> =
            self.hooks.slots().rev().map(|slot| slot.stats.setup.name.clone()).collect();
        for name in names {
            self.take_out_plugin(&name, false);
        }
    }

    /// A task of a plugin has a result.
    pub(super) fn take_task_result(&mut self, slot: SlotId, result: Box<dyn Any + Send>) {
        let (state, effects) = (&self.state, &mut self.effects);
        let _ = self.hooks.call(slot, Hook::AfterTask, state, effects, |plugin, context| {
            plugin.after_task(context, result);
        });
    }

    /// Lets the tasks of a plugin that was dropped finish what they have, for a while.
    fn retire_tasks(&mut self, slot: SlotId) {
        for task in self.tasks.remove(&slot).unwrap_or_default() {
            let permit = self.permit.clone();
            let finish = async move {
                let grace = async {
                    Timer::after(TASK_GRACE).await;
                };
                task.or(grace).await;
                drop(permit);
            };
            // Ends by itself within the grace; a stop of the server waits for its permit.
            self.state.handle.executor.spawn(finish).detach();
        }
    }
}
