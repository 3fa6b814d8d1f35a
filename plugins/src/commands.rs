//! `commands`: the usual commands of members: `!help`, `!who`, `!rooms`, `!join`, `!leave`, `!nick`, `!msg`, `!me`, `!ignore`
//! and `!unignore`.
//!
//! ```ron
//! (who_names: 20)
//! ```

mod ignore;

use salotto::protocol::MessageKind;
use salotto::{
    Arg, Caller, Command, CommandError, Context, Hint, Invocation, Limits, MemberId, Name, Plugin,
    Reply, Role, RoomName, command,
};
use serde::Deserialize;

use crate::common::rules::Rules;

/// How long answers are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommandSettings {
    /// How many names `!who` lists before it only counts the others; `None` lists all. Default 50 names.
    pub who_names: Option<usize>,
}

/// The plugin.
#[derive(Debug, Default)]
pub struct Commands {
    settings: CommandSettings,
}

impl Default for CommandSettings {
    fn default() -> Self {
        Self { who_names: Some(50) }
    }
}

impl Commands {
    /// The plugin with these settings.
    pub fn new(settings: CommandSettings) -> Self {
        Self { settings }
    }

    fn who(&self, context: &Context<'_>, invocation: &Invocation) -> Result<Reply, CommandError> {
        let room = match (invocation.get("room"), &invocation.caller.room) {
            (Some(text), _) => room_named(text, &context.settings().limits)?,
            (None, Some(room)) => room.clone(),
            (None, None) => {
                let hint = Hint::new("who ROOM").after(" names one");
                return Err(CommandError::Refused(format!("you are in no room{hint}")));
            }
        };
        let Some(members) = context.members_of(&room) else {
            return Err(no_room(room.as_str()));
        };
        // In the spelling that it has here.
        let room = context.room(room.as_str()).map_or(room, |info| info.room);
        if invocation.caller.member.is_some_and(|member| !context.sees(member, &room)) {
            let text = format!("`{room}` is locked; only those inside see who is there");
            return Err(CommandError::Refused(text));
        }
        let limit = self.settings.who_names.unwrap_or(usize::MAX);
        let names: Vec<&str> = members.iter().take(limit).map(Name::as_str).collect();
        let (count, more) = (members.len(), members.len() - names.len());
        let mut text = format!("{count} in {room}");
        if !names.is_empty() {
            text.push_str(": ");
            text.push_str(&names.join(", "));
            if more > 0 {
                text.push_str(&format!(" and {more} more"));
            }
        }
        Ok(Reply::Text(text))
    }
}

impl Plugin for Commands {
    fn commands(&self) -> Vec<Command> {
        vec![
            // The console has its own; this one is also for code that holds a handle.
            Command::new("help", "Lists the commands, or explains one")
                .alias("?")
                // Also before a name is given: what can be typed then is little, and good to know.
                .role(Role::Guest)
                .arg(Arg::command("command").optional())
                .example("help msg"),
            Command::new("who", "Lists who is in this room, or in another")
                .alias("names")
                .arg(Arg::room("room").optional())
                .example("who lobby")
                .in_person(),
            Command::new("rooms", "Lists the rooms with their topics").in_person(),
            Command::new("join", "Joins a room; what you type goes to the room joined last")
                .arg(Arg::room("room"))
                .arg(Arg::word("key").optional())
                .example("join dev")
                .in_person(),
            Command::new("leave", "Leaves this room, or another")
                .alias("part")
                .arg(Arg::room("room").optional())
                .example("leave dev")
                .in_person(),
            Command::new("nick", "Changes your name")
                .alias("name")
                .arg(Arg::word("name"))
                .example("nick countess")
                .in_person(),
            Command::new("msg", "Sends a private message")
                .alias("tell")
                .alias("whisper")
                .arg(Arg::member("name"))
                .arg(Arg::text("text"))
                .example("msg bob are you coming?")
                .in_person(),
            Command::new("me", "Sends what you do, as in `** ada waves`")
                .arg(Arg::text("text"))
                .example("me waves")
                .in_person(),
        ]
        .into_iter()
        .chain(ignore::commands())
        .collect()
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        if invocation.path == "help" {
            return help(context, invocation);
        }
        let Some(member) = invocation.caller.member else {
            return Err(CommandError::Refused("only a connected user can do this".into()));
        };
        let room = invocation.caller.room.as_ref();
        match invocation.path.as_str() {
            "who" => return self.who(context, invocation),
            "rooms" => return Ok(rooms(context, member)),
            "ignore" => return ignore::ignore(context, member, invocation),
            "unignore" => return ignore::unignore(context, member, invocation),
            "join" => match invocation.get("key") {
                Some(key) => {
                    check_key_is_wanted(context, invocation, key)?;
                    context.join_with(member, invocation.text("room"), key);
                }
                None => context.join(member, invocation.text("room")),
            },
            "leave" => {
                let room = match invocation.get("room") {
                    Some(room) => room,
                    None => here(room)?.as_str(),
                };
                context.leave(member, Some(room));
            }
            "nick" => context.rename(member, invocation.text("name")),
            "msg" => context.direct(member, invocation.text("name"), invocation.text("text")),
            "me" => {
                context.say(member, Some(here(room)?), invocation.text("text"), MessageKind::Act);
            }
            other => {
                return Err(CommandError::Failed(format!("this plugin has no command `{other}`")));
            }
        }
        Ok(Reply::Done)
    }
}

/// What stands behind the name of a room that has no key was meant as a part of the name.
fn check_key_is_wanted(
    context: &Context<'_>,
    invocation: &Invocation,
    key: &str,
) -> Result<(), CommandError> {
    let room = invocation.text("room");
    let known = room.trim_start_matches('#').parse::<RoomName>().ok();
    let known = context.room(room).map(|info| info.room).or(known);
    if known.is_some_and(|room| Rules::of(context, &room).key.is_some()) {
        return Ok(());
    }
    let together = format!("{}_{key}", excerpt(room));
    let advice = RoomName::new(&together, context.settings().limits.room_name_bounds());
    let advice = advice.map(|name| format!("; try `{name}`")).unwrap_or_default();
    Err(CommandError::Refused(format!("room names have no spaces{advice}")))
}

/// Lists the commands that the caller may use, or explains one and those below it.
fn help(context: &Context<'_>, invocation: &Invocation) -> Result<Reply, CommandError> {
    let caller = &invocation.caller;
    let prefix = if caller.member.is_some() { "!" } else { "" };
    let commands = callable(context, caller);
    let Some(asked) = invocation.get("command") else {
        let lines = commands
            .into_iter()
            .map(|command| (format!("{prefix}{}", command.usage()), command.help));
        return Ok(Reply::Fields(lines.collect()));
    };
    let asked = asked.trim_start_matches(['!', '/']);
    let found = match command::find(commands.iter(), asked) {
        Ok((found, "")) => found,
        other => {
            let hint = match other {
                Err(CommandError::Unknown { nearest: Some(nearest), .. }) => {
                    Hint::new(nearest).before("; did you mean ").after("?")
                }
                _ => Hint::new("help").after(" lists them"),
            };
            let asked = excerpt(asked);
            let text = format!("there is no command `{prefix}{asked}`{hint}");
            return Err(CommandError::NotFound(text));
        }
    };
    let begins = format!("{} ", found.path);
    let described: Vec<String> = commands
        .iter()
        .filter(|command| command.path == found.path || command.path.starts_with(&begins))
        .map(|command| command.describe(prefix))
        .collect();
    Ok(Reply::Text(described.join("\n")))
}

/// The commands that the caller may use, each path once: of two with the same path the one for the higher role is run.
fn callable(context: &Context<'_>, caller: &Caller) -> Vec<Command> {
    let mut commands = context.commands(Role::Operator);
    commands.retain(|command| caller.can_call(command));
    commands.sort_by(|one, other| {
        let by_path = one.path.cmp(&other.path);
        by_path.then(other.role.cmp(&one.role))
    });
    commands.dedup_by(|later, first| later.path == first.path);
    commands
}

fn rooms(context: &Context<'_>, member: MemberId) -> Reply {
    let rows = context.rooms().into_iter().filter(|room| context.sees(member, &room.room));
    let rows = rows.map(|room| [room.room.to_string(), room.members.to_string(), room.topic]);
    Reply::table(["room", "people", "topic"], rows.collect())
}

/// The room in which a command was typed. Where that has closed, it is not done in another.
fn here(room: Option<&RoomName>) -> Result<&RoomName, CommandError> {
    room.ok_or_else(|| {
        let hint = Hint::new("join ROOM").after(" joins one");
        CommandError::Refused(format!("you are in no room{hint}"))
    })
}

fn room_named(text: &str, limits: &Limits) -> Result<RoomName, CommandError> {
    RoomName::new(text, limits.room_name_bounds()).map_err(|_| no_room(text))
}

fn no_room(name: &str) -> CommandError {
    let hint = Hint::new("rooms").after(" lists rooms");
    CommandError::NoSuchRoom(format!("no room `{}`{hint}", excerpt(name)))
}

/// What was typed, short enough for an answer.
fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use salotto::testing::{Guest, TestServer};

    use super::*;
    use crate::parse_settings;

    fn server() -> TestServer {
        TestServer::new().plugin("commands", Commands::default())
    }

    fn two() -> (TestServer, Guest, Guest) {
        let server = server();
        let (ada, bob) = (server.enter("ada"), server.enter("bob"));
        (server, ada, bob)
    }

    #[test]
    fn help_lists_what_the_caller_may_call() {
        let (_server, ada, _bob) = two();
        ada.types("!help");
        ada.hears_about("* !help [COMMAND]");
        ada.hears_about("* !who [ROOM]");
        let heard = ada.transcript().join("\n");
        assert!(heard.contains("* !msg NAME TEXT"), "{heard}");
        assert!(heard.contains("* !who [ROOM]"), "{heard}");
        assert!(!heard.contains("kick"), "{heard}");
        assert_eq!(heard.matches("!rooms").count(), 1, "{heard}");
    }

    #[test]
    fn help_explains_one_command() {
        let (_server, ada, _bob) = two();
        for line in ["!help msg", "!help !msg"] {
            ada.types(line);
            ada.hears("* !msg NAME TEXT");
            assert_eq!(ada.hears_next(), "*   Sends a private message");
            assert_eq!(ada.hears_next(), "*   also !tell, !whisper");
            assert_eq!(ada.hears_next(), "*   e.g. !msg bob are you coming?");
        }
        ada.types("!help plugins");
        ada.hears("! there is no command `!plugins`; `!help` lists them");
    }

    #[test]
    fn help_for_the_operator_has_no_mark_and_knows_groups() {
        let server = server();
        let help = server.types("help").unwrap().to_string();
        assert!(help.contains("kick NAME [REASON]"), "{help}");
        assert!(!help.contains('!'), "{help}");
        // Only somebody in a room can take another name.
        assert!(!help.contains("nick"), "{help}");
        let plugins = server.types("help plugins").unwrap().to_string();
        for usage in ["plugins\n", "plugins enable NAME", "plugins disable NAME"] {
            assert!(plugins.contains(usage), "{plugins}");
        }
    }

    #[test]
    fn every_example_is_a_line_that_its_command_takes() {
        let caller = Caller::new(Role::Member);
        for command in Commands::default().commands() {
            for example in &command.examples {
                let rest = example.strip_prefix(&command.path).unwrap();
                assert!(command.parse(rest, caller.clone()).is_ok(), "{example}");
            }
        }
    }

    #[test]
    fn who_lists_the_names_here_or_elsewhere() {
        let (_server, ada, bob) = two();
        ada.types("!who");
        ada.hears("* 2 in lobby: ada, bob");
        bob.types("!join dev");
        bob.hears_about("you are in dev");
        bob.types("!who");
        bob.hears("* 1 in dev: bob");
        ada.types("!who dev");
        ada.hears("* 1 in dev: bob");
        ada.types("!who nowhere");
        ada.hears("! no room `nowhere`; `!rooms` lists rooms");
        ada.types("!who a:b");
        ada.hears("! no room `a:b`; `!rooms` lists rooms");
    }

    #[test]
    fn who_counts_the_rest_in_a_large_room() {
        let settings = parse_settings("(who_names: 2)").unwrap();
        let server = TestServer::new().plugin("commands", Commands::new(settings));
        let guests = ["ada", "bob", "cyd", "dan"].map(|name| server.enter(name));
        guests[0].types("!who");
        guests[0].hears("* 4 in lobby: ada, bob and 2 more");
    }

    #[test]
    fn rooms_are_listed_with_their_topics() {
        let (server, ada, bob) = two();
        bob.types("!join dev");
        bob.hears_about("you are in dev");
        server.types("topic dev what we build").unwrap();
        ada.types("!rooms");
        ada.hears("* room   people  topic");
        assert_eq!(ada.hears_next(), "* lobby  2");
        assert_eq!(ada.hears_next(), "* dev    1       what we build");
    }

    #[test]
    fn a_member_enters_and_leaves_rooms() {
        let (_server, ada, bob) = two();
        for guest in [&ada, &bob] {
            guest.types("!join dev");
            guest.hears_about("* you are in dev with");
        }
        bob.types("hello");
        ada.hears_about("bob: hello");
        bob.types("!join lobby");
        bob.hears_about("* you are in lobby with");
        bob.types("here again");
        ada.hears("bob: here again");
        bob.types("!leave dev");
        bob.hears("* you are out of dev (left the room)");
        ada.types("!leave");
        ada.hears("* you are out of dev (left the room)");
        ada.types("!leave dev");
        ada.hears("! no room `dev`; `!rooms` lists rooms");
        ada.types("!leave");
        ada.hears("* you are out of lobby (left the room)");
        ada.types("!leave");
        ada.hears("! you are in no room; `!join ROOM` joins one");
        ada.types("!who");
        ada.hears("! you are in no room; `!who ROOM` names one");
    }

    #[test]
    fn a_member_takes_another_name() {
        let (_server, ada, bob) = two();
        bob.types("!nick eve");
        bob.hears("* your name is eve");
        bob.types("hello");
        ada.hears("eve: hello");
        bob.types("!nick ADA");
        bob.hears("! the name `ADA` is taken; choose another");
        bob.types("!nick");
        bob.hears("! NAME is missing; usage: !nick NAME");
    }

    #[test]
    fn a_member_speaks_to_one_person_and_says_what_it_does() {
        let (_server, ada, bob) = two();
        ada.types("!msg bob psst");
        bob.hears("[ada to bob] psst");
        ada.hears("[ada to bob] psst");
        ada.types("!msg cyd psst");
        ada.hears("! no user `cyd`; `!who` lists users");
        ada.types("!me waves");
        bob.hears("** ada waves");
    }
}
