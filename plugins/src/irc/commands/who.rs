//! `WHO mask [o|%fields[,token]]`: who is in a channel, or whose nick a mask fits. With fields it is WHOX: <https://ircv3.net/specs/extensions/whox>.

use salotto::protocol::sanitize;
use salotto::{Context, MemberId, MemberInfo, Role, RoomName};

use super::Call;
use super::mode::BOT;
use crate::irc::capability::Capability;
use crate::irc::written::Answers;
use crate::irc::{Irc, channel, mask, modes, numeric};

/// Most people that one answer tells of; the list of a larger room ends there.
const MOST: usize = 500;

/// What is told of each, by its letter, in the order in which it stands.
const FIELDS: &str = "tcuihsnfdlaor";

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let asked = line.parameter(0).unwrap_or("*");
    let shown = sanitize::excerpt(asked, 128);
    // A parameter that is not the last has no spaces, and none begins with a colon.
    let shown = if shown.contains(' ') || shown.starts_with(':') { "*".into() } else { shown };
    let wanted = Wanted::read(line.parameter(1).unwrap_or_default());
    let Found { room, ids, more } = people(call, asked);
    let mut answers = call.answers();
    let host = call.connection.host();
    let has_all = call.irc.has(call.member, Capability::MultiPrefix);
    for id in ids {
        let person = Person::find(call.irc, call.context, host, id, room.as_ref(), has_all);
        let Some(person) = person else {
            continue;
        };
        if !wanted.operators_only || person.info.role == Role::Operator {
            person.tell(&wanted, &mut answers);
        }
    }
    let end = match more {
        0 => "end of the list".to_owned(),
        _ => format!("the list ends here; {more} more are there"),
    };
    answers.add(numeric::WHO_END, &[&shown], &end);
    call.send(answers);
}

/// Who is asked for.
#[derive(Default)]
struct Found {
    /// In which room, if in one.
    room: Option<RoomName>,
    /// At most [`MOST`].
    ids: Vec<MemberId>,
    /// How many more there are.
    more: usize,
}

fn people(call: &Call<'_, '_>, asked: &str) -> Found {
    let (irc, context, me) = (&*call.irc, &*call.context, call.member);
    if asked.starts_with('#') {
        let room = channel::to_room(asked).and_then(|room| context.room(&room));
        let Some(room) = room.filter(|room| context.sees(me, &room.room)) else {
            return Found::default();
        };
        let names = context.members_of(&room.room).unwrap_or_default();
        let told = names.iter().take(MOST).filter_map(|name| Some(context.find(name.as_str())?.id));
        let (ids, more) = (told.collect(), names.len().saturating_sub(MOST));
        return Found { room: Some(room.room), ids, more };
    }
    let asked = if asked == "0" { "*" } else { asked };
    if !mask::is_mask(asked) {
        let ids = context.find(asked).into_iter().map(|info| info.id).collect();
        return Found { ids, ..Found::default() };
    }
    let fits = |(id, name): &(MemberId, &salotto::Name)| {
        mask::fits(asked, name.as_str()) && may_find(irc, context, me, *id)
    };
    let mut ids: Vec<MemberId> = context.names().filter(fits).map(|(id, _)| id).collect();
    let more = ids.len().saturating_sub(MOST);
    ids.truncate(MOST);
    Found { room: None, ids, more }
}

/// Whether somebody may be found by who does not know their nick.
fn may_find(irc: &Irc, context: &Context<'_>, me: MemberId, other: MemberId) -> bool {
    let is_invisible = irc.clients.get(&other).is_some_and(|client| client.is_invisible);
    let shares = || {
        let rooms = context.member(other).map(|info| info.rooms).unwrap_or_default();
        rooms.iter().any(|room| context.is_in(me, room))
    };
    !is_invisible || me == other || shares()
}

/// Which fields are wanted.
struct Wanted<'l> {
    /// `None` where it is the usual line.
    fields: Option<&'l str>,
    token: &'l str,
    operators_only: bool,
}

impl<'l> Wanted<'l> {
    fn read(asked: &'l str) -> Self {
        let (flags, fields) = match asked.split_once('%') {
            Some((flags, fields)) => (flags, Some(fields)),
            None => (asked, None),
        };
        let (fields, token) =
            match fields.map(|fields| fields.split_once(',').unwrap_or((fields, "0"))) {
                Some((fields, token)) => (Some(fields), token),
                None => (None, "0"),
            };
        let is_token = (1..=3).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_digit());
        Self {
            fields,
            token: if is_token { token } else { "0" },
            operators_only: flags.contains('o'),
        }
    }
}

/// Somebody, as they are told of.
struct Person<'h> {
    info: MemberInfo,
    host: &'h str,
    nick: String,
    user: String,
    real_name: String,
    channel: String,
    flags: String,
}

impl<'h> Person<'h> {
    fn find(
        irc: &Irc,
        context: &Context<'_>,
        host: &'h str,
        id: MemberId,
        room: Option<&RoomName>,
        has_all: bool,
    ) -> Option<Self> {
        let info = context.member(id)?;
        let nick = info.name.as_ref()?.to_string();
        let (user, real_name) = irc.said_of_itself(id, &nick);
        let mut flags = if irc.away(id).is_some() { "G" } else { "H" }.to_owned();
        if info.role == Role::Operator {
            flags.push('*');
        }
        if irc.connections.get(&id).is_some_and(|known| known.is_bot()) {
            flags.push(BOT);
        }
        if let Some(room) = room {
            flags.push_str(modes::signs_in(context, id, room, has_all));
        }
        let channel = room.map_or("*".into(), channel::of_room);
        Some(Self { info, host, nick, user, real_name, channel, flags })
    }

    fn tell(&self, wanted: &Wanted<'_>, answers: &mut Answers<'_>) {
        let Some(fields) = wanted.fields else {
            let middle =
                [&*self.channel, &self.user, self.host, self.host, &self.nick, &self.flags];
            answers.add(numeric::WHO, &middle, &format!("0 {}", self.real_name));
            return;
        };
        let idle = self.info.idle.as_secs().to_string();
        let middle: Vec<&str> = FIELDS
            .chars()
            .filter(|field| fields.contains(*field))
            .filter_map(|field| match field {
                't' => Some(wanted.token),
                'c' => Some(&*self.channel),
                'u' => Some(&*self.user),
                'i' => Some("255.255.255.255"),
                'h' | 's' => Some(self.host),
                'n' => Some(&*self.nick),
                'f' => Some(&*self.flags),
                'd' => Some("0"),
                'l' => Some(&*idle),
                'a' => Some(self.info.account.as_deref().unwrap_or("0")),
                'o' => Some("n/a"),
                // The real name is the last one, since it may have spaces.
                _ => None,
            })
            .collect();
        match fields.contains('r') {
            true => answers.add(numeric::WHO_FIELDS, &middle, &self.real_name),
            false => answers.add_plain(numeric::WHO_FIELDS, &middle),
        };
    }
}
