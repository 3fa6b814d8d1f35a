//! `METADATA target GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC …`: what is said of a client or a channel by keys: <https://ircv3.net/specs/extensions/metadata>. Everybody says it of themselves, also before
//! they have a name; of a channel whoever may change its modes does. Moderators may take away what others say.

use std::collections::BTreeSet;

use salotto::{MemberId, RoomName};

use super::{Call, shown_nick};
use crate::irc::metadata::{
    Full, LONGEST_VALUE, MOST_KEYS, MOST_SUBSCRIPTIONS, Told, Values, Version, in_batch, is_key,
};
use crate::irc::numeric::Numeric;
use crate::irc::{channel, modes, numeric, written};

/// Most keys that one line may name.
const MOST: usize = 20;

/// Of whom or what something is said.
#[derive(Clone)]
enum Target {
    Own,
    Member(MemberId, String),
    Room(RoomName),
}

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let Some(command) = line.parameter(1).map(str::to_ascii_uppercase) else {
        let text = "not enough parameters";
        return call.numeric(numeric::NEED_MORE_PARAMETERS, &["METADATA"], text);
    };
    let asked = line.parameter(0).unwrap_or("*");
    let Some(target) = target(call, asked) else {
        let text = "there is nobody and no channel of this name that you may know of";
        return call.fail("INVALID_TARGET", &[&shown_nick(asked)], text);
    };
    let keys: Vec<&str> = line.parameters[2..].iter().map(String::as_str).take(MOST).collect();
    match command.as_str() {
        "GET" => get(call, &target, &keys),
        "LIST" => list(call, &target),
        "SET" => set(call, &target, line.parameter(2), line.parameter(3)),
        "CLEAR" => clear(call, &target),
        "SUB" => subscribe(call, &keys),
        "UNSUB" => unsubscribe(call, &keys),
        "SUBS" => {
            let subscribed = call.connection.metadata().subscribed.clone();
            tell_keys(call, numeric::METADATA_SUBSCRIBED, subscribed);
        }
        "SYNC" => sync(call, &target),
        _ => call.fail("SUBCOMMAND_INVALID", &[&shown_nick(&command)], "there is no such part"),
    }
}

/// Who or what is meant; before there is a name it can be but oneself.
fn target(call: &Call<'_, '_>, asked: &str) -> Option<Target> {
    if asked == "*" {
        return Some(Target::Own);
    }
    let context = &*call.context;
    if !call.is_named() {
        return None;
    }
    if let Some(room) = channel::to_room(asked) {
        let room = context.room(&room).filter(|room| context.sees(call.member, &room.room));
        return room.map(|room| Target::Room(room.room));
    }
    let info = context.find(asked)?;
    match info.id == call.member {
        true => Some(Target::Own),
        false => Some(Target::Member(info.id, info.name?.to_string())),
    }
}

/// What the target is called.
fn shown(call: &Call<'_, '_>, target: &Target) -> String {
    match target {
        Target::Own => call.nick(),
        Target::Member(_, name) => name.clone(),
        Target::Room(room) => channel::of_room(room),
    }
}

/// Looks at what is said of a target. Of who speaks no IRC nothing is.
fn look<T>(call: &Call<'_, '_>, target: &Target, look: impl FnOnce(&Values) -> T) -> T {
    let nothing = Values::default();
    match target {
        Target::Own => look(&call.connection.metadata().values),
        Target::Member(id, _) => match call.irc.connections.get(id) {
            Some(known) => look(&known.metadata().values),
            None => look(&nothing),
        },
        Target::Room(room) => look(call.irc.rooms.find(room).map_or(&nothing, |room| &room.values)),
    }
}

fn get(call: &mut Call<'_, '_>, target: &Target, keys: &[&str]) {
    let (host, nick, shown) = (call.connection.host(), call.nick(), shown(call, target));
    let lines: Vec<String> = look(call, target, |values| {
        let answer = |key: &&str| match is_key(key) {
            true => Told { target: &shown, key, value: values.get(key) }.answer(host, &nick),
            false => {
                let about = [shown_nick(key)];
                written::fail(host, "METADATA", "KEY_INVALID", &[&about[0]], NO_KEY)
            }
        };
        keys.iter().map(answer).collect()
    });
    call.context.answer(call.member, in_batch(call.connection, &shown, &lines));
}

const NO_KEY: &str = "a key is 1 to 64 of a-z, 0-9 and _ . / -";

fn list(call: &mut Call<'_, '_>, target: &Target) {
    let (host, nick, shown) = (call.connection.host(), call.nick(), shown(call, target));
    let lines: Vec<String> = look(call, target, |values| {
        let told = |(key, value)| Told { target: &shown, key, value: Some(value) };
        values.iter().map(told).map(|told| told.answer(host, &nick)).collect()
    });
    call.context.answer(call.member, in_batch(call.connection, &shown, &lines));
}

fn set(call: &mut Call<'_, '_>, target: &Target, key: Option<&str>, value: Option<&str>) {
    let Some(key) = key.filter(|key| is_key(key)) else {
        return call.fail("KEY_INVALID", &[&shown_nick(key.unwrap_or_default())], NO_KEY);
    };
    let shown = shown(call, target);
    if !may_set(call, target, value.is_none()) {
        let text = "that is not yours to say";
        return call.fail("KEY_NO_PERMISSION", &[&shown, key], text);
    }
    if value.is_some_and(|value| value.len() > LONGEST_VALUE || value.contains(char::is_control)) {
        let text = format!("a value is text of at most {LONGEST_VALUE} bytes");
        return match Version::of(&call.connection.capabilities) {
            Some(Version::Third) => call.fail("INVALID_VALUE", &[key], &text),
            _ => call.fail("VALUE_INVALID", &[], &text),
        };
    }
    if change(call, target, key, value).is_err() {
        let text = format!("at most {MOST_KEYS} keys can have a value; remove one first");
        return call.fail("LIMIT_REACHED", &[&shown], &text);
    }
    let told = Told { target: &shown, key, value };
    let answer = told.answer(call.connection.host(), &call.nick());
    call.context.answer(call.member, answer);
    tell(call, target, told);
}

fn clear(call: &mut Call<'_, '_>, target: &Target) {
    let shown = shown(call, target);
    if !may_set(call, target, true) {
        return call.fail("KEY_NO_PERMISSION", &[&shown, "*"], "that is not yours to say");
    }
    let keys: Vec<String> =
        look(call, target, |values| values.iter().map(|(key, _)| key.to_owned()).collect());
    let (host, nick, mut lines) = (call.connection.host(), call.nick(), Vec::new());
    for key in &keys {
        let told = Told { target: &shown, key, value: None };
        // What is removed has space.
        let _ = change(call, target, key, None);
        lines.push(told.answer(host, &nick));
        tell(call, target, told);
    }
    call.context.answer(call.member, in_batch(call.connection, &shown, &lines));
}

/// Whether the client may say something of a target, or have it said no more.
fn may_set(call: &Call<'_, '_>, target: &Target, removes: bool) -> bool {
    match target {
        Target::Own => true,
        Target::Member(..) => removes && modes::is_marked(call.role()),
        Target::Room(room) => {
            modes::is_marked(call.context.role_in(call.member, room))
                && call.context.is_in(call.member, room)
        }
    }
}

fn change(
    call: &mut Call<'_, '_>,
    target: &Target,
    key: &str,
    value: Option<&str>,
) -> Result<(), Full> {
    match target {
        Target::Own => call.connection.metadata().values.set(key, value),
        Target::Member(id, _) => match call.irc.connections.get(id) {
            Some(known) => known.metadata().values.set(key, value),
            None => Ok(()),
        },
        Target::Room(room) => match call.irc.rooms.find_mut(room) {
            Some(room) => room.values.set(key, value),
            None => Ok(()),
        },
    }
}

/// Tells others what is said now.
fn tell(call: &mut Call<'_, '_>, target: &Target, told: Told<'_>) {
    match target {
        Target::Own => call.irc.tell_value(call.context, call.member, told),
        Target::Member(id, _) => call.irc.tell_value(call.context, *id, told),
        Target::Room(room) => {
            call.irc.tell_value_of_room(call.context, room, call.member, told);
        }
    }
}

fn subscribe(call: &mut Call<'_, '_>, keys: &[&str]) {
    let (mut taken, mut refused) = (BTreeSet::new(), None);
    for key in keys {
        let mut metadata = call.connection.metadata();
        if !is_key(key) {
            refused = Some(("KEY_INVALID", shown_nick(key), NO_KEY.to_owned()));
            break;
        }
        let is_full = metadata.subscribed.len() >= MOST_SUBSCRIPTIONS;
        if is_full && !metadata.subscribed.contains(*key) {
            let text = format!("at most {MOST_SUBSCRIPTIONS} keys can be subscribed to");
            refused = Some(("TOO_MANY_SUBS", (*key).to_owned(), text));
            break;
        }
        metadata.subscribed.insert((*key).to_owned());
        taken.insert((*key).to_owned());
    }
    if !taken.is_empty() {
        tell_keys(call, numeric::METADATA_SUBSCRIBED_TO, taken);
    }
    if let Some((code, about, text)) = refused {
        call.fail(code, &[&about], &text);
    }
}

fn unsubscribe(call: &mut Call<'_, '_>, keys: &[&str]) {
    let keys: BTreeSet<String> =
        keys.iter().filter(|key| is_key(key)).map(|key| (*key).to_owned()).collect();
    call.connection.metadata().subscribed.retain(|known| !keys.contains(known));
    tell_keys(call, numeric::METADATA_UNSUBSCRIBED, keys);
}

/// Keys, as many to a line as fit.
fn tell_keys(call: &mut Call<'_, '_>, number: Numeric, keys: BTreeSet<String>) {
    let most = written::LONGEST / 2;
    let (mut answers, mut line, mut length) = (call.answers(), Vec::new(), 0);
    for key in &keys {
        if length + key.len() > most {
            answers.add_plain(number, &std::mem::take(&mut line));
            length = 0;
        }
        length += key.len() + 1;
        line.push(key.as_str());
    }
    answers.add_plain(number, &line);
    call.send(answers);
}

/// Tells all that the client has subscribed to, of a channel and who is in it, or of somebody.
fn sync(call: &mut Call<'_, '_>, target: &Target) {
    let Target::Room(room) = target else {
        let (host, nick, shown) = (call.connection.host(), call.nick(), shown(call, target));
        let version = Version::of(&call.connection.capabilities).unwrap_or(Version::Second);
        let keys = call.connection.metadata().subscribed.clone();
        let lines: Vec<String> = look(call, target, |values| {
            let told = values.of(&keys, &shown).into_iter();
            told.map(|told| told.news(version, host, &nick)).collect()
        });
        return call.context.answer(call.member, in_batch(call.connection, &shown, &lines));
    };
    if !call.context.is_in(call.member, room) {
        let shown = channel::of_room(room);
        return call.fail("INVALID_TARGET", &[&shown], "you are not in that channel");
    }
    call.irc.sync_room(call.context, call.member, room);
}
