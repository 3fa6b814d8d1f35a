//! `MODE #channel [changes]`: what holds in a room, and is to hold. `MODE nick [changes]`: the same of oneself.
//!
//! | letter | is |
//! |---|---|
//! | `b MASK`, `e MASK` | a ban from the room, and an exception from those |
//! | `I MASK` | who joins although the room is locked |
//! | `q MASK` | a mute, which holds on the whole server |
//! | `i` | the room is locked, and hidden with it |
//! | `k KEY`, `l COUNT` | the key of the room, and how many may be in it |
//! | `m` | the room is hushed: only moderators speak, and who has a voice |
//! | `n` | holds everywhere: who is not inside says nothing |
//! | `o NICK`, `v NICK` | who moderates the room, and who has a voice in it |
//! | `s` | the room is hidden |
//! | `t` | only moderators set the topic |

pub(super) mod lists;
mod own;
mod people;
mod settings;

pub(in crate::irc) use own::{BOT, LETTERS as OWN_LETTERS};

use std::time::UNIX_EPOCH;

use salotto::{Request, Role, RoomInfo};

use super::{Call, shown_nick};
use crate::common::rules::Rules;
use crate::irc::{channel, numeric};

/// Most changes that one line may ask for.
pub(in crate::irc) const MOST: usize = 6;
/// The letters of channels, as they are told to whoever comes.
pub(in crate::irc) const LETTERS: &str = "Ibeiklmnoqstv";
/// Those of them that have a parameter.
pub(in crate::irc) const WITH_PARAMETER: &str = "Ibekloqv";
/// The letters by kind, but for who has what: lists, with a parameter always, when set, never.
pub(in crate::irc) const KINDS: &str = "Ibeq,k,l,imnst";

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let name = line.parameter(0).unwrap_or_default();
    if !name.starts_with('#') {
        return own::run(call);
    }
    let Some(room) = call.room(name) else { return };
    if !call.context.sees(call.member, &room.room) {
        return call.numeric(numeric::NO_SUCH_CHANNEL, &[name], "there is no such channel");
    }
    let Some(changes) = line.parameter(1) else { return tell(call, &room) };
    call.irc.client(call.member).mode_in = Some(room.room.clone());
    let mut parameters = line.parameters[2..].iter().map(String::as_str);
    let mut unknown = Vec::new();
    for change in read(changes).take(MOST) {
        let Change { is_on, letter } = change;
        match letter {
            'b' | 'e' | 'I' | 'q' => match parameters.next().filter(|mask| !mask.is_empty()) {
                Some(mask) => lists::change(call, &room, change, mask),
                None => lists::ask(call, &room, letter),
            },
            'o' | 'v' => match parameters.next().filter(|nick| !nick.is_empty()) {
                Some(nick) => people::change(call, &room, change, nick),
                None => needs_parameter(call),
            },
            // Who is not there, or does not keep order, is told so once.
            'i' | 'k' | 'l' | 'm' | 'n' | 's' | 't' if !may_change(call, &room) => return,
            'k' => settings::key(call, &room, is_on, parameters.next()),
            'l' if is_on => settings::limit(call, &room, parameters.next()),
            'l' => settings::no_limit(call, &room),
            'i' | 'm' | 's' | 't' => settings::switch(call, &room, change),
            'n' if is_on => {}
            'n' => call.bad_mode(&room, 'n', "*", "that holds in every channel here"),
            letter if unknown.contains(&letter) => {}
            letter => {
                unknown.push(letter);
                let shown = if letter.is_ascii_graphic() && letter != ':' { letter } else { '?' };
                let text = "there is no such mode here";
                call.numeric(numeric::UNKNOWN_MODE, &[&shown.to_string()], text);
            }
        }
    }
}

/// One letter of a change.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) is_on: bool,
    pub(super) letter: char,
}

/// `+im-o` as its letters, each with its sign.
pub(super) fn read(changes: &str) -> impl Iterator<Item = Change> {
    let mut is_on = true;
    changes.chars().filter_map(move |letter| {
        match letter {
            '+' => is_on = true,
            '-' => is_on = false,
            letter => return Some(Change { is_on, letter }),
        }
        None
    })
}

fn un(is_on: bool) -> &'static str {
    if is_on { "" } else { "un" }
}

/// Whether a letter without a parameter holds in a room.
fn holds(room: &RoomInfo, rules: &Rules, letter: char) -> bool {
    match letter {
        'i' => room.locked,
        'm' => room.hushed,
        's' => rules.is_hidden,
        't' => !rules.has_open_topic,
        _ => true,
    }
}

/// What holds in a room. Its key is for those inside.
fn tell(call: &mut Call<'_, '_>, room: &RoomInfo) {
    let (channel, rules) = (channel::of_room(&room.room), call.rules(room));
    let mut modes = "+".to_owned();
    modes.extend("imnst".chars().filter(|letter| holds(room, &rules, *letter)));
    let mut parameters = Vec::new();
    if let Some(key) = &rules.key {
        modes.push('k');
        let is_inside = call.context.is_in(call.member, &room.room);
        parameters.push(if is_inside { key.clone() } else { "*".to_owned() });
    }
    if let Some(limit) = rules.limit {
        modes.push('l');
        parameters.push(limit.to_string());
    }
    let since = call.irc.rooms.find(&room.room).map(|room| room.since);
    let since = since.and_then(|since| since.system_time().duration_since(UNIX_EPOCH).ok());
    let mut answers = call.answers();
    let middle: Vec<&str> =
        [&*channel, &*modes].into_iter().chain(parameters.iter().map(String::as_str)).collect();
    answers.add_plain(numeric::CHANNEL_MODE_IS, &middle);
    if let Some(since) = since {
        answers.add_plain(numeric::CHANNEL_CREATED, &[&channel, &since.as_secs().to_string()]);
    }
    call.send(answers);
}

/// Whether the client is in a room and keeps order there; it is told where it does not.
pub(super) fn may_change(call: &mut Call<'_, '_>, room: &RoomInfo) -> bool {
    let channel = channel::of_room(&room.room);
    if !call.context.is_in(call.member, &room.room) {
        call.numeric(numeric::NOT_ON_CHANNEL, &[&channel], "you are not in that channel");
        return false;
    }
    if call.context.role_in(call.member, &room.room) < Role::Moderator {
        call.numeric(numeric::NOT_OPERATOR_HERE, &[&channel], "moderators do that here");
        return false;
    }
    true
}

/// Has a change done by the command for it. What comes of it is told with the channel and the letter.
pub(super) fn command(call: &mut Call<'_, '_>, room: &RoomInfo, change: Change, line: String) {
    let sign = if change.is_on { '+' } else { '-' };
    let about = format!("{} {sign}{}", channel::of_room(&room.room), change.letter);
    let room = Some(room.room.to_string());
    call.request(Request::Command { line, room }, &about);
}

fn needs_parameter(call: &mut Call<'_, '_>) {
    call.numeric(numeric::NEED_MORE_PARAMETERS, &["MODE"], "not enough parameters");
}

impl Call<'_, '_> {
    /// What holds in a room as the plugin `rooms` has it, if it is there.
    fn rules(&self, room: &RoomInfo) -> Rules {
        match self.context.has_command("room key", Role::Moderator) {
            true => Rules::of(self.context, &room.room),
            false => Rules::default(),
        }
    }

    /// The parameter of a mode cannot be that.
    fn bad_mode(&mut self, room: &RoomInfo, letter: char, parameter: &str, text: &str) {
        let (channel, letter) = (channel::of_room(&room.room), letter.to_string());
        let parameter = shown_nick(parameter);
        self.numeric(numeric::BAD_MODE_PARAMETER, &[&channel, &letter, &parameter], text);
    }
}
