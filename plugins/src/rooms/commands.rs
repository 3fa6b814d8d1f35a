//! What moderators of a room can type.

mod listing;
mod people;
mod rules;

use salotto::{Arg, Command, CommandError, Context, Invocation, Reply, Role};

use super::Rooms;
use super::lists::List;
use super::people::Right;

type CommandResult = Result<Reply, CommandError>;

/// One for moderators, of a room at least.
fn of_room(path: &str, help: &str) -> Command {
    Command::new(path, help).role(Role::Moderator).of_room()
}

pub(super) fn commands() -> Vec<Command> {
    let named = |path: &str, help: &str| of_room(path, help).arg(Arg::room("room"));
    let person = |path: &str, help: &str| {
        of_room(path, help).arg(Arg::member("name")).arg(Arg::room("room").optional())
    };
    let listed = |path: &str, help: &str| {
        named(path, help)
            .arg(Arg::member("who"))
            .arg(Arg::word("duration").optional())
            .arg(Arg::text("reason").optional())
    };
    let unlisted = |path: &str, help: &str| named(path, help).arg(Arg::word("who"));
    vec![
        person("op", "Makes a user a moderator of this room, or of another").example("op bob dev"),
        person("deop", "Makes a user a moderator of a room no more").example("deop bob dev"),
        person("voice", "Lets a user speak while the room is hushed: this one, or another")
            .example("voice bob dev"),
        person("devoice", "Takes the voice of a user in a room back").example("devoice bob dev"),
        Command::new(
            "topic",
            "Sets the topic of a room where everybody may; without a text, clears it",
        )
        .arg(Arg::room("room"))
        .arg(Arg::text("text").optional())
        .in_person()
        .example("topic dev what we build"),
        of_room("room", "Shows what holds in this room, or in another")
            .arg(Arg::room("room").optional())
            .example("room dev"),
        named("room key", "Sets the word that who joins a room has to give")
            .arg(Arg::secret("key"))
            .example("room key dev swordfish"),
        named("room unkey", "Lets join without a key").example("room unkey dev"),
        named("room limit", "Sets how many may be in a room; 0 for no limit")
            .arg(Arg::number("count"))
            .example("room limit dev 20"),
        named("room hide", "Hides a room from those outside, or shows it again")
            .arg(Arg::choice("switch", &["on", "off"]))
            .example("room hide dev on"),
        named("room topic", "Says who may set the topic of a room")
            .arg(Arg::choice("who", &["moderators", "everybody"]))
            .example("room topic dev everybody"),
        listed("room ban", "Bans a name, a pattern, an address or a network from a room")
            .example("room ban dev bob 2h flooding")
            .example("room ban dev spam*")
            .example("room ban dev 192.0.2.7"),
        unlisted("room unban", "Removes a ban from a room").example("room unban dev bob"),
        named("room bans", "Lists who is banned from a room").example("room bans dev"),
        listed("room except", "Excepts somebody from the bans of a room")
            .example("room except dev bob"),
        unlisted("room unexcept", "Removes an exception from the bans of a room")
            .example("room unexcept dev bob"),
        named("room excepts", "Lists the exceptions of a room").example("room excepts dev"),
        listed("room admit", "Lets somebody join although a room is locked")
            .example("room admit dev b*"),
        unlisted("room unadmit", "Removes who may join although a room is locked")
            .example("room unadmit dev b*"),
        named("room admits", "Lists who may join although a room is locked")
            .example("room admits dev"),
    ]
}

pub(super) fn run(
    rooms: &mut Rooms,
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> CommandResult {
    match invocation.path.as_str() {
        "op" => people::give(rooms, context, invocation, Right::Moderator),
        "deop" => people::take(rooms, context, invocation, Right::Moderator),
        "voice" => people::give(rooms, context, invocation, Right::Voice),
        "devoice" => people::take(rooms, context, invocation, Right::Voice),
        "topic" => rules::topic(context, invocation),
        "room" => rules::show(rooms, context, invocation),
        "room key" => rules::set_key(context, invocation),
        "room unkey" => rules::clear_key(context, invocation),
        "room limit" => rules::limit(context, invocation),
        "room hide" => rules::hide(context, invocation),
        "room topic" => rules::open_topic(context, invocation),
        other => {
            let word = other.trim_start_matches("room ");
            if let Some(list) = word.strip_prefix("un").and_then(List::of) {
                return listing::remove(rooms, context, invocation, list);
            }
            if let Some(list) = List::of(word) {
                return listing::add(rooms, context, invocation, list);
            }
            match word.strip_suffix('s').and_then(List::of) {
                Some(list) => listing::all(rooms, context, invocation, list),
                None => Err(CommandError::Failed(format!("this plugin has no command `{other}`"))),
            }
        }
    }
}
