//! The plugins in their order, and the one place that calls a hook: it times, catches, names and counts, so that every hook
//! is guarded alike.

use crate::protocol::ids::SlotId;
use crate::protocol::plugin_info::PluginInfo;
use crate::protocol::plugin_info::PluginState;
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::dialect::Protocol;
use crate::plugin::Plugin;
use crate::plugin::context::Context;
use crate::plugin::effect::Effect;
use crate::protocol::authentication::Mechanism;
use crate::protocol::command::Command;
use crate::protocol::hint;
use crate::protocol::hook::{Hook, Verdict};
use crate::protocol::name::Name;
use crate::protocol::plugin_info::{OnPanic, PluginSetup};
use crate::protocol::role::Role;
use crate::state::plugin_stats::PluginStats;
use crate::state::report::Report;
use crate::state::server_state::ServerState;
use crate::state::shared::AddedProtocol;

/// This many panics within [`PANIC_WINDOW`] turn a plugin off.
const PANICS: usize = 3;
const PANIC_WINDOW: Duration = Duration::from_secs(600);

/// The plugins, in the order in which their hooks run.
pub(crate) struct Hooks {
    slots: Vec<Slot>,
    next: u64,
}

pub(crate) struct Slot {
    pub(crate) stats: Arc<PluginStats>,
    plugin: Box<dyn Plugin>,
    /// Where it came from.
    pub(crate) origin: Origin,
    protocols: Vec<Arc<dyn Protocol>>,
    panics: VecDeque<Instant>,
}

/// Where a plugin came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The host's code handed it over. No configuration knows of it, so none takes it away.
    Code,
    /// It was made from the catalog, by name.
    Catalog,
}

/// The effects that hooks ask for, with who asked.
pub(crate) type Effects = Vec<(SlotId, Effect)>;

/// The end of a round of gates.
pub(crate) enum Round {
    Passed,
    /// Which plugin said no, and what.
    Blocked {
        plugin: String,
        verdict: Verdict,
    },
}

impl Hooks {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), next: 1 }
    }

    /// An id for a plugin about to be enabled.
    pub(crate) fn next_id(&mut self) -> SlotId {
        self.next += 1;
        SlotId(self.next)
    }

    /// Adds a plugin at the end of the order, or at `position`.
    pub(crate) fn insert(
        &mut self,
        id: SlotId,
        setup: PluginSetup,
        plugin: Box<dyn Plugin>,
        origin: Origin,
        position: Option<usize>,
    ) {
        let stats = Arc::new(PluginStats::new(id, setup));
        let (protocols, panics) = (Vec::new(), VecDeque::new());
        let slot = Slot { stats, plugin, origin, protocols, panics };
        self.slots.insert(position.unwrap_or(self.slots.len()).min(self.slots.len()), slot);
    }

    /// Removes a plugin.
    pub(crate) fn remove(&mut self, id: SlotId) -> Option<Slot> {
        let position = self.slots.iter().position(|slot| slot.stats.id == id)?;
        Some(self.slots.remove(position))
    }

    /// The plugin of this name, with its place in the order.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Slot)> {
        self.slots.iter().enumerate().find(|(_, slot)| slot.stats.setup.name == name)
    }

    /// Takes the protocols of a plugin.
    pub(crate) fn load_protocols(&mut self, id: SlotId, state: &ServerState) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.stats.id == id) {
            slot.protocols = slot.listed("protocols", state, |plugin| plugin.protocols());
        }
    }

    /// The protocols of all plugins, in the order of the plugins.
    pub(crate) fn protocols(&self) -> Vec<AddedProtocol> {
        let of = |slot: &Slot| {
            let plugin: Arc<str> = slot.stats.setup.name.as_str().into();
            let added = |protocol: &Arc<dyn Protocol>| AddedProtocol {
                plugin: plugin.clone(),
                protocol: protocol.clone(),
            };
            slot.protocols.iter().map(added).collect::<Vec<_>>()
        };
        self.slots.iter().flat_map(of).collect()
    }

    /// Puts the plugins into this order.
    pub(crate) fn arrange(&mut self, order: &[&str]) {
        let place = |slot: &Slot| order.iter().position(|name| *name == slot.stats.setup.name);
        self.slots.sort_by_key(|slot| place(slot).unwrap_or(usize::MAX));
    }

    /// The names in order.
    pub(crate) fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.slots.iter().map(|slot| slot.stats.setup.name.as_str())
    }

    /// What others may know of each, in order.
    pub(crate) fn stats(&self) -> Vec<Arc<PluginStats>> {
        self.slots.iter().map(|slot| slot.stats.clone()).collect()
    }

    pub(crate) fn slots(&self) -> impl DoubleEndedIterator<Item = &Slot> {
        self.slots.iter()
    }

    /// Calls a gate of every plugin in order until one does not pass.
    pub(crate) fn gate(
        &mut self,
        hook: Hook,
        state: &ServerState,
        effects: &mut Effects,
        mut call: impl FnMut(&mut dyn Plugin, &mut Context<'_>) -> Verdict,
    ) -> Round {
        let mut clock = Instant::now();
        for slot in &mut self.slots {
            let on_panic = || match slot.stats.setup.on_panic {
                OnPanic::Open => Verdict::Pass,
                OnPanic::Closed => {
                    Verdict::Deny("not possible at the moment; please tell the operator".into())
                }
            };
            let on_panic = on_panic();
            let verdict = slot.call(hook, &mut clock, state, effects, |plugin, context| {
                let verdict = call(plugin, context);
                (verdict.clone(), Some(verdict))
            });
            match verdict.unwrap_or(on_panic) {
                Verdict::Pass => {}
                verdict => {
                    return Round::Blocked { plugin: slot.stats.setup.name.clone(), verdict };
                }
            }
        }
        Round::Passed
    }

    /// Calls an observer of every plugin in order.
    pub(crate) fn observe(
        &mut self,
        hook: Hook,
        state: &ServerState,
        effects: &mut Effects,
        mut observe: impl FnMut(&mut dyn Plugin, &mut Context<'_>),
    ) {
        let mut clock = Instant::now();
        for slot in &mut self.slots {
            slot.call(hook, &mut clock, state, effects, |plugin, context| {
                (observe(plugin, context), None)
            });
        }
    }

    /// Calls one plugin, if it is still there and has not failed; otherwise says what is the matter with it.
    pub(crate) fn call<T>(
        &mut self,
        id: SlotId,
        hook: Hook,
        state: &ServerState,
        effects: &mut Effects,
        call: impl FnOnce(&mut dyn Plugin, &mut Context<'_>) -> T,
    ) -> Result<T, String> {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.stats.id == id) else {
            return Err("its plugin has been disabled".into());
        };
        let mut clock = Instant::now();
        slot.call(hook, &mut clock, state, effects, |plugin, context| (call(plugin, context), None))
            .ok_or_else(|| match slot.stats.info() {
                PluginInfo { name, state: PluginState::Failed(reason), .. } => {
                    format!("the plugin `{name}` is off: {reason}")
                }
                PluginInfo { name, .. } => {
                    format!("the plugin `{name}` panicked; the operator was told")
                }
            })
    }
}

impl Slot {
    /// The guarded call. `None` where the plugin has failed or panics now.
    ///
    /// `clock` shows when the call before it ended, and then when this one did: reading the clock is most of what a short hook costs.
    fn call<T>(
        &mut self,
        hook: Hook,
        clock: &mut Instant,
        state: &ServerState,
        effects: &mut Effects,
        call: impl FnOnce(&mut dyn Plugin, &mut Context<'_>) -> (T, Option<Verdict>),
    ) -> Option<T> {
        if !self.stats.is_running() {
            return None;
        }
        let queued = effects.len();
        let mut context = Context { state, slot: self.stats.id, effects };
        let outcome = catch_unwind(AssertUnwindSafe(|| call(&mut *self.plugin, &mut context)));
        let now = Instant::now();
        let took = now.duration_since(std::mem::replace(clock, now));
        self.stats.called(took);
        if took > state.slow_hook {
            let plugin = self.stats.setup.name.clone();
            state.reports.send(Report::SlowHook { plugin, hook, took });
        }
        match outcome {
            Ok((value, verdict)) => {
                if state.is_traced() {
                    let plugin = self.stats.setup.name.clone();
                    let verdict = verdict.map(|verdict| match verdict {
                        Verdict::Deny(reason) => Verdict::Deny(hint::unmarked(&reason).into()),
                        verdict => verdict,
                    });
                    state.reports.send(Report::Trace { plugin, hook, verdict, took });
                }
                Some(value)
            }
            Err(panic) => {
                // What a call that failed had asked for so far is not done by halves.
                effects.truncate(queued);
                self.panicked(hook, state, &panic_message(&*panic), now);
                None
            }
        }
    }

    fn panicked(&mut self, hook: Hook, state: &ServerState, message: &str, now: Instant) {
        self.panics.retain(|earlier| now.duration_since(*earlier) < PANIC_WINDOW);
        self.panics.push_back(now);
        let disabled = self.panics.len() >= PANICS;
        if disabled {
            self.stats.fail(format!("panicked in {hook}: {message}"));
        }
        let plugin = self.stats.setup.name.clone();
        state.reports.send(Report::PluginPanicked {
            plugin,
            hook,
            message: message.into(),
            disabled,
        });
    }

    /// The commands of the plugin; none where it panics.
    pub(crate) fn commands(&self, state: &ServerState) -> Vec<Command> {
        self.listed("commands", state, |plugin| plugin.commands())
    }

    /// The mechanisms of the plugin; none where it panics.
    pub(crate) fn mechanisms(&self, state: &ServerState) -> Vec<Mechanism> {
        self.listed("mechanisms", state, |plugin| plugin.mechanisms())
    }

    /// The accounts of the plugin; none where it panics.
    pub(crate) fn accounts(&self, state: &ServerState) -> Vec<(Name, Role)> {
        self.listed("accounts", state, |plugin| plugin.accounts())
    }

    /// What the plugin lists of something; nothing where it panics.
    fn listed<T>(
        &self,
        what: &str,
        state: &ServerState,
        list: impl FnOnce(&dyn Plugin) -> Vec<T>,
    ) -> Vec<T> {
        catch_unwind(AssertUnwindSafe(|| list(&*self.plugin))).unwrap_or_else(|panic| {
            let plugin = self.stats.setup.name.clone();
            let text = format!("panicked in {what}: {}", panic_message(&*panic));
            state.reports.send(Report::Plugin { plugin, text, is_trouble: true });
            Vec::new()
        })
    }

    /// Drops the plugin; a panic in its destructor ends with it.
    pub(crate) fn drop_plugin(self) {
        let plugin = self.plugin;
        if catch_unwind(AssertUnwindSafe(move || drop(plugin))).is_err() {
            tracing::error!(plugin = %self.stats.setup.name, "a plugin panicked while it was dropped");
        }
    }
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without a message".into(),
    }
}
