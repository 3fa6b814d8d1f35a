//! Who comes, goes and is called otherwise, told to each client for itself: once, however many channels they share.

use std::collections::HashSet;

use salotto::plugin::{Left, Renamed};
use salotto::{Context, Entry, EntryKind, LeaveReason, MemberId, Name, RoomName};

use super::capability::Capability;
use super::commands::{markread, monitor, names, topic};
use super::former::Person;
use super::{Irc, channel, numeric, written};

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
            if let Some(client) = self.clients.get_mut(&member) {
                client.invited.retain(|invited| invited != room);
            }
            topic::tell(self, context, member, connection, room);
            if connection.capabilities.has(Capability::ReadMarker) {
                let line = markread::told(self, context, member, &channel::of_room(room));
                context.answer(member, line);
            }
            if !connection.capabilities.has(Capability::NoImplicitNames) {
                names::tell(self, context, member, connection, room);
            }
            self.tell_values_in(context, member, room);
        }
        if context.is_quiet(room) {
            return;
        }
        let Some(name) = context.name(member) else { return };
        let source = written::source(name.as_str(), &self.settings.host);
        let bare = format!(":{source} JOIN {}", channel::of_room(room));
        let account = context.account(member).unwrap_or("*");
        let (_, real_name) = self.said_of_itself(member, name.as_str());
        let extended = written::end(format!("{bare} {account} :{real_name}"));
        let (bare, away) =
            (written::end(bare), self.away(member).map(|why| away(&source, Some(why))));
        for other in self.others_in(room, member) {
            let line = if self.has(other, Capability::ExtendedJoin) { &extended } else { &bare };
            context.answer(other, line.clone());
            if let Some(away) = away.as_ref().filter(|_| self.has(other, Capability::AwayNotify)) {
                context.answer(other, away.clone());
            }
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

    /// Somebody came to a room, left it or is called otherwise through another server that shares it.
    pub(super) fn tell_elsewhere(&self, context: &mut Context<'_>, entry: &Entry) {
        let (host, channel) = (&self.settings.host, channel::of_room(&entry.room));
        let source = |name: &Name| written::source(name.as_str(), host);
        let line = match &entry.what {
            EntryKind::Joined { who } => format!(":{} JOIN {channel}", source(who)),
            EntryKind::Renamed { from, who } => format!(":{} NICK {who}", source(from)),
            EntryKind::Left { who, reason: LeaveReason::Removed { by, why } } => {
                kick(host, &channel, who.as_str(), by.as_ref(), why)
            }
            // They may be in other rooms still, of which is told there.
            EntryKind::Left { who, reason } => part(&source(who), &channel, reason),
            _ => return,
        };
        let line = written::end(line);
        for client in self.rooms.clients(&entry.room) {
            context.answer(client, line.clone());
        }
    }

    /// Clients in a room, but for one.
    pub(super) fn others_in(
        &self,
        room: &RoomName,
        but: MemberId,
    ) -> impl Iterator<Item = MemberId> {
        self.rooms.clients(room).filter(move |id| *id != but)
    }

    /// Somebody was asked to come by somebody: those who are there are told, where they have chosen to be.
    pub(super) fn tell_invitation(
        &self,
        context: &mut Context<'_>,
        room: &RoomName,
        by: &str,
        whom: &str,
    ) {
        let source = written::source(by, &self.settings.host);
        let channel = channel::of_room(room);
        let line = written::end(format!(":{source} INVITE {whom} {channel}"));
        let by = context.find(by).map(|info| info.id);
        for client in self.rooms.clients(room) {
            if Some(client) != by && self.has(client, Capability::InviteNotify) {
                context.answer(client, line.clone());
            }
        }
    }

    /// Somebody is away, or back.
    pub(super) fn tell_away(&self, context: &mut Context<'_>, member: MemberId) {
        let Some(name) = context.name(member) else { return };
        let source = written::source(name.as_str(), &self.settings.host);
        let line = away(&source, self.away(member));
        self.tell_of(context, member, Capability::AwayNotify, &line);
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
        for other in self.neighbours(context, member) {
            if self.has(other, capability) {
                context.answer(other, line);
            }
        }
    }

    /// The clients that share a channel with a member, or watch it and have chosen to be told more of whom they watch.
    pub(super) fn neighbours(&self, context: &Context<'_>, member: MemberId) -> HashSet<MemberId> {
        let Some(info) = context.member(member) else { return HashSet::new() };
        let mut told = HashSet::new();
        for room in info.rooms.iter().filter(|room| !context.is_quiet(room)) {
            told.extend(self.others_in(room, member));
        }
        if let Some(name) = &info.name {
            let watchers = self.watched.watchers(name);
            told.extend(watchers.filter(|id| self.has(*id, Capability::ExtendedMonitor)));
        }
        told.remove(&member);
        told
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

/// The line that tells that somebody is away, or back.
fn away(source: &str, why: Option<&str>) -> String {
    written::end(match why {
        Some(why) => format!(":{source} AWAY :{why}"),
        None => format!(":{source} AWAY"),
    })
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
