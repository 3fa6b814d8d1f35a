//! The commands of moderators.

use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{
    Action, Arg, Command, CommandError, Context, Hint, Invocation, MemberInfo, Name, NoticeKind,
    Reply, Role, RoomName,
};

use super::Moderation;
use super::arguments::{banned, check_account, coming_from, person};
use super::ban::Ban;
use super::bans::{self, Banned, Change};
use super::locks::{self, Invited};
use super::mutes::{self, Mute};
use crate::common::arguments::{any_room, by, called, check_width, open_room, record, shown};
use crate::common::duration::{HumanDuration, HumanDurationError, moment};
use crate::common::terms::terms;
use salotto::Network;

/// The longest delay of slow mode.
const LONGEST_DELAY: HumanDuration = HumanDuration::seconds(24 * 60 * 60);

type CommandResult = Result<Reply, CommandError>;

pub(super) fn commands() -> Vec<Command> {
    let command = |path: &str, help: &str| Command::new(path, help).role(Role::Moderator);
    let with_terms = |command: Command| {
        command.arg(Arg::word("duration").optional()).arg(Arg::text("reason").optional())
    };
    vec![
        with_terms(
            command("ban", "Bans a name, an address or a network, for a time or permanently")
                .arg(Arg::member("who")),
        )
        .example("ban bob 2h flooding")
        .example("ban 192.0.2.7 7d")
        .example("ban 10.0.0.0/8 permanently"),
        with_terms(
            command("ban-address", "Bans a user and everybody who shares their address")
                .arg(Arg::member("name")),
        )
        .example("ban-address bob 30m flooding"),
        command("unban", "Removes a ban")
            .arg(Arg::word("who"))
            .example("unban bob")
            .example("unban 10.0.0.0/8"),
        command("bans", "Lists the bans"),
        with_terms(
            command("mute", "Mutes a user, who can read, but not write").arg(Arg::member("name")),
        )
        .example("mute bob 10m calm down, please"),
        command("unmute", "Removes a mute").arg(Arg::member("name")).example("unmute bob"),
        command("mutes", "Lists the mutes"),
        command("slow", "Sets the seconds that each member must wait between messages; 0 for none")
            .arg(Arg::room("room"))
            .arg(Arg::word("seconds"))
            .of_room()
            .example("slow lobby 10")
            .example("slow lobby 2m")
            .example("slow lobby 0"),
        command("lock", "Locks a room for all but invited users: this one, or another")
            .arg(Arg::room("room").optional())
            .of_room()
            .example("lock dev"),
        command("unlock", "Unlocks a room: this one, or another")
            .arg(Arg::room("room").optional())
            .of_room()
            .example("unlock dev"),
        command("invite", "Invites a user to a locked room: this one, or another")
            .arg(Arg::member("name"))
            .arg(Arg::room("room").optional())
            .of_room()
            .example("invite bob dev"),
    ]
}

pub(super) fn run(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    match invocation.path.as_str() {
        "ban" => ban(moderation, context, invocation),
        "ban-address" => ban_address(moderation, context, invocation),
        "unban" => unban(moderation, context, invocation),
        "bans" => Ok(list_bans(moderation, context.now())),
        "mute" => mute(moderation, context, invocation),
        "unmute" => unmute(moderation, context, invocation),
        "mutes" => Ok(list_mutes(moderation, context.uptime())),
        "slow" => slow(moderation, context, invocation),
        "lock" => lock(moderation, context, invocation),
        "unlock" => unlock(moderation, context, invocation),
        "invite" => invite(moderation, context, invocation),
        other => Err(CommandError::Failed(format!("this plugin has no command `{other}`"))),
    }
}

fn ban(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let (name, address, here) = match banned(context, invocation.text("who"))? {
        Banned::Name(name) => {
            let here = called(context, &name);
            // The list is easier to read with the name in its present spelling.
            let known = here.iter().find_map(|member| member.name.clone());
            (Some(known.unwrap_or(name)), None, here)
        }
        Banned::Network(network) => (None, Some(network), coming_from(context, network)),
    };
    add_ban(moderation, context, invocation, name, address, here)
}

fn ban_address(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let text = invocation.text("name");
    let Some(member) = context.find(text) else {
        return Err(CommandError::NotFound(format!(
            "no user `{text}`{}",
            Hint::new("ban 192.0.2.7").before("; give the address itself: ")
        )));
    };
    let shown = shown(&member);
    let Some(address) = member.peer.address() else {
        return Err(CommandError::Refused(format!(
            "{shown} is code in this program and has no address{}",
            Hint::new(format!("ban {shown}")).after(" bans the name")
        )));
    };
    if address.is_loopback() {
        return Err(CommandError::Refused(format!(
            "{shown} connects from this machine{}{}",
            Hint::new(format!("ban {shown}")).after(" bans the name"),
            Hint::new(format!("ban {address}")).before(", ").after(" everybody on it")
        )));
    }
    let network = Network::of_customer(address);
    let here = coming_from(context, network);
    add_ban(moderation, context, invocation, member.name, Some(network), here)
}

fn add_ban(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
    name: Option<Name>,
    address: Option<Network>,
    here: Vec<MemberInfo>,
) -> CommandResult {
    let caller = &invocation.caller;
    for member in &here {
        caller.may_act_against(member)?;
    }
    if let Some(name) = &name {
        check_account(context, caller, name)?;
    }
    if let Some(network) = &address {
        check_width(caller, network)?;
    }
    let (length, why) = terms(invocation, context.now())?;
    if moderation.bans.len() >= bans::MAX_BANS {
        return Err(CommandError::Refused(format!(
            "there are {} bans already; remove some{}",
            bans::MAX_BANS,
            Hint::new("unban").before(" with ")
        )));
    }
    let (by, until) = (by(context, caller), length.end(context.now()));
    let ban = Ban { name, address, until, by, why };
    let whom = ban.whom();
    let known = ban.name.clone();
    record(context, invocation, "ban", |action| {
        let action = action.whom(&whom).why(&ban.why);
        ban.until.into_iter().fold(action, Action::until)
    });
    let farewell = match ban.why.as_str() {
        "" => format!("banned {length}"),
        why => format!("banned {length}: {why}"),
    };
    moderation.change_bans(context, Change::Add(ban));
    for member in &here {
        context.kick(member.id, caller.name.as_ref(), farewell.clone());
    }
    let kept = match (moderation.writer.is_failing(), store_fails(context)) {
        (true, _) => format!(
            "; it is not kept when the server stops, because the bans cannot be saved{}",
            Hint::new("plugins moderation").after(" says why")
        ),
        (_, true) => format!(
            "; it may not be kept when the server stops, because the database cannot be written{}",
            Hint::new("status").after(" says why")
        ),
        _ => String::new(),
    };
    let done = match (here.len(), known, address) {
        (0, Some(name), None) => {
            format!("no user `{name}` is connected; the name is banned {length}")
        }
        (_, _, None) => format!("{whom} is banned {length}{}", offer(context, &here)),
        (0, ..) => format!("{whom} is banned {length}; nobody is connected from there"),
        (1, ..) => format!("{whom} is banned {length}; 1 user was disconnected"),
        (count, ..) => format!("{whom} is banned {length}; {count} users were disconnected"),
    };
    Ok(Reply::Text(done + &kept))
}

/// Whether what is kept now may be lost.
fn store_fails(context: &Context<'_>) -> bool {
    context.store().is_some_and(|store| store.status().trouble.is_some())
}

/// What else may be done about somebody whose name was banned: their address, and who else would be out with it.
fn offer(context: &Context<'_>, here: &[MemberInfo]) -> String {
    let limits = &context.settings().limits;
    let address = here.iter().find_map(|member| member.peer.address());
    let Some(address) = address.filter(|&address| !limits.are_lifted_for(address)) else {
        return String::new();
    };
    let network = Network::of_customer(address);
    let others = coming_from(context, network);
    let others = others.iter().filter(|other| here.iter().all(|banned| banned.id != other.id));
    let others = match others.count() {
        0 => "from which nobody else is connected".to_owned(),
        1 => "with 1 other user".to_owned(),
        count => format!("with {count} other users"),
    };
    Hint::new(format!("ban {network}"))
        .after(format!(" bans the address too, {others}"))
        .to_string()
}

fn unban(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let text = invocation.text("who");
    let banned = banned(context, text)?;
    let found: Vec<String> = moderation.bans.of_banned(&banned).map(Ban::whom).collect();
    if found.is_empty() {
        let around = match &banned {
            Banned::Name(_) => None,
            Banned::Network(network) => {
                let wider = moderation.bans.iter().filter_map(|ban| ban.address);
                wider.into_iter().find(|wider| wider.is_around(network))
            }
        };
        return Err(CommandError::NotFound(match around {
            Some(wider) => {
                let hint = Hint::new(format!("unban {wider}"));
                format!("`{text}` is part of {wider}, which is banned{hint}")
            }
            None => {
                format!("`{text}` is not banned{}", Hint::new("bans").after(" lists the bans"))
            }
        }));
    }
    moderation.change_bans(context, Change::Remove(banned));
    let whom = found.join(", ");
    record(context, invocation, "unban", |action| action.whom(&whom));
    Ok(Reply::Text(format!("removed the ban of {whom}")))
}

fn list_bans(moderation: &Moderation, now: Timestamp) -> Reply {
    let rows = moderation
        .bans
        .iter()
        .filter(|ban| ban.is_in_force(now))
        .map(|ban| {
            [
                ban.name.as_ref().map(Name::to_string).unwrap_or_default(),
                ban.address.map(|address| address.to_string()).unwrap_or_default(),
                ban.until.map_or("permanently".into(), moment),
                ban.by.clone(),
                ban.why.clone(),
            ]
        })
        .collect();
    table(rows, "nobody is banned")
}

fn mute(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let caller = &invocation.caller;
    let name = person(context, invocation.text("name"))?;
    let here = called(context, &name);
    for member in &here {
        caller.may_act_against(member)?;
    }
    check_account(context, caller, &name)?;
    let (length, why) = terms(invocation, context.now())?;
    if moderation.mutes.len() >= mutes::MAX_MUTES {
        return Err(CommandError::Refused(format!(
            "there are {} mutes already; remove some{}",
            mutes::MAX_MUTES,
            Hint::new("unmute").before(" with ")
        )));
    }
    let name = here.iter().find_map(|member| member.name.clone()).unwrap_or(name);
    let address = here.iter().find_map(|member| member.peer.address());
    let address = address
        .filter(|&address| {
            moderation.settings.mute_addresses && !context.settings().limits.are_lifted_for(address)
        })
        .map(Network::of_customer);
    let until = length.end(context.now());
    let lasts = length.lasts(context.now());
    let ends = lasts.map(|lasts| context.uptime() + lasts);
    record(context, invocation, "mute", |action| {
        let action = action.whom(name.as_str()).why(&why);
        until.into_iter().fold(action, Action::until)
    });
    for member in &here {
        let reason = if why.is_empty() { String::new() } else { format!(": {why}") };
        let text = format!("you are muted {length}{reason}");
        context.notice_to(member.id, text, NoticeKind::Info);
    }
    let reply = match here.is_empty() {
        true => format!("no user `{name}` is connected; the name is muted {length}"),
        false => format!("{name} is muted {length}"),
    };
    let mute = Mute { name, address, ends, lasts, until, by: by(context, caller), why };
    moderation.mutes.add(mute, here.iter().map(|member| member.id));
    moderation.set_expiry_timer(context);
    Ok(Reply::Text(reply))
}

fn unmute(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let text = invocation.text("name");
    let name = person(context, text)?;
    let here = context.find(name.as_str()).map(|member| member.id);
    if here.is_some() && here == invocation.caller.member {
        return Err(CommandError::Refused(
            "you cannot unmute yourself; ask another moderator".into(),
        ));
    }
    if moderation.mutes.release(&name, here).is_none() {
        let text = format!("`{text}` is not muted{}", Hint::new("mutes").after(" lists the mutes"));
        return Err(CommandError::NotFound(text));
    }
    moderation.set_expiry_timer(context);
    if let Some(member) = here {
        context.notice_to(member, "you are no longer muted", NoticeKind::Info);
    }
    record(context, invocation, "unmute", |action| action.whom(name.as_str()));
    Ok(Reply::Text(format!("{name} is no longer muted")))
}

fn list_mutes(moderation: &Moderation, now: Duration) -> Reply {
    let rows = moderation
        .mutes
        .iter()
        .filter(|mute| mute.is_in_force(now))
        .map(|mute| {
            [
                mute.name.to_string(),
                mute.address.map(|address| address.to_string()).unwrap_or_default(),
                mute.until.map_or("permanently".into(), moment),
                mute.by.clone(),
                mute.why.clone(),
            ]
        })
        .collect();
    table(rows, "nobody is muted")
}

fn slow(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let room = open_room(context, invocation)?;
    let delay = delay(invocation.text("seconds"))?;
    moderation.slow.set(&room, delay.map_or(Duration::ZERO, HumanDuration::duration));
    let state = match delay {
        None => "off".to_owned(),
        Some(delay) => format!("on: one message every {delay} from each member"),
    };
    let why = delay.map_or("0s".to_owned(), |delay| delay.to_string());
    record(context, invocation, "slow", |action| action.room(&room).why(why));
    context.notice(&room, format!("slow mode is {state}"), NoticeKind::Info);
    Ok(Reply::Text(format!("slow mode in {room} is {state}")))
}

/// The delay of slow mode, in seconds or with a unit, as it is printed; `None` for none.
fn delay(text: &str) -> Result<Option<HumanDuration>, CommandError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let written = if is_number { format!("{text}s") } else { text.to_owned() };
    match written.parse::<HumanDuration>() {
        Ok(delay) if delay <= LONGEST_DELAY => Ok(Some(delay)),
        Err(HumanDurationError::TooShort(_)) => Ok(None),
        Ok(_) | Err(HumanDurationError::TooLong(_)) => Err(CommandError::Refused(format!(
            "the longest delay is {LONGEST_DELAY}; choose a shorter one"
        ))),
        Err(_) => Err(CommandError::Refused(format!(
            "`{text}` is not a delay; write seconds, such as 10, or a duration, such as 2m"
        ))),
    }
}

fn lock(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let room = open_room(context, invocation)?;
    let present = context.members_of(&room).unwrap_or_default();
    let inside = present.iter().filter_map(|name| context.find(name.as_str()));
    let inside: Vec<Invited> = inside.map(|member| Invited::member(&member)).collect();
    if !moderation.locks.lock(&room, inside, Some(context.now())) {
        let text = format!("{room} is locked already{}", inviting(&room));
        return Err(CommandError::Refused(text));
    }
    // A name would be nobody's for as long as the room is remembered.
    let who = invocation.caller.member.and_then(|member| context.member(member));
    if who.is_some_and(|who| who.role < Role::Moderator && who.account.is_none()) {
        moderation.locks.pass_with(&room);
    }
    locks::show(context, &room, true);
    record(context, invocation, "lock", |action| action.room(&room));
    context.notice(&room, "this room is locked: only invited users can join", NoticeKind::Changed);
    Ok(Reply::Text(format!("{room} is locked{}", inviting(&room))))
}

/// How somebody is let into a locked room.
fn inviting(room: &RoomName) -> Hint {
    Hint::new(format!("invite NAME {room}")).after(" invites a user")
}

fn unlock(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let room = any_room(context, invocation)?;
    if !moderation.locks.unlock(&room) {
        return Err(CommandError::Refused(format!("{room} is not locked")));
    }
    locks::show(context, &room, false);
    record(context, invocation, "unlock", |action| action.room(&room));
    context.notice(&room, "this room is open to everybody again", NoticeKind::Changed);
    Ok(Reply::Text(format!("{room} is open to everybody again")))
}

fn invite(
    moderation: &mut Moderation,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    let room = any_room(context, invocation)?;
    let name = person(context, invocation.text("name"))?;
    if !moderation.locks.is_locked(&room) {
        let text = format!("{room} is not locked; everybody can join it");
        return Err(CommandError::Refused(text));
    }
    let here = context.find(name.as_str());
    let name = here.as_ref().and_then(|member| member.name.clone()).unwrap_or(name);
    let state = if here.is_some() { "is not logged in" } else { "is not connected" };
    // Where the name is that of an account, its owner is meant, and not who only has it at the moment.
    let has_account = context.account_role(&name).is_some();
    let is_meant = |info: &MemberInfo| !has_account || info.account.is_some();
    let member = here.filter(is_meant);
    moderation.locks.invite(
        &room,
        match &member {
            Some(member) => Invited::member(member),
            None => Invited::account(name.as_str()),
        },
    );
    let by = by(context, &invocation.caller);
    if let Some(member) = &member {
        context.notice_to(
            member.id,
            format!("{by} invites you to {room}{}", Hint::new(format!("join {room}")).before(": ")),
            NoticeKind::Changed,
        );
    }
    record(context, invocation, "invite", |action| action.whom(name.as_str()).room(&room));
    Ok(Reply::Text(match member {
        Some(_) => format!("{name} can join {room} now"),
        None => {
            format!("{name} {state}; who logs in to the account `{name}` can join {room}")
        }
    }))
}

fn table(rows: Vec<[String; 5]>, none: &str) -> Reply {
    match rows.is_empty() {
        true => Reply::text(none),
        false => Reply::table(["name", "address", "until", "by", "reason"], rows),
    }
}
