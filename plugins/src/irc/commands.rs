//! What a client can ask, a file each, and the table of them.

mod authenticate;
pub(super) mod bot;
mod cap;
pub(super) mod chathistory;
mod join;
mod list;
pub(super) mod markread;
mod mode;
pub(super) mod monitor;
pub(super) mod motd;
pub(super) mod names;
mod nick;
mod part;
mod ping;
mod privmsg;
mod quit;
pub(super) mod redact;
mod register;
pub(super) mod search;
pub(super) mod setname;
pub(super) mod tagmsg;
mod topic;
mod user;

use std::sync::Arc;

use salotto::protocol::ErrorCode;
use salotto::{Context, Envelope, MemberId, Request, RoomInfo};

use super::connection::Connection;
use super::label::{self, Answered};
use super::line::Line;
use super::numeric::{self, Numeric};
use super::{Irc, channel, written};

/// What a session hands over: a line, and the connection that it came by.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) connection: Arc<Connection>,
    pub(super) line: Line,
}

/// One line that is being done, with all that is needed for it.
pub(super) struct Call<'c, 's> {
    pub(super) irc: &'c mut Irc,
    pub(super) context: &'c mut Context<'s>,
    pub(super) member: MemberId,
    pub(super) connection: &'c Arc<Connection>,
    pub(super) line: &'c Line,
}

/// A command of IRC.
struct Command {
    name: &'static str,
    /// Whether it may be said before there is a name.
    is_for_all: bool,
    /// How many parameters it needs.
    needs: usize,
    run: fn(&mut Call<'_, '_>),
}

const COMMANDS: &[Command] = &[
    Command { name: "AUTHENTICATE", is_for_all: true, needs: 0, run: authenticate::run },
    Command { name: "CAP", is_for_all: true, needs: 0, run: cap::run },
    Command { name: "CHATHISTORY", is_for_all: false, needs: 0, run: chathistory::run },
    Command { name: "JOIN", is_for_all: false, needs: 1, run: join::run },
    Command { name: "LIST", is_for_all: false, needs: 0, run: list::run },
    Command { name: "MARKREAD", is_for_all: false, needs: 0, run: markread::run },
    Command { name: "MODE", is_for_all: false, needs: 1, run: mode::run },
    Command { name: "MONITOR", is_for_all: false, needs: 1, run: monitor::run },
    Command { name: "MOTD", is_for_all: false, needs: 0, run: motd::run },
    Command { name: "NAMES", is_for_all: false, needs: 0, run: names::run },
    Command { name: "NICK", is_for_all: true, needs: 0, run: nick::run },
    Command { name: "NOTICE", is_for_all: false, needs: 0, run: privmsg::run },
    Command { name: "PART", is_for_all: false, needs: 1, run: part::run },
    Command { name: "PING", is_for_all: true, needs: 0, run: ping::run },
    Command { name: "PONG", is_for_all: true, needs: 0, run: ping::answered },
    Command { name: "PRIVMSG", is_for_all: false, needs: 0, run: privmsg::run },
    Command { name: "QUIT", is_for_all: true, needs: 0, run: quit::run },
    Command { name: "REDACT", is_for_all: false, needs: 2, run: redact::run },
    Command { name: "REGISTER", is_for_all: true, needs: 3, run: register::run },
    Command { name: "SEARCH", is_for_all: false, needs: 1, run: search::run },
    Command { name: "SETNAME", is_for_all: false, needs: 1, run: setname::run },
    Command { name: "TAGMSG", is_for_all: false, needs: 1, run: tagmsg::run },
    Command { name: "TOPIC", is_for_all: false, needs: 1, run: topic::run },
    Command { name: "USER", is_for_all: true, needs: 4, run: user::run },
];

/// Does what a line asks for.
pub(super) fn run(
    irc: &mut Irc,
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Arc<Connection>,
    line: &Line,
) {
    let mut call = Call { irc, context, member, connection, line };
    let name = line.command.as_str();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return match call.is_named() {
            true => call.numeric(numeric::UNKNOWN_COMMAND, &[name], "no such command"),
            false => call.numeric(numeric::NOT_REGISTERED, &[], "say NICK and USER first"),
        };
    };
    if !command.is_for_all && !call.is_named() {
        return call.numeric(numeric::NOT_REGISTERED, &[], "say NICK and USER first");
    }
    let given = line.parameters.iter().take_while(|parameter| !parameter.is_empty()).count();
    if given < command.needs && line.parameters.len() < command.needs {
        return call.numeric(numeric::NEED_MORE_PARAMETERS, &[name], "not enough parameters");
    }
    (command.run)(&mut call);
}

impl Call<'_, '_> {
    fn is_named(&self) -> bool {
        self.context.name(self.member).is_some()
    }

    /// The client's nick, `*` before it has one.
    fn nick(&self) -> String {
        self.context.name(self.member).map_or_else(|| "*".to_owned(), ToString::to_string)
    }

    /// Answers by number.
    fn numeric(&mut self, number: Numeric, middle: &[&str], last: &str) {
        let nick = self.nick();
        let line = written::numeric(self.connection.host(), number, &nick, middle, last);
        self.context.answer(self.member, line);
    }

    /// Asks for what others ask for; what comes of it is told with the command and what it is about.
    fn request(&mut self, request: Request, about: &str) {
        let nonce = Some(self.nonce(about));
        self.context.request(self.member, Envelope { request, nonce });
    }

    /// What comes back on what is asked for.
    fn nonce(&self, about: &str) -> String {
        let nonce = format!("{} {about}", self.line.command);
        match self.label() {
            Some(label) => label::nonce(label, &nonce),
            None => nonce,
        }
    }

    /// The label of the line, where its client may have one.
    fn label(&self) -> Option<&str> {
        label::of(self.line, self.connection)
    }

    /// What matters is told later: the label is kept for that.
    fn answered_later(&mut self) -> Option<String> {
        let label = self.label().map(str::to_owned);
        if let Some(doing) = &mut self.irc.doing {
            doing.answered = Answered::Later;
        }
        label
    }

    /// Says by a standard reply (<https://ircv3.net/specs/extensions/standard-replies>) that a command failed.
    fn fail(&mut self, code: &str, about: &[&str], text: &str) {
        let command = self.line.command.as_str();
        let line = written::fail(self.connection.host(), command, code, about, text);
        self.context.answer(self.member, line);
    }

    /// The room of a channel that is there; the client is told where it is not.
    fn room(&mut self, name: &str) -> Option<RoomInfo> {
        let room = channel::to_room(name).and_then(|room| self.context.room(&room));
        if room.is_none() {
            self.numeric(numeric::NO_SUCH_CHANNEL, &[name], "there is no such channel");
        }
        room
    }
}

/// The number by which a refusal is known, and its parameters, by what was asked for. `None` where the client is simply told.
pub(super) fn refusal(code: ErrorCode, asked: Option<&str>) -> Option<(Numeric, Vec<String>)> {
    let (command, about) = asked?.split_once(' ')?;
    // Those are about nothing but the client itself.
    if command == "AUTHENTICATE" {
        return Some((numeric::SASL_FAILED, Vec::new()));
    }
    let number = match (command, code) {
        ("NICK", ErrorCode::NameTaken) => numeric::NICK_IN_USE,
        ("NICK", _) => numeric::BAD_NICK,
        (_, ErrorCode::NoSuchMember) => numeric::NO_SUCH_NICK,
        (_, ErrorCode::NoSuchRoom) => numeric::NO_SUCH_CHANNEL,
        ("JOIN", ErrorCode::Limit) => numeric::TOO_MANY_CHANNELS,
        ("JOIN", ErrorCode::Denied) => numeric::INVITE_ONLY,
        ("PART" | "TOPIC", ErrorCode::NotInRoom) => numeric::NOT_ON_CHANNEL,
        ("TOPIC", ErrorCode::Denied) => numeric::NOT_OPERATOR_HERE,
        ("PRIVMSG" | "TAGMSG", ErrorCode::Denied | ErrorCode::NotInRoom | ErrorCode::TooLong) => {
            numeric::CANNOT_SEND
        }
        _ => return None,
    };
    Some((number, vec![about.to_owned()]))
}

/// The standard reply by which a refusal is known, and what it is about, where what was asked for belongs to IRCv3.
pub(super) fn failure(
    code: ErrorCode,
    asked: Option<&str>,
) -> Option<(&str, &'static str, Vec<&str>)> {
    let (command, about) = asked?.split_once(' ')?;
    let word = match (command, code) {
        ("REDACT", ErrorCode::Denied | ErrorCode::UnknownCommand) => "REDACT_FORBIDDEN",
        ("REDACT", ErrorCode::NoSuchRoom | ErrorCode::NotInRoom) => "INVALID_TARGET",
        ("REDACT", _) => "UNKNOWN_MSGID",
        ("REGISTER", ErrorCode::Usage) => "NEED_MORE_PARAMS",
        ("REGISTER", ErrorCode::UnknownCommand) => "UNKNOWN_COMMAND",
        ("REGISTER", _) => "TEMPORARILY_UNAVAILABLE",
        _ => return None,
    };
    Some((command, word, about.split(' ').collect()))
}

/// Whether what comes of a command is told to all by a line of its own, so that nothing else need be said.
pub(super) fn tells_itself(asked: &str) -> bool {
    asked.starts_with("REDACT ")
}

/// Whether what was asked for is that an account be made.
pub(super) fn registers(asked: &str) -> bool {
    asked.starts_with("REGISTER ")
}

/// Whether it is a step of a login.
pub(super) fn proves(asked: &str) -> bool {
    asked.starts_with("AUTHENTICATE ")
}

/// Whether it is answered later than the line was done.
pub(super) fn is_answered_later(asked: &str) -> bool {
    registers(asked) || proves(asked)
}
