//! What a client can ask, a file each, and the table of them.

mod about;
mod authenticate;
pub(super) mod away;
mod cap;
pub(super) mod chathistory;
mod help;
pub(super) mod invite;
mod ison;
mod join;
pub(super) mod kick;
mod list;
pub(super) mod lusers;
pub(super) mod markread;
mod metadata;
pub(super) mod mode;
pub(super) mod monitor;
pub(super) mod motd;
pub(super) mod names;
mod nick;
pub(super) mod oper;
pub(super) mod outcome;
mod part;
pub(super) mod ping;
pub(super) mod privmsg;
mod quit;
pub(super) mod redact;
mod register;
mod rehash;
mod search;
pub(super) mod setname;
pub(super) mod tagmsg;
pub(super) mod topic;
mod user;
mod wallops;
mod who;
mod whois;
pub(super) mod whowas;

use std::sync::Arc;

use salotto::protocol::sanitize;
use salotto::{Context, Envelope, MemberId, MemberInfo, Request, Role, RoomInfo};

use super::connection::Connection;
use super::label::{self, Answered};
use super::line::Line;
use super::numeric::{self, Numeric};
use super::saying::Saying;
use super::written::{self, Answers};
use super::{Irc, channel};
pub(super) use about::PROGRAM;
use outcome::shown_nick;

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
    /// What they are, for `HELP`.
    usage: &'static str,
    run: Run,
}

type Run = fn(&mut Call<'_, '_>);

/// One that may be said before there is a name.
const fn first(name: &'static str, needs: usize, usage: &'static str, run: Run) -> Command {
    Command { name, is_for_all: true, needs, usage, run }
}

/// One for those who have a name.
const fn later(name: &'static str, needs: usize, usage: &'static str, run: Run) -> Command {
    Command { name, is_for_all: false, needs, usage, run }
}

const COMMANDS: &[Command] = &[
    later("ADMIN", 0, "[server]", about::admin),
    first("AUTHENTICATE", 0, "mechanism|data|*", authenticate::run),
    later("AWAY", 0, "[:words]", away::run),
    first("CAP", 0, "LS|LIST|REQ|END", cap::run),
    later("CHATHISTORY", 0, "LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS …", chathistory::run),
    later("HELP", 0, "[command]", help::run),
    later("HELPOP", 0, "[command]", help::run),
    later("INFO", 0, "[server]", about::info),
    later("INVITE", 0, "[nick #channel]", invite::run),
    later("ISON", 1, "nick …", ison::run),
    later("JOIN", 1, "#channel[,#channel…] [key[,key…]]", join::run),
    later("KICK", 2, "#channel nick[,nick…] [:words]", kick::run),
    later("KILL", 1, "nick [:words]", kick::kill),
    later("LINKS", 0, "", about::links),
    later("LIST", 0, "[#channel|mask|!mask|<n|>n,…]", list::run),
    later("LUSERS", 0, "", lusers::run),
    later("MARKREAD", 0, "target [timestamp=…]", markread::run),
    first("METADATA", 1, "*|nick|#channel GET|LIST|SET|CLEAR|SUB|… [key …]", metadata::run),
    later("MODE", 1, "#channel|nick [changes [parameters]]", mode::run),
    later("MONITOR", 1, "+ nick,…|- nick,…|C|L|S", monitor::run),
    later("MOTD", 0, "", motd::run),
    later("NAMES", 0, "[#channel[,#channel…]]", names::run),
    first("NICK", 0, "nick", nick::run),
    later("NOTICE", 0, "target[,target…] :text", privmsg::run),
    later("OPER", 2, "account password", oper::run),
    later("PART", 1, "#channel[,#channel…] [:words]", part::run),
    later("PASS", 0, "password", user::password),
    first("PING", 0, "token", ping::run),
    first("PONG", 0, "[token]", ping::answered),
    later("PRIVMSG", 0, "target[,target…] :text", privmsg::run),
    first("QUIT", 0, "[:words]", quit::run),
    later("REDACT", 2, "#channel msgid [:words]", redact::run),
    first("REGISTER", 3, "* * password", register::run),
    later("REHASH", 0, "", rehash::run),
    later("SEARCH", 1, "text=…;in=#channel;from=nick;…", search::run),
    later("SETNAME", 1, ":real name", setname::run),
    later("STATS", 0, "[letter]", about::stats),
    later("TAGMSG", 1, "target[,target…]", tagmsg::run),
    later("TIME", 0, "[server]", about::time),
    later("TOPIC", 1, "#channel [:topic]", topic::run),
    first("USER", 4, "name 0 * :real name", user::run),
    later("USERHOST", 1, "nick …", ison::hosts),
    later("USERS", 0, "", about::users),
    later("VERSION", 0, "[server]", about::version),
    later("WALLOPS", 1, ":words", wallops::run),
    later("WHO", 0, "[#channel|nick|mask] [o|%fields[,token]]", who::run),
    later("WHOIS", 0, "nick", whois::run),
    later("WHOWAS", 0, "nick[,nick…] [count]", whowas::run),
];

/// Does what a line asks for.
pub(super) fn run(
    irc: &mut Irc,
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Arc<Connection>,
    line: &Line,
) {
    irc.saying = None;
    let mut call = Call { irc, context, member, connection, line };
    let name = line.command.as_str();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let shown = shown_nick(&sanitize::excerpt(name, 32));
        return match call.is_named() {
            true => call.numeric(numeric::UNKNOWN_COMMAND, &[&shown], "no such command"),
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

impl<'c> Call<'c, '_> {
    fn is_named(&self) -> bool {
        self.context.name(self.member).is_some()
    }

    /// The client's nick, `*` before it has one.
    fn nick(&self) -> String {
        self.context.name(self.member).map_or_else(|| "*".to_owned(), ToString::to_string)
    }

    fn role(&self) -> Role {
        self.context.member(self.member).map(|info| info.role).unwrap_or_default()
    }

    /// Answers by number.
    fn numeric(&mut self, number: Numeric, middle: &[&str], last: &str) {
        let mut answers = self.answers();
        answers.add(number, middle, last);
        self.send(answers);
    }

    /// Begins an answer of several lines, which [`send`](Self::send) sends.
    fn answers(&self) -> Answers<'c> {
        Answers::new(self.connection.host(), self.nick())
    }

    fn send(&mut self, mut answers: Answers<'_>) {
        self.context.answer(self.member, answers.lines());
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

    /// What is said for this line is said like this.
    fn says(&mut self, saying: Saying) {
        self.irc.saying = Some((self.member, saying));
    }

    /// The room of a channel that is there; the client is told where it is not.
    fn room(&mut self, name: &str) -> Option<RoomInfo> {
        let room = channel::to_room(name).and_then(|room| self.context.room(&room));
        if room.is_none() {
            let text = "there is no such channel";
            self.numeric(numeric::NO_SUCH_CHANNEL, &[&shown_channel(name)], text);
        }
        room
    }

    /// Who has a nick; the client is told where nobody does.
    fn person(&mut self, nick: &str) -> Option<MemberInfo> {
        let info = self.context.find(nick).filter(|info| info.name.is_some());
        if info.is_none() {
            let text = "nobody here is called so";
            self.numeric(numeric::NO_SUCH_NICK, &[&shown_nick(nick)], text);
        }
        info
    }
}

/// The name of a channel as a client gave it, as it may stand in the middle of an answer.
fn shown_channel(name: &str) -> String {
    shown_nick(&sanitize::excerpt(name, 64))
}
