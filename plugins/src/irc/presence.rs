//! Who comes, goes and is called otherwise, told to each client for itself: once, however many channels they share.

use std::collections::HashSet;

use salotto::plugin::{Left, Renamed};
use salotto::{Context, LeaveReason, MemberId, Name, RoomName};

use super::commands::{names, topic};
use super::former::Person;
use super::{Irc, channel, written};

impl Irc {
    /// Somebody is in a room now: a client is told what it is about and who else is there, and the others of it.
    pub(super) fn tell_joined(
        &mut self,
        context: &mut Context<'_>,
        member: MemberId,
        room: &RoomName,
    ) {
        if let Some(connection) = self.connections.get(&member) {
            self.rooms.enter(room, member, context.now());
            topic::tell(self, context, member, connection, room);
            names::tell(self, context, member, connection, room);
        }
        if context.is_quiet(room) {
            return;
        }
        let Some(name) = context.name(member) else { return };
        let source = written::source(name.as_str(), &self.settings.host);
        let line = written::end(format!(":{source} JOIN {}", channel::of_room(room)));
        for other in self.others_in(room, member) {
            context.answer(other, line.clone());
        }
        self.tell_marked(context, member, room);
    }

    /// Somebody left a room, was sent out of it, or left the server. Who leaves the server leaves its rooms first, one by one; that is told once, at the end.
    pub(super) fn tell_left(&mut self, context: &mut Context<'_>, left: &Left) {
        let Some(room) = &left.room else {
            return self.tell_quit(context, left);
        };
        self.rooms.leave(room, left.member);
        if left.quits {
            if left.announced {
                self.parting.extend(self.rooms.clients(room));
            }
            return;
        }
        let (host, channel) = (&self.settings.host, channel::of_room(room));
        let source = written::source(left.name.as_str(), host);
        let line = written::end(match &left.reason {
            LeaveReason::Removed { by, why } => {
                kick(host, &channel, left.name.as_str(), by.as_ref(), why)
            }
            reason => part(&source, &channel, reason),
        });
        // Who did it sees it also in a room that is too large to tell everybody.
        let is_told = |other: &MemberId| match &left.reason {
            LeaveReason::Removed { by, .. } => {
                left.announced || context.name(*other) == by.as_ref()
            }
            _ => left.announced,
        };
        let told: Vec<MemberId> = self.others_in(room, left.member).filter(is_told).collect();
        for other in told {
            context.answer(other, line.clone());
        }
    }

    fn tell_quit(&mut self, context: &mut Context<'_>, left: &Left) {
        let source = written::source(left.name.as_str(), &self.settings.host);
        let line = written::end(format!(":{source} QUIT :{}", left.reason));
        for other in self.parting.drain().filter(|other| *other != left.member) {
            context.answer(other, line.clone());
        }
        self.remember(left.member, &left.name, context);
    }

    /// Somebody is called otherwise.
    pub(super) fn tell_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        let Some(info) = context.member(renamed.member) else { return };
        let source = written::source(renamed.from.as_str(), &self.settings.host);
        let line = written::end(format!(":{source} NICK {}", renamed.name));
        let rooms = info.rooms.iter();
        let told: HashSet<MemberId> =
            rooms.flat_map(|room| self.others_in(room, renamed.member)).collect();
        for other in told {
            context.answer(other, line.clone());
        }
        self.remember(renamed.member, &renamed.from, context);
    }

    /// Clients in a room, but for one.
    pub(super) fn others_in(
        &self,
        room: &RoomName,
        but: MemberId,
    ) -> impl Iterator<Item = MemberId> {
        self.rooms.clients(room).filter(move |id| *id != but)
    }

    fn remember(&mut self, member: MemberId, name: &Name, context: &Context<'_>) {
        let (user, real_name) = self.said_of_itself(member, name.as_str());
        let (nick, until) = (name.to_string(), context.now());
        self.former.add(Person { nick, user, real_name, until });
    }

    /// What a client has said it is called besides its nick: its user name and its real name. Of who speaks no IRC, the name.
    pub(super) fn said_of_itself(&self, member: MemberId, name: &str) -> (String, String) {
        let Some(connection) = self.connections.get(&member) else {
            return (name.to_owned(), name.to_owned());
        };
        let registration = connection.registration();
        (registration.user_name.clone(), registration.real_name.clone())
    }
}

/// The line that tells of a kick. Without a reason it is who did it, as everywhere.
pub(super) fn kick(host: &str, channel: &str, whom: &str, by: Option<&Name>, why: &str) -> String {
    let source = by.map_or_else(|| host.to_owned(), |by| written::source(by.as_str(), host));
    let why = if why.is_empty() { by.map_or(host, Name::as_str) } else { why };
    format!(":{source} KICK {channel} {whom} :{why}")
}

/// The line that tells that somebody left a room.
pub(super) fn part(source: &str, channel: &str, reason: &LeaveReason) -> String {
    match reason {
        LeaveReason::Parted { farewell } if farewell.is_empty() => {
            format!(":{source} PART {channel}")
        }
        LeaveReason::Parted { farewell } => format!(":{source} PART {channel} :{farewell}"),
        reason => format!(":{source} PART {channel} :{reason}"),
    }
}
