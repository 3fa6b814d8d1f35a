//! What is done to rooms and people, by whatever front, is told to clients as `MODE`: rooms that are locked or hushed, bans and mutes, who keeps order.

use std::collections::HashMap;

use salotto::{Action, Context, MemberId, Name, Role, RoomName};

use super::commands::{invite, oper};
use super::{Irc, channel, written};
use crate::common::rules::Rules;

/// Whether somebody of this role keeps order.
pub(super) fn is_marked(role: Role) -> bool {
    role >= Role::Moderator
}

/// What stands before a name in a channel: of who keeps order `@`, of who has a voice `+`; of who is both the first alone, unless the client reads both.
fn signs(keeps_order: bool, is_voiced: bool, has_all: bool) -> &'static str {
    match (keeps_order, is_voiced) {
        (true, true) if has_all => "@+",
        (true, _) => "@",
        (_, true) => "+",
        _ => "",
    }
}

/// What stands before somebody's name in a room.
pub(super) fn signs_in(
    context: &Context<'_>,
    member: MemberId,
    room: &RoomName,
    has_all: bool,
) -> &'static str {
    let keeps_order = is_marked(context.role_in(member, room));
    signs(keeps_order, context.is_voiced(member, room), has_all)
}

impl Irc {
    /// What stands before the names in a room that have something there; at a cost that has nothing to do with how many are in it.
    pub(super) fn signs<'c>(
        &self,
        context: &'c Context<'_>,
        room: &RoomName,
        has_all: bool,
    ) -> HashMap<&'c Name, &'static str> {
        let here = context.rights_in(room).map(|(id, ..)| id);
        let all = self.marked.keys().copied().chain(here);
        all.filter_map(|id| Some((context.name(id)?, signs_in(context, id, room, has_all))))
            .collect()
    }

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
            ("op" | "deop" | "voice" | "devoice", Some(room)) => {
                self.tell_right(context, room, action);
            }
            (what, Some(room)) if what.starts_with("room-") => {
                if let Some(change) = room_change(context, room, action) {
                    self.tell_mode(context, room, &action.by, &change);
                }
            }
            ("mute" | "unmute", _) => self.tell_banned(context, action),
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

    /// A mute holds in every room; it is shown where it was asked for by `MODE`.
    fn tell_banned(&self, context: &mut Context<'_>, action: &Action) {
        let by = context.find(&action.by).map(|info| info.id);
        let room = by.and_then(|by| self.clients.get(&by)?.mode_in.clone());
        let (Some(room), Some(whom)) = (room, &action.whom) else { return };
        let sign = if action.what.starts_with("un") { '-' } else { '+' };
        self.tell_mode(context, &room, &action.by, &format!("{sign}q {}", mask_of(whom)));
    }

    /// Somebody moderates a room or has a voice there from now on, or no more. Who keeps order on the whole server has the sign anyway.
    fn tell_right(&self, context: &mut Context<'_>, room: &RoomName, action: &Action) {
        let Some(info) = action.whom.as_deref().and_then(|whom| context.find(whom)) else { return };
        let letter = if action.what.ends_with("op") { 'o' } else { 'v' };
        let Some(name) = info.name.filter(|_| letter == 'v' || !is_marked(info.role)) else {
            return;
        };
        let sign = if action.what.starts_with("de") { '-' } else { '+' };
        self.tell_mode(context, room, &action.by, &format!("{sign}{letter} {name}"));
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
                if !context.moderates(info.id, room) {
                    self.tell_mode(context, room, host, &format!("{sign}o {name}"));
                }
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

    /// Somebody who keeps order, or has a voice, has come into a room: the others see it.
    pub(super) fn tell_marked(&self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        let Some(name) = context.name(member) else { return };
        let change = match signs_in(context, member, room, true) {
            "" => return,
            "@+" => format!("+ov {name} {name}"),
            "@" => format!("+o {name}"),
            _ => format!("+v {name}"),
        };
        let (host, channel) = (&self.settings.host, channel::of_room(room));
        let line = written::end(format!(":{host} MODE {channel} {change}"));
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

/// What was set in a room, as a change of its modes.
fn room_change(context: &Context<'_>, room: &RoomName, action: &Action) -> Option<String> {
    let whom = || mask_of(action.whom.as_deref().unwrap_or_default());
    let switch = |is_on: bool| if is_on { '+' } else { '-' };
    Some(match action.what.as_str() {
        "room-key" => format!("+k {}", Rules::of(context, room).key?),
        "room-unkey" => "-k *".to_owned(),
        "room-limit" if action.why == "0" => "-l".to_owned(),
        "room-limit" => format!("+l {}", action.why),
        "room-hide" => format!("{}s", switch(action.why == "on")),
        "room-topic" => format!("{}t", switch(action.why == "moderators")),
        "room-ban" => format!("+b {}", whom()),
        "room-unban" => format!("-b {}", whom()),
        "room-except" => format!("+e {}", whom()),
        "room-unexcept" => format!("-e {}", whom()),
        "room-admit" => format!("+I {}", whom()),
        "room-unadmit" => format!("-I {}", whom()),
        _ => return None,
    })
}

/// Who is banned, by name, by address, or by a name with its address, as a mask.
pub(super) fn mask_of(whom: &str) -> String {
    let (name, address) = match whom.split_once('@') {
        Some(both) => both,
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
            ("b*@10.0.0.7", "b*!*@10.0.0.7"),
            ("*", "*!*@*"),
        ] {
            assert_eq!(mask_of(whom), mask);
        }
    }
}
