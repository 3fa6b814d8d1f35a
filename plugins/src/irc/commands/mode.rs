//! `MODE #channel [changes]`: what holds in a room, and is to hold. `MODE nick [changes]`: the same of oneself.
//!
//! | letter | is |
//! |---|---|
//! | `b MASK` | a ban, which holds on the whole server |
//! | `q MASK` | a mute, likewise |
//! | `i` | the room is locked, and hidden with it |
//! | `m` | the room is hushed: only moderators speak |
//! | `n`, `t` | hold everywhere: who is not inside says nothing, and moderators set the topic |
//! | `o NICK` | moderators and operators; that is the server's to give |

pub(super) mod lists;
mod own;

pub(in crate::irc) use own::{BOT, LETTERS as OWN_LETTERS};

use std::time::UNIX_EPOCH;

use salotto::{Request, RoomInfo};

use super::{Call, shown_nick};
use crate::irc::{channel, modes, numeric};

/// Most changes that one line may ask for.
pub(in crate::irc) const MOST: usize = 6;
/// The letters of channels, as they are told to whoever comes.
pub(in crate::irc) const LETTERS: &str = "bimnoqt";
/// The same by kind: lists, with a parameter always, when set, never.
pub(in crate::irc) const KINDS: &str = "bq,,,imnt";

/// The letters that have a parameter.
pub(in crate::irc) fn letters_with_parameter() -> String {
    let never = KINDS.rsplit(',').next().unwrap_or_default();
    LETTERS.chars().filter(|letter| !never.contains(*letter)).collect()
}

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
    let mut parameters = line.parameters[2..].iter().filter(|parameter| !parameter.is_empty());
    let mut unknown = Vec::new();
    for change in read(changes).take(MOST) {
        let Change { is_on, letter } = change;
        match letter {
            'b' | 'q' => match parameters.next() {
                Some(mask) => lists::change(call, &room, change, mask),
                None => lists::ask(call, &room, letter),
            },
            'o' => {
                if let Some(nick) = parameters.next() {
                    give_role(call, &room, nick);
                }
            }
            'i' | 'm' if !may_change(call, &room) => return,
            'i' | 'm' if is_on == holds(&room, letter) => {}
            'i' => command(call, &room, change, format!("{}lock {}", un(is_on), room.room)),
            'm' => {
                let switch = if is_on { "on" } else { "off" };
                command(call, &room, change, format!("hush {} {switch}", room.room));
            }
            'n' | 't' if is_on => {}
            'n' | 't' if !may_change(call, &room) => return,
            'n' | 't' => {
                let channel = channel::of_room(&room.room);
                let text = "that holds in every channel here";
                let letter = letter.to_string();
                call.numeric(numeric::BAD_MODE_PARAMETER, &[&channel, &letter, "*"], text);
            }
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

fn holds(room: &RoomInfo, letter: char) -> bool {
    if letter == 'i' { room.hidden } else { room.hushed }
}

/// What holds in a room.
fn tell(call: &mut Call<'_, '_>, room: &RoomInfo) {
    let channel = channel::of_room(&room.room);
    let mut modes = "+".to_owned();
    modes.extend(['i', 'm'].into_iter().filter(|letter| holds(room, *letter)));
    modes.push_str("nt");
    let since = call.irc.rooms.find(&room.room).map(|room| room.since);
    let since = since.and_then(|since| since.system_time().duration_since(UNIX_EPOCH).ok());
    let mut answers = call.answers();
    answers.add_plain(numeric::CHANNEL_MODE_IS, &[&channel, &modes]);
    if let Some(since) = since {
        answers.add_plain(numeric::CHANNEL_CREATED, &[&channel, &since.as_secs().to_string()]);
    }
    call.send(answers);
}

/// Whether the client is in a room and keeps order; it is told where it does not.
pub(super) fn may_change(call: &mut Call<'_, '_>, room: &RoomInfo) -> bool {
    let channel = channel::of_room(&room.room);
    if !call.context.is_in(call.member, &room.room) {
        call.numeric(numeric::NOT_ON_CHANNEL, &[&channel], "you are not in that channel");
        return false;
    }
    if !modes::is_marked(call.role()) {
        call.numeric(numeric::NOT_OPERATOR_HERE, &[&channel], "moderators do that here");
        return false;
    }
    true
}

/// Has a change done by the command for it. What comes of it is told with the channel and the letter.
pub(super) fn command(call: &mut Call<'_, '_>, room: &RoomInfo, change: Change, line: String) {
    let sign = if change.is_on { '+' } else { '-' };
    let about = format!("{} {sign}{}", channel::of_room(&room.room), change.letter);
    call.request(Request::Command { line, room: None }, &about);
}

/// Who keeps order is the server's to say: there is no operator of one channel.
fn give_role(call: &mut Call<'_, '_>, room: &RoomInfo, nick: &str) {
    let channel = channel::of_room(&room.room);
    if !call.context.is_in(call.member, &room.room) {
        let text = "you are not in that channel";
        return call.numeric(numeric::NOT_ON_CHANNEL, &[&channel], text);
    }
    let Some(info) = call.person(nick) else { return };
    if !call.context.is_in(info.id, &room.room) {
        let text = "they are not in that channel";
        return call.numeric(numeric::NOT_IN_CHANNEL, &[&shown_nick(nick), &channel], text);
    }
    let text = "who keeps order is said by the accounts of the server, not in a channel";
    call.numeric(numeric::NOT_OPERATOR_HERE, &[&channel], text);
}
