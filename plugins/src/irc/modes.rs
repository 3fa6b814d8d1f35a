//! What is done to rooms and people, by whatever front, is told to clients as `MODE`: rooms that are locked or hushed, bans and mutes, who keeps order.

use salotto::{Action, Context, MemberId, Role, RoomName};

use super::commands::{invite, oper};
use super::{Irc, channel, written};

/// What stands before the name of who keeps order.
pub(super) const SIGN: &str = "@";

/// Whether somebody of this role keeps order.
pub(super) fn is_marked(role: Role) -> bool {
    role >= Role::Moderator
}

impl Irc {
    /// Somebody did something.
    pub(super) fn tell_action(&mut self, context: &mut Context<'_>, action: &Action) {
        let switch =
            |is_on: bool, letter: char| format!("{}{letter}", if is_on { '+' } else { '-' });
        match (action.what.as_str(), &action.room) {
            ("lock" | "unlock", Some(room)) => {
                self.tell_mode(context, room, &action.by, &switch(action.what == "lock", 'i'));
            }
            ("hush", Some(room)) => {
                self.tell_mode(context, room, &action.by, &switch(action.why == "on", 'm'));
            }
            ("topic", Some(room)) => {
                if let Some(room) = self.rooms.find_mut(room) {
                    room.topic = Some((action.by.clone(), action.time));
                }
            }
            ("invite", Some(room)) => self.tell_invited(context, room, action),
            ("ban" | "unban" | "mute" | "unmute", _) => self.tell_banned(context, action),
            ("role", _) => self.look_at_role(context, action.whom.as_deref()),
            ("login" | "logout", _) => {
                oper::decided(self, context, action);
                self.look_at_role(context, Some(&action.by));
            }
            ("failed-login", _) => oper::decided(self, context, action),
            _ => {}
        }
    }

    /// Tells a room that something holds in it, or no more.
    fn tell_mode(&self, context: &mut Context<'_>, room: &RoomName, by: &str, change: &str) {
        let source = self.source_of(context, by);
        let line = written::end(format!(":{source} MODE {} {change}", channel::of_room(room)));
        for client in self.rooms.clients(room) {
            context.answer(client, line.clone());
        }
    }

    /// A ban holds in every room; it is shown where it was asked for by `MODE`.
    fn tell_banned(&self, context: &mut Context<'_>, action: &Action) {
        let by = context.find(&action.by).map(|info| info.id);
        let room = by.and_then(|by| self.clients.get(&by)?.mode_in.clone());
        let (Some(room), Some(whom)) = (room, &action.whom) else { return };
        let sign = if action.what.starts_with("un") { '-' } else { '+' };
        let letter = if action.what.ends_with("ban") { 'b' } else { 'q' };
        self.tell_mode(context, &room, &action.by, &format!("{sign}{letter} {}", mask_of(whom)));
    }

    /// Somebody was let into a locked room by a command: a client is told as IRC does.
    fn tell_invited(&mut self, context: &mut Context<'_>, room: &RoomName, action: &Action) {
        let whom = action.whom.as_deref().and_then(|whom| context.find(whom));
        if let Some((whom, name)) = whom.and_then(|info| Some((info.id, info.name?))) {
            let source = self.source_of(context, &action.by);
            let line = format!(":{source} INVITE {name} {}", channel::of_room(room));
            context.answer(whom, written::end(line));
            invite::remember(self, whom, room);
            self.tell_invitation(context, room, &action.by, name.as_str());
        }
    }

    /// Somebody may have another role now.
    fn look_at_role(&mut self, context: &mut Context<'_>, name: Option<&str>) {
        let Some(info) = name.and_then(|name| context.find(name)) else { return };
        let was = self.marked.get(&info.id).copied();
        let is = Some(info.role).filter(|role| is_marked(*role));
        if was == is {
            return;
        }
        self.mark(info.id, info.role);
        let (Some(name), host) = (&info.name, &self.settings.host) else { return };
        if was.is_some() != is.is_some() {
            let sign = if is.is_some() { '+' } else { '-' };
            for room in &info.rooms {
                self.tell_mode(context, room, host, &format!("{sign}o {name}"));
            }
        }
        let is_operator = |role: Option<Role>| role == Some(Role::Operator);
        if is_operator(was) != is_operator(is) && self.connections.contains_key(&info.id) {
            let sign = if is_operator(is) { '+' } else { '-' };
            let source = written::source(name.as_str(), host);
            context.answer(info.id, written::end(format!(":{source} MODE {name} :{sign}o")));
        }
    }

    /// Remembers who keeps order.
    pub(super) fn mark(&mut self, member: MemberId, role: Role) {
        match is_marked(role) {
            true => self.marked.insert(member, role),
            false => self.marked.remove(&member),
        };
    }

    /// Somebody who keeps order has come into a room: the others see it.
    pub(super) fn tell_marked(&self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        let name = self.marked.get(&member).and_then(|_| context.name(member)).cloned();
        let Some(name) = name else { return };
        let (host, channel) = (&self.settings.host, channel::of_room(room));
        let line = written::end(format!(":{host} MODE {channel} +o {name}"));
        for other in self.others_in(room, member) {
            context.answer(other, line.clone());
        }
    }

    /// Who stands before a line about what somebody did, who may be no member.
    fn source_of(&self, context: &Context<'_>, by: &str) -> String {
        let host = &self.settings.host;
        let name = context.find(by).and_then(|info| info.name);
        match name {
            Some(name) => written::source(name.as_str(), host),
            // Who can be written to, under that name.
            None if by == context.settings().server.operator_name => written::source(by, host),
            None => host.clone(),
        }
    }
}

/// Who is banned, by name, by address, or by a name with its address, as a mask.
pub(super) fn mask_of(whom: &str) -> String {
    let (name, address) = match whom.split_once(" (") {
        Some((name, address)) => (name, address.trim_end_matches(')')),
        None if whom.contains([':', '/']) || whom.parse::<std::net::IpAddr>().is_ok() => {
            ("*", whom)
        }
        None => (whom, "*"),
    };
    format!("{name}!*@{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_banned_is_told_as_a_mask() {
        for (whom, mask) in [
            ("bob", "bob!*@*"),
            ("10.0.0.7", "*!*@10.0.0.7"),
            ("10.0.0.0/8", "*!*@10.0.0.0/8"),
            ("2001:db8::/32", "*!*@2001:db8::/32"),
            ("bob (10.0.0.7)", "bob!*@10.0.0.7"),
        ] {
            assert_eq!(mask_of(whom), mask);
        }
    }
}
