//! Who may act against whom.

use super::CommandError;
use crate::protocol::caller::Caller;
use crate::protocol::info::MemberInfo;
use crate::protocol::name::Name;
use crate::protocol::role::Role;

impl Caller {
    /// Whether this caller may act against a member: kick, mute or ban them. Nobody may against themselves, nor against somebody whose
    /// role is as high as theirs. The console, code and plugins, which are no members, may.
    ///
    /// # Errors
    /// [`CommandError::Refused`], which says what the member is.
    pub fn may_act_against(&self, member: &MemberInfo) -> Result<(), CommandError> {
        if self.member.is_none() || self.member != Some(member.id) && self.role > member.role {
            return Ok(());
        }
        if self.member == Some(member.id) {
            return Err(CommandError::Refused("that would be yourself".into()));
        }
        Err(self.too_high(member.name.as_ref().map_or("somebody", Name::as_str), member.role))
    }

    /// The same against somebody who is not here, by the role of their account ([`Context::account_role`](crate::Context::account_role)).
    ///
    /// # Errors
    /// [`CommandError::Refused`], which says what the account is.
    pub fn may_act_against_account(&self, name: &Name, role: Role) -> Result<(), CommandError> {
        match self.member.is_none() || self.role > role {
            true => Ok(()),
            false => Err(self.too_high(name.as_str(), role)),
        }
    }

    fn too_high(&self, name: &str, role: Role) -> CommandError {
        let a = if role == Role::Operator { "an" } else { "a" };
        let as_you = if role == self.role { " as you are" } else { "" };
        CommandError::Refused(format!("{name} is {a} {role}{as_you}; ask the operator"))
    }
}
