//! `history`: what is said is kept, for a while, and can be read back and searched.
//!
//! ```ron
//! (
//!     keep: "90days",
//!     not_kept: ["staff"],
//!     visible: SinceJoin,
//! )
//! ```
//!
//! It needs a store ([`ServerBuilder::store`](salotto::ServerBuilder::store)), which the program `salotto` has. Without this plugin nothing that is said is kept, whatever the store.

mod commands;
mod export;
mod import;
mod query;
mod shown;

use std::time::Duration;

use salotto::store::Retention;
use salotto::{
    Command, CommandError, Context, ForgettingMap, Invocation, Keeping, MemberId, Name, NameBounds,
    NoticeKind, Plugin, Reply, RoomName,
};
use serde::Deserialize;

use crate::common::duration::HumanDuration;

/// How often what is too old is forgotten, and the timer of it.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
const FORGET_TIMER: &str = "forget";
/// So many of those who were told that a room is kept are remembered.
const REMEMBERED: usize = 10_000;

/// The settings of [`History`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistorySettings {
    /// For how long what is said is kept, e.g. `"30days"`; `None` is for ever. Default 30 days.
    pub keep: Option<HumanDuration>,
    /// Most megabytes that all of it takes on the disk; the oldest goes first. `None` removes the bound. Default 1000.
    pub max_megabytes: Option<u64>,
    /// Rooms of which nothing is kept. Default none.
    pub not_kept: Vec<String>,
    /// What members may read back. Default all of it.
    pub visible: Visible,
}

impl Default for HistorySettings {
    fn default() -> Self {
        let month = HumanDuration::seconds(30 * 24 * 60 * 60);
        Self {
            keep: Some(month),
            max_megabytes: Some(1000),
            not_kept: Vec::new(),
            visible: Visible::All,
        }
    }
}

/// What members may read back of a room that they are in; there is no third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Visible {
    /// All that is kept.
    #[default]
    All,
    /// What was said since they joined.
    SinceJoin,
}

/// See the [module](self).
#[derive(Debug)]
pub struct History {
    settings: HistorySettings,
    /// Who was told that what is said is kept.
    told: ForgettingMap<Name, ()>,
}

impl History {
    /// The plugin with these settings.
    ///
    /// # Errors
    /// When a room of [`not_kept`](HistorySettings::not_kept) cannot be one.
    pub fn new(settings: HistorySettings) -> Result<Self, String> {
        for room in &settings.not_kept {
            if let Err(error) = RoomName::new(room, NameBounds::NONE) {
                return Err(format!("`not_kept`: `{room}` cannot be a room: {error}"));
            }
        }
        Ok(Self { settings, told: ForgettingMap::new(REMEMBERED) })
    }

    fn keeping(&self) -> Keeping {
        let not_kept = self.settings.not_kept.iter().map(String::as_str);
        let mut keeping = Keeping::default().except(not_kept);
        keeping.since_join = self.settings.visible == Visible::SinceJoin;
        keeping
    }

    /// Has forgotten what is too old, too much or not to be kept. The store says when it cannot.
    fn forget(&self, context: &mut Context<'_>) {
        let Some(store) = context.store() else { return };
        let bound = self.settings.max_megabytes;
        let named = |room: &String| RoomName::new(room, NameBounds::NONE).ok();
        let unkept = self.settings.not_kept.iter().filter_map(named);
        let retention = Retention {
            keep: self.settings.keep.map(HumanDuration::duration),
            max_bytes: bound.map(|megabytes| megabytes.saturating_mul(1_000_000)),
            unkept: unkept.collect(),
        };
        let reporter = context.reporter();
        store.retain(
            retention,
            Box::new(move |forgotten| match forgotten {
                Ok(_) => reporter.working(),
                Err(error) => reporter.failing(error.to_string()),
            }),
        );
        context.set_timer(FORGET_TIMER, FORGET_EVERY);
    }
}

impl Plugin for History {
    fn commands(&self) -> Vec<Command> {
        commands::commands()
    }

    fn start(&mut self, context: &mut Context<'_>) {
        context.keep_history(self.keeping());
        self.forget(context);
    }

    fn after_timer(&mut self, context: &mut Context<'_>, _: &str) {
        self.forget(context);
    }

    /// Whoever joins a kept room for the first time is told so.
    fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        let is_kept = context.store().is_some() && self.keeping().keeps(room);
        let Some(name) = context.name(member).cloned().filter(|_| is_kept) else { return };
        if self.told.get(&name).is_some() {
            return;
        }
        self.told.get_or_insert_with(name, || (), |()| false);
        let keep = self.settings.keep.map(|keep| format!(" for {keep}")).unwrap_or_default();
        let by_whom = match self.settings.visible {
            Visible::All => "whoever joins the room can read it",
            Visible::SinceJoin => "whoever was in the room can read it",
        };
        let text = format!("what is said here is kept{keep}; {by_whom}");
        context.notice_to(member, text, NoticeKind::Info);
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        commands::run(context, invocation)
    }
}
