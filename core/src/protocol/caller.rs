//! Who calls a command.

use crate::protocol::command::Command;
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;

/// Who calls a command.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Caller {
    /// What the caller may do.
    pub role: Role,
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
        Self { role, member: None, name: None, room: None }
    }

    /// The operator: the console, or code that holds a handle.
    pub fn operator(name: Name) -> Self {
        Self { name: Some(name), ..Self::new(Role::Operator) }
    }

    /// Whether this caller may run, and is offered, a command.
    pub fn can_call(&self, command: &Command) -> bool {
        self.role >= command.role && (!command.in_person || self.member.is_some())
    }
}
