//! Who calls a command.

use crate::protocol::command::Command;
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;

/// Who calls a command.
#[derive(Debug, Clone, PartialEq)]
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
    /// The operator: the console, or code that holds a handle.
    pub fn operator(name: Name) -> Self {
        Self { role: Role::Operator, member: None, name: Some(name), room: None }
    }

    /// Whether this caller may run, and is offered, a command.
    pub fn can_call(&self, command: &Command) -> bool {
        self.role >= command.role && (!command.in_person || self.member.is_some())
    }
}
