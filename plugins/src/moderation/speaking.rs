//! Who may speak, and to whom: what a mute and slow mode say to a message.

use std::time::Duration;

use salotto::plugin::Target;
use salotto::{Context, MemberId, MemberInfo, Name, Role, RoomName};

use super::Moderation;
use crate::common::evasion::is_alone;

impl Moderation {
    /// Why a member may not send this now, if so.
    pub(super) fn refusal(
        &self,
        context: &Context<'_>,
        member: MemberId,
        from: &Name,
        target: &Target,
    ) -> Option<String> {
        let now = context.uptime();
        if let Some(mute) = self.mutes.of(member, now)
            && !mute.exempts(from, context.member(member)?.role)
            && !is_in_charge(context, target)
        {
            let terms = mute.terms(now);
            return Some(format!("you are muted {terms}; you can still write to a moderator"));
        }
        let Target::Room(room) = target else { return None };
        let wait = self.slow_wait(context, member, room)?;
        let seconds = wait.as_millis().div_ceil(1000);
        Some(format!("{room} is in slow mode; you can write again in {seconds}s"))
    }

    /// How long a member still has to wait in a room that is in slow mode; moderators need not.
    pub(super) fn slow_wait(
        &self,
        context: &Context<'_>,
        member: MemberId,
        room: &RoomName,
    ) -> Option<Duration> {
        if !self.slow.any() {
            return None;
        }
        let info = context.member(member)?;
        if context.role_in(member, room) >= Role::Moderator {
            return None;
        }
        self.slow.wait(room, &info, || stands_for(context, &info), context.uptime())
    }
}

/// Whether the address of a member may stand for it: the limits by address hold for it, and nobody else is connected from there.
pub(super) fn stands_for(context: &Context<'_>, member: &MemberInfo) -> bool {
    let limits = &context.settings().limits;
    let address = member.peer.address();
    address.is_some_and(|address| !limits.are_lifted_for(address)) && is_alone(context, member)
}

/// Whether the target is somebody whom muted users may write to: a moderator, or the operator.
fn is_in_charge(context: &Context<'_>, target: &Target) -> bool {
    let Target::Person(name) = target else { return false };
    match context.find(name.as_str()) {
        Some(member) => member.role >= Role::Moderator,
        None => true,
    }
}
