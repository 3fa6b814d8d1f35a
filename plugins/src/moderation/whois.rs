//! Who somebody is, for those who moderate: `whois bob`.

use salotto::protocol::in_short;
use salotto::{Arg, Command, CommandError, Context, Hint, Invocation, MemberInfo, Reply, Role};

use crate::common::arguments::shown;
use crate::common::duration::moment;

pub(super) fn command() -> Command {
    Command::new("whois", "Shows who a user is, where they come from and who shares their address")
        .arg(Arg::member("name"))
        .role(Role::Moderator)
        .example("whois bob")
}

pub(super) fn run(context: &Context<'_>, invocation: &Invocation) -> Result<Reply, CommandError> {
    let name = invocation.text("name");
    let Some(member) = context.find(name) else {
        let hint = Hint::any(["users", "who"]).after(" lists users");
        return Err(CommandError::NotFound(format!("no user `{name}`{hint}")));
    };
    let address = member.peer.address();
    let shares = |other: &MemberInfo| {
        other.id != member.id && address.is_some() && other.peer.address() == address
    };
    let mut sharing: Vec<String> =
        context.members().iter().filter(|other| shares(other)).map(shown).collect();
    sharing.sort();
    let rooms: Vec<String> = member.rooms.iter().map(ToString::to_string).collect();
    Ok(Reply::fields([
        ("name", shown(&member)),
        ("account", member.account.clone().unwrap_or_else(|| "none".into())),
        ("role", member.role.to_string()),
        ("address", address.map_or("this program".into(), |address| address.to_string())),
        ("encrypted", if member.encrypted { "yes" } else { "no" }.to_owned()),
        ("connected since", moment(member.since)),
        ("idle", in_short(member.idle)),
        ("rooms", listed(&rooms)),
        ("same address", listed(&sharing)),
    ]))
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "none".into() } else { items.join(", ") }
}
