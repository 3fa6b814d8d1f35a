//! `!ignore NAME`: somebody whom one does not want to read.

use salotto::plugin::MOST_IGNORED;
use salotto::{Arg, Command, CommandError, Context, Hint, Invocation, MemberId, Name, Reply, Role};

pub(super) fn commands() -> Vec<Command> {
    vec![
        Command::new("ignore", "Hides the messages of a user from you; without a name, lists whom")
            .arg(Arg::member("name").optional())
            .in_person()
            .example("ignore eve"),
        Command::new("unignore", "Shows the messages of a user to you again")
            .arg(Arg::member("name"))
            .in_person()
            .example("unignore eve"),
    ]
}

pub(super) fn ignore(
    context: &mut Context<'_>,
    member: MemberId,
    invocation: &Invocation,
) -> Result<Reply, CommandError> {
    let ignored = context.ignored(member);
    let Some(name) = invocation.get("name") else {
        return Ok(Reply::text(match &ignored[..] {
            [] => "you ignore nobody".to_owned(),
            names => format!("you ignore {}", listed(names)),
        }));
    };
    let Some(who) = context.find(name) else {
        let hint = Hint::any(["users", "who"]).after(" lists users");
        return Err(CommandError::NotFound(format!("no user `{name}`{hint}")));
    };
    let name = who.name.as_ref().map_or(name, Name::as_str).to_owned();
    let refused = |text: String| Err(CommandError::Refused(text));
    if who.id == member {
        return refused("that would be yourself".into());
    }
    if who.role >= Role::Moderator {
        return refused(format!("{name} is a {}, whom everybody reads", who.role));
    }
    if ignored.len() >= MOST_IGNORED {
        let hint = Hint::new("unignore NAME").after(" takes one back");
        return refused(format!("you ignore {MOST_IGNORED} users, which is the limit{hint}"));
    }
    context.ignore(member, who.id);
    let hint = Hint::new(format!("unignore {name}")).after(" takes it back");
    let has_account = context.member(member).is_some_and(|info| info.account.is_some());
    Ok(Reply::text(match has_account {
        true => format!("you ignore {name}{hint}"),
        false => format!("you ignore {name} until you leave the server{hint}"),
    }))
}

pub(super) fn unignore(
    context: &mut Context<'_>,
    member: MemberId,
    invocation: &Invocation,
) -> Result<Reply, CommandError> {
    let typed = invocation.text("name");
    // By the name that they have now, or by the one that they had then.
    let now = context.find(typed).filter(|who| context.ignores(member, who.id));
    let former = typed.parse::<Name>().ok().and_then(|typed| former_name(context, member, &typed));
    let names: Vec<Name> = now.and_then(|who| who.name).into_iter().chain(former).collect();
    if names.is_empty() {
        return Err(CommandError::NotFound(format!("you do not ignore `{typed}`")));
    }
    for name in &names {
        context.unignore(member, name);
    }
    Ok(Reply::text(format!("you read {typed} again")))
}

/// The name of somebody who is ignored, as it was then, that this one would pass for.
fn former_name(context: &Context<'_>, member: MemberId, typed: &Name) -> Option<Name> {
    let keys = typed.keys();
    let mut ignored = context.ignored(member).into_iter();
    ignored.find(|name| name.keys().iter().any(|key| keys.contains(key)))
}

fn listed(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}
