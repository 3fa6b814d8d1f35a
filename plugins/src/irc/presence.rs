//! Who comes, goes and is called otherwise, told to each client for itself: once, however many channels they share.

use std::collections::HashSet;

use salotto::plugin::{Left, Renamed};
use salotto::{Context, LeaveReason, MemberId, Name, RoomName};

use super::capability::Capability;
use super::commands::{markread, monitor, names};
use super::{Irc, channel, numeric, written};

impl Irc {
    /// Somebody is in a room now: a client is told who else is, and the others of it.
    pub(super) fn tell_joined(&self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        if let Some(connection) = self.connections.get(&member) {
            if connection.capabilities.has(Capability::ReadMarker) {
                let line = markread::told(self, context, member, &channel::of_room(room));
                context.answer(member, line);
            }
            if !connection.capabilities.has(Capability::NoImplicitNames) {
                names::tell(context, member, connection, room);
            }
        }
        if context.is_quiet(room) {
            return;
        }
        let Some(name) = context.name(member) else { return };
        let source = written::source(name.as_str(), &self.settings.host);
        let bare = format!(":{source} JOIN {}", channel::of_room(room));
        let account = context.account(member).unwrap_or("*");
        let extended = format!("{bare} {account} :{}", self.real_name(member, name.as_str()));
        let (bare, extended) = (written::end(bare), written::end(extended));
        for other in self.others_in(context, room, member) {
            let line = match self.has(other, Capability::ExtendedJoin) {
                true => &extended,
                false => &bare,
            };
            context.answer(other, line.clone());
        }
    }

    /// What a client says of the person behind it; of others, their name.
    pub(super) fn real_name(&self, member: MemberId, name: &str) -> String {
        match self.connections.get(&member) {
            Some(connection) => connection.registration().real_name.clone(),
            None => name.to_owned(),
        }
    }

    /// Whether a client has chosen to be told something.
    pub(super) fn has(&self, member: MemberId, capability: Capability) -> bool {
        self.connections.get(&member).is_some_and(|known| known.capabilities.has(capability))
    }

    /// Tells every client that has chosen to be told such, and either shares a channel with a member or watches it, once: that it is away, say.
    pub(super) fn tell_of(
        &self,
        context: &mut Context<'_>,
        member: MemberId,
        capability: Capability,
        line: &str,
    ) {
        let Some(info) = context.member(member) else { return };
        let mut told = HashSet::new();
        for room in info.rooms.iter().filter(|room| !context.is_quiet(room)) {
            told.extend(self.others_in(context, room, member));
        }
        if let Some(name) = &info.name {
            let watchers = self.watched.watchers(name);
            told.extend(watchers.filter(|id| self.has(*id, Capability::ExtendedMonitor)));
        }
        told.remove(&member);
        for other in told {
            if self.has(other, capability) {
                context.answer(other, line);
            }
        }
    }

    /// Somebody is logged in to an account, or to none any more.
    pub(super) fn tell_account(&self, context: &mut Context<'_>, name: &str) {
        let Some(info) = context.find(name) else { return };
        let account = info.account.as_deref();
        if let Some(connection) = self.connections.get(&info.id) {
            connection.set_account(account);
        }
        let source = written::source(name, &self.settings.host);
        let line = written::end(format!(":{source} ACCOUNT {}", account.unwrap_or("*")));
        if self.has(info.id, Capability::AccountNotify) {
            context.answer(info.id, line.clone());
        }
        self.tell_of(context, info.id, Capability::AccountNotify, &line);
    }

    /// Somebody is here now: those who watch the name are told.
    pub(super) fn tell_online(&self, context: &mut Context<'_>, name: &Name) {
        let source = written::source(name.as_str(), &self.settings.host);
        for watcher in self.watched.watchers(name) {
            monitor::tell(self, context, watcher, numeric::MONITOR_ONLINE, &source);
        }
    }

    /// Nobody is here under a name any more.
    pub(super) fn tell_offline(&self, context: &mut Context<'_>, name: &Name) {
        for watcher in self.watched.watchers(name) {
            monitor::tell(self, context, watcher, numeric::MONITOR_OFFLINE, name.as_str());
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
