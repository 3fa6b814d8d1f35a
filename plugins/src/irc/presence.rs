//! Who comes, goes and is called otherwise, told to each client for itself: once, however many channels they share.

use std::collections::HashSet;

use salotto::plugin::{Left, Renamed};
use salotto::{Context, LeaveReason, MemberId, RoomName};

use super::commands::names;
use super::{Irc, channel, written};

impl Irc {
    /// Somebody is in a room now: a client is told who else is, and the others of it.
    pub(super) fn tell_joined(&self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        if let Some(connection) = self.connections.get(&member) {
            names::tell(context, member, connection, room);
        }
        if context.is_quiet(room) {
            return;
        }
        let Some(name) = context.name(member) else { return };
        let source = written::source(name.as_str(), &self.settings.host);
        let line = written::end(format!(":{source} JOIN {}", channel::of_room(room)));
        for other in self.others_in(context, room, member) {
            context.answer(other, line.clone());
        }
    }

    /// Somebody left a room, or was sent out of it.
    pub(super) fn tell_left(&self, context: &mut Context<'_>, left: &Left) {
        let host = &self.settings.host;
        let Some(room) = left.room.as_ref().filter(|_| left.announced) else { return };
        let source = written::source(left.name.as_str(), host);
        let channel = channel::of_room(room);
        let line = match &left.reason {
            LeaveReason::Parted => format!(":{source} PART {channel}"),
            LeaveReason::Quit { .. }
            | LeaveReason::Lost
            | LeaveReason::TooSlow
            | LeaveReason::Idle => {
                format!(":{source} QUIT :{}", left.reason)
            }
            LeaveReason::Kicked { by, why } => {
                let by = by
                    .as_ref()
                    .map_or_else(|| host.clone(), |by| written::source(by.as_str(), host));
                format!(":{by} KICK {channel} {} :{why}", left.name)
            }
            reason => format!(":{source} PART {channel} :{reason}"),
        };
        let line = written::end(line);
        for other in self.others_in(context, room, left.member) {
            context.answer(other, line.clone());
        }
    }

    /// Somebody is called otherwise.
    pub(super) fn tell_renamed(&self, context: &mut Context<'_>, renamed: &Renamed) {
        let Some(info) = context.member(renamed.member) else { return };
        let source = written::source(renamed.from.as_str(), &self.settings.host);
        let line = written::end(format!(":{source} NICK {}", renamed.name));
        let mut told = HashSet::new();
        for room in &info.rooms {
            told.extend(self.others_in(context, room, renamed.member));
        }
        for other in told {
            context.answer(other, line.clone());
        }
    }
}
