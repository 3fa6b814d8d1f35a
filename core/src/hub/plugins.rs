//! Plugins come, go and are given other settings while people talk, each at a point between two events.

use std::any::Any;
use std::time::Duration;

use smol::Timer;
use smol::future::FutureExt;

use super::Hub;
use crate::config::Settings;
use crate::hooks::{PluginInfo, SlotId};
use crate::plugin::{CatalogError, Hook, Plugin, PluginSetup};

/// How long the tasks of a plugin that was dropped may take to finish what they have.
const TASK_GRACE: Duration = Duration::from_secs(2);

impl Hub {
    /// Adds a plugin that was made already, before the house opens or while it is open. One of the same name is replaced in its place.
    pub(crate) fn add_plugin(&mut self, setup: PluginSetup, plugin: Box<dyn Plugin>) {
        let position = self.hooks.find(&setup.name).map(|(position, _)| position);
        if position.is_some() {
            self.disable(&setup.name);
        }
        self.insert_plugin(setup, plugin, position);
    }

    fn insert_plugin(
        &mut self,
        setup: PluginSetup,
        plugin: Box<dyn Plugin>,
        position: Option<usize>,
    ) {
        let id = self.hooks.next_id();
        self.house.plugin_names.insert(id, setup.name.clone());
        self.hooks.insert(id, setup, plugin, position);
        let commands =
            self.hooks.slots().find(|slot| slot.id == id).map(|slot| slot.commands(&self.house));
        self.register_commands(id, commands.unwrap_or_default());
        if self.open {
            let (house, effects) = (&self.house, &mut self.effects);
            let _ =
                self.hooks.call(id, Hook::Start, house, effects, |plugin, host| plugin.start(host));
        }
    }

    /// Makes a plugin and adds it; one of the same name is replaced in its place, or stays when the new one cannot be made.
    pub(crate) fn enable(&mut self, setup: PluginSetup) -> Result<(), CatalogError> {
        let plugin = self.catalog.build(&setup)?;
        self.add_plugin(setup, plugin);
        Ok(())
    }

    /// Drops a plugin with all that belongs to it. Says whether it was there.
    pub(crate) fn disable(&mut self, name: &str) -> bool {
        let Some(id) = self.hooks.find(name).map(|(_, slot)| slot.id) else {
            return false;
        };
        if self.open {
            let (house, effects) = (&self.house, &mut self.effects);
            let _ =
                self.hooks.call(id, Hook::Stop, house, effects, |plugin, host| plugin.stop(host));
            // What it asks for last is done while it still owns it.
            self.apply_effects();
        }
        self.timers.cancel_all(id);
        if let Some(slot) = self.hooks.remove(id) {
            slot.drop_plugin();
        }
        self.forget_commands(id);
        self.house.plugin_names.remove(&id);
        self.retire_tasks(id);
        true
    }

    /// Replaces the plugins by those of a new configuration, all or none. Those whose setup did not change go on undisturbed.
    pub(crate) fn replace_plugins(
        &mut self,
        setups: Vec<PluginSetup>,
    ) -> Result<(), Vec<CatalogError>> {
        let unchanged = |hub: &Hub, setup: &PluginSetup| {
            hub.hooks
                .find(&setup.name)
                .is_some_and(|(_, slot)| slot.setup == *setup && slot.is_running())
        };
        let mut errors = Vec::new();
        let mut made = Vec::new();
        for setup in setups {
            let name = setup.name.clone();
            if made.iter().any(|(other, _): &(PluginSetup, _)| other.name == name) {
                errors.push(CatalogError::Twice { name });
                continue;
            }
            if unchanged(self, &setup) {
                made.push((setup, None));
                continue;
            }
            match self.catalog.build(&setup) {
                Ok(plugin) => made.push((setup, Some(plugin))),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let names: Vec<String> = self.hooks.slots().map(|slot| slot.setup.name.clone()).collect();
        for name in names {
            let stays = made.iter().any(|(setup, plugin)| setup.name == name && plugin.is_none());
            if !stays {
                self.disable(&name);
            }
        }
        for (position, (setup, plugin)) in made.into_iter().enumerate() {
            match plugin {
                Some(plugin) => self.insert_plugin(setup, plugin, Some(position)),
                None => self.hooks.place(&setup.name, position),
            }
        }
        Ok(())
    }

    pub(crate) fn plugin_infos(&self) -> Vec<PluginInfo> {
        self.hooks.slots().map(|slot| slot.info()).collect()
    }

    /// Takes over settings while people talk, and names those that wait for a restart.
    pub(crate) fn apply_settings(&mut self, mut settings: Settings) -> Vec<&'static str> {
        let restart = self.house.settings().keep_until_restart(&mut settings);
        self.house.slow_hook = settings.server.slow_hook;
        self.house.rooms.resize(settings.rooms.timeline_entries, settings.rooms.timeline_bytes);
        let before = self.house.settings();
        self.house.shared.set_settings(settings.clone());
        self.reload_rooms(&before, &settings);
        self.tell(Hook::AfterSettingsChanged, |plugin, host| {
            plugin.after_settings_changed(host, &settings)
        });
        restart
    }

    /// Opens the rooms that are listed now, gives those with another topic theirs, and lets those that are not listed any more close
    /// when they are empty.
    fn reload_rooms(&mut self, before: &Settings, now: &Settings) {
        let (before, now) = (super::listed_rooms(before), super::listed_rooms(now));
        for (name, topic) in &now {
            match self.house.rooms.find(name.as_str()).map(|room| room.id) {
                Some(room) => {
                    self.house.rooms.set_permanent(room, true);
                    // A topic that was set while people talk stays, unless the file says another than it did.
                    let same = before.iter().any(|(other, old)| other == name && old == topic);
                    if !same && let Err(refusal) = self.set_topic(room, topic, None) {
                        self.report(refusal.text);
                    }
                }
                None => {
                    self.open_room(name.clone(), topic, true);
                }
            }
        }
        for (name, _) in
            before.iter().filter(|(name, _)| now.iter().all(|(other, _)| other != name))
        {
            let Some(room) = self.house.rooms.find(name.as_str()).map(|room| room.id) else {
                continue;
            };
            self.house.rooms.set_permanent(room, false);
            if self.house.rooms.get(room).is_some_and(|room| room.members.is_empty()) {
                self.close_room(room);
            }
        }
    }

    /// Disables every plugin, the last one first.
    pub(super) fn stop_plugins(&mut self) {
        let names: Vec<String> =
            self.hooks.slots().rev().map(|slot| slot.setup.name.clone()).collect();
        for name in names {
            self.disable(&name);
        }
    }

    /// A task of a plugin has a result.
    pub(super) fn take_task_result(&mut self, slot: SlotId, result: Box<dyn Any + Send>) {
        let (house, effects) = (&self.house, &mut self.effects);
        let _ = self.hooks.call(slot, Hook::AfterTask, house, effects, |plugin, host| {
            plugin.after_task(host, result);
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
            // Ends by itself within the grace; a stop of the house waits for its permit.
            self.executor.spawn(finish).detach();
        }
    }
}
