//! What of moderation outlives the plugin and, where there is a store, the server: mutes, locks, slow mode, hushed rooms, unseen reports and bans.
//!
//! Each of them knows what changed in it, and is written by [`save`] when a hook that may have changed something is done.

use salotto::{Context, RoomName};
use serde::Serialize;
use serde_json::Value;

use super::Moderation;
use super::bans::Bans;
use super::hush::HushedRooms;
use super::locks::Locks;
use super::mutes::Mutes;
use super::reports::Reports;
use super::slow::SlowRooms;
use crate::common::values;

/// What changed, by key: as it is now, or `None` where it is gone.
pub(super) type Changes = Vec<(String, Option<Value>)>;

/// Something that is kept in a namespace of its own.
pub(super) trait Kept {
    const NAMESPACE: &str;

    /// What changed since this was last asked.
    fn take_changes(&mut self) -> Changes;

    /// Takes what was kept, in the order of the keys. What cannot be read is passed over.
    fn restore(&mut self, kept: Vec<(String, Value)>);
}

/// A number as a key whose order is that of the numbers.
pub(super) fn numbered(number: u64) -> String {
    format!("{number:012}")
}

/// A value as it is kept.
pub(super) fn json<T: Serialize>(value: &T) -> Option<Value> {
    serde_json::to_value(value).ok()
}

/// Takes what was kept before, but for rooms that are no more.
pub(super) fn load(moderation: &mut Moderation, context: &mut Context<'_>) {
    fn restore<K: Kept>(kept: &mut K, context: &Context<'_>) {
        kept.restore(values::all(context, K::NAMESPACE));
    }
    restore(&mut moderation.mutes, context);
    moderation.mutes.go_on(context.now(), context.uptime());
    restore(&mut moderation.locks, context);
    restore(&mut moderation.slow, context);
    restore(&mut moderation.hushed, context);
    restore(&mut moderation.reports, context);
    let is_there = |room: &RoomName| is_there(context, room);
    moderation.locks.retain(is_there);
    moderation.slow.retain(is_there);
    moderation.hushed.retain(is_there);
}

/// Other servers have changed something of it.
pub(super) fn heed(moderation: &mut Moderation, context: &mut Context<'_>, namespace: &str) {
    match namespace {
        Bans::NAMESPACE => {
            moderation.bans = Bans::default();
            moderation.bans.restore(values::all(context, namespace));
            moderation.disconnect_banned(context);
        }
        Mutes::NAMESPACE => {
            moderation.mutes = Mutes::default();
            moderation.mutes.restore(values::all(context, namespace));
            moderation.mutes.go_on(context.now(), context.uptime());
            moderation.mute_those_here(context);
        }
        Locks::NAMESPACE => {
            for room in moderation.locks.heed(values::all(context, namespace)) {
                context.hide_room(&room, false);
            }
            moderation.locks.hide(context);
        }
        SlowRooms::NAMESPACE => {
            moderation.slow = SlowRooms::default();
            moderation.slow.restore(values::all(context, namespace));
        }
        HushedRooms::NAMESPACE => {
            let before = std::mem::take(&mut moderation.hushed);
            moderation.hushed.restore(values::all(context, namespace));
            before.show(context, false);
            moderation.hushed.show(context, true);
        }
        Reports::NAMESPACE => {
            moderation.reports.forget_all();
            moderation.reports.restore(values::all(context, namespace));
        }
        _ => return,
    }
    moderation.set_expiry_timer(context);
}

/// Keeps what changed.
pub(super) fn save(moderation: &mut Moderation, context: &mut Context<'_>) {
    fn put<K: Kept>(kept: &mut K, context: &mut Context<'_>) {
        for (key, value) in kept.take_changes() {
            match value {
                Some(value) => values::put(context, K::NAMESPACE, &key, &value),
                None => values::remove(context, K::NAMESPACE, &key),
            }
        }
    }
    put(&mut moderation.mutes, context);
    put(&mut moderation.locks, context);
    put(&mut moderation.slow, context);
    put(&mut moderation.hushed, context);
    put(&mut moderation.reports, context);
    match moderation.keeps_bans {
        true => put(&mut moderation.bans, context),
        // They are in their file.
        false => moderation.bans.forget_changes(),
    }
}

/// Whether a room is open, is about to be, or will be as it was left when somebody opens it.
pub(super) fn is_there(context: &Context<'_>, room: &RoomName) -> bool {
    let rooms = &context.settings().rooms;
    let is_listed = rooms.default == room.as_str() || rooms.listed_as(room.as_str()).is_some();
    // One that is not open here may be elsewhere.
    is_listed
        || context.shares_rooms()
        || context.room(room.as_str()).is_some()
        || context.remembers(room)
}
