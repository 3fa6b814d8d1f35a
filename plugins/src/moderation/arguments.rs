//! Parses the arguments of the commands: who and where.

use salotto::{Caller, CommandError, Context, MemberInfo, Name, Network};

use super::bans::Banned;
use crate::common::arguments::{look_alike, looks_like_address, network};

/// The target of a ban: what looks like an address or a network is one, or a mistake.
pub(super) fn banned(context: &Context<'_>, text: &str) -> Result<Banned, CommandError> {
    if looks_like_address(text) {
        let network = network(text).map_err(|error| CommandError::Refused(format!("{error}")));
        return network.map(Banned::Network);
    }
    person(context, text).map(Banned::Name)
}

/// Whether a caller may act against the account of this name, whose owner need not be here.
pub(super) fn check_account(
    context: &Context<'_>,
    caller: &Caller,
    name: &Name,
) -> Result<(), CommandError> {
    match context.account_role(name) {
        Some(role) => caller.may_act_against_account(name, role),
        None => Ok(()),
    }
}

/// A name that somebody has or could have, except the operator's.
pub(super) fn person(context: &Context<'_>, text: &str) -> Result<Name, CommandError> {
    let settings = context.settings();
    let name = Name::new(text, settings.limits.name_bounds()).map_err(|error| {
        CommandError::NotFound(format!("`{text}` is not a valid name: {error}"))
    })?;
    let operator_name = Name::new(&settings.server.operator_name, settings.limits.name_bounds());
    if operator_name.is_ok_and(|operator_name| look_alike(&name, &operator_name)) {
        return Err(CommandError::Refused(format!("`{name}` is the operator of this server")));
    }
    Ok(name)
}

/// The members who connect from an address or a network, longest connected first.
pub(super) fn coming_from(context: &Context<'_>, network: Network) -> Vec<MemberInfo> {
    let is_from = |member: &MemberInfo| {
        member.peer.address().is_some_and(|address| network.contains(address))
    };
    let mut here: Vec<MemberInfo> = context.members().into_iter().filter(is_from).collect();
    here.sort_by_key(|member| member.id);
    here
}
