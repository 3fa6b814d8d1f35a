//! Whom a member does not want to read.

use super::{Context, Effect};
use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;

impl Context<'_> {
    /// Lets a member be given no more messages of another, in rooms and in private, until it is [taken back](Self::unignore) or, without an account, leaves the server. Ids
    /// of what is skipped are missing in what a JSON client reads. Bounded: beyond [`MOST_IGNORED`](crate::plugin::MOST_IGNORED) nothing happens.
    pub fn ignore(&mut self, member: MemberId, who: MemberId) {
        self.push(Effect::Ignore { member, who });
    }

    /// Takes back that a member ignores who has, or had, this name.
    pub fn unignore(&mut self, member: MemberId, name: &Name) {
        self.push(Effect::Unignore { member, name: name.clone() });
    }

    /// Whom a member ignores, by the names they had.
    pub fn ignored(&self, member: MemberId) -> Vec<Name> {
        let member = self.state.roster.get(member);
        let list = member.and_then(|member| member.ignored.as_deref());
        list.map(|list| list.iter().map(|who| who.name.clone()).collect()).unwrap_or_default()
    }

    /// Whether a member ignores another.
    pub fn ignores(&self, member: MemberId, who: MemberId) -> bool {
        let name = self.name(who);
        let member = self.state.roster.get(member);
        member.zip(name).is_some_and(|(member, name)| member.ignores(Some(who), name))
    }
}
