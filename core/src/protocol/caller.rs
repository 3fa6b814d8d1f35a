//! Who calls a command.

use crate::protocol::command::Command;
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;

/// Who calls a command.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Caller {
    /// What the caller may do. In [`run_command`](crate::Plugin::run_command) of a command that concerns one room it is what they may do there.
    pub role: Role,
    /// The rooms in which they may do more than that, with what they may do there.
    pub rooms: Vec<(RoomName, Role)>,
    /// The member, unless it is the console or code.
    pub member: Option<MemberId>,
    /// The name under which it is done.
    pub name: Option<Name>,
    /// The room it is about: the one the line was typed in.
    pub room: Option<RoomName>,
}

impl Caller {
    /// Somebody with this role, who is no member and has no name: to ask what such a one may call.
    pub fn new(role: Role) -> Self {
        Self { role, rooms: Vec::new(), member: None, name: None, room: None }
    }

    /// The operator: the console, or code that holds a handle.
    pub fn operator(name: Name) -> Self {
        Self { name: Some(name), ..Self::new(Role::Operator) }
    }

    /// Whether this caller may run, and is offered, a command; one that concerns one room in some room at least.
    pub fn can_call(&self, command: &Command) -> bool {
        let in_a_room = || self.rooms.iter().any(|(_, role)| *role >= command.role);
        (self.role >= command.role || command.of_room && in_a_room())
            && (!command.in_person || self.member.is_some())
    }

    /// What they may do in a room.
    pub fn role_in(&self, room: &RoomName) -> Role {
        let there = self.rooms.iter().find(|(name, _)| name == room).map(|(_, role)| *role);
        there.map_or(self.role, |role| role.max(self.role))
    }
}
