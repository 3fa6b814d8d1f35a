//! `ISON nick …`: which of these are here. `USERHOST nick …`: the same, with where they come from, which is told of nobody.

use salotto::Role;

use super::Call;
use crate::irc::{numeric, written};

/// Most nicks that one line may ask for.
const MOST: usize = 50;
/// The same for `USERHOST`.
const MOST_HOSTS: usize = 5;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let asked = call.line.parameters.iter().flat_map(|asked| asked.split(' ')).take(MOST);
    let here = asked.filter_map(|nick| call.context.find(nick)?.name);
    let here = here.map(|name| name.to_string()).collect::<Vec<_>>().join(" ");
    call.numeric(numeric::IS_ON, &[], &here);
}

pub(super) fn hosts(call: &mut Call<'_, '_>) {
    let (irc, context, host) = (&*call.irc, &*call.context, call.connection.host());
    let asked = call.line.parameters.iter().take(MOST_HOSTS);
    let told = asked.filter_map(|nick| {
        let info = context.find(nick)?;
        let name = info.name?;
        let operator = if info.role == Role::Operator { "*" } else { "" };
        let here = if irc.away(info.id).is_some() { '-' } else { '+' };
        Some(format!("{name}{operator}={here}{name}@{host}"))
    });
    let told = told.collect::<Vec<_>>().join(" ");
    debug_assert!(told.len() < written::LONGEST * MOST_HOSTS);
    call.numeric(numeric::USER_HOST, &[], &told);
}
