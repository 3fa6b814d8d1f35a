//! Who may act against whom.

use super::CommandError;
use crate::protocol::caller::Caller;
use crate::protocol::info::MemberInfo;
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
        let name = member.name.as_ref().map_or("somebody", |name| name.as_str());
        let a = if member.role == Role::Operator { "an" } else { "a" };
        let as_you = if member.role == self.role { " as you are" } else { "" };
        let text = format!("{name} is {a} {}{as_you}; ask the operator", member.role);
        Err(CommandError::Refused(text))
    }
}
