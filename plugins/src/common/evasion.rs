//! What an address says of who comes from it.

use salotto::{Context, MemberInfo};

/// Whether nobody else is connected from the address of a member, so that it may stand for a person who comes back under another name. Where
/// others are, as in a class behind one router, it stands for nobody.
pub(crate) fn is_alone(context: &Context<'_>, member: &MemberInfo) -> bool {
    let network = member.peer.network();
    let shares = |other: &MemberInfo| other.id != member.id && other.peer.network() == network;
    !context.members().iter().any(shares)
}
