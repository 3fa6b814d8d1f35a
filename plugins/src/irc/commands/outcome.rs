//! What comes of a request, as IRC has it: by what was asked for (the nonce), a number, a line, or nothing at all.

use salotto::protocol::ErrorCode;
use salotto::{Reply, protocol::sanitize};

use super::mode;
use crate::irc::numeric::{self, Numeric};

/// What the client is told.
#[derive(Debug, PartialEq)]
pub(in crate::irc) enum Told {
    /// Answers by number, each with its parameters; of the last line the text is that of the event where it is `None`.
    Numbers(Vec<(Numeric, Vec<String>, Option<String>)>),
    /// An answer by number that has no text.
    Plain(Numeric, Vec<String>),
    /// What the event says, as a notice.
    Notice,
    /// Nothing.
    Nothing,
}

impl Told {
    fn number(number: Numeric, parameters: &[&str]) -> Self {
        Self::Numbers(vec![(number, parameters.iter().map(ToString::to_string).collect(), None)])
    }
}

/// What a client is told that may not have what it asked for.
pub(in crate::irc) fn refused(code: ErrorCode, asked: Option<&str>) -> Told {
    match (code, asked) {
        (ErrorCode::PasswordWanted, _) => return password_wanted(),
        (ErrorCode::WrongPassword, None) => return Told::number(numeric::PASSWORD_MISMATCH, &[]),
        _ => {}
    }
    let Some((command, about)) = asked.and_then(|asked| asked.split_once(' ')) else {
        return Told::Notice;
    };
    // Of a mode or an invitation, the channel alone.
    let channel = about.split(' ').find(|word| word.starts_with('#')).unwrap_or(about);
    let may_not = matches!(code, ErrorCode::Denied | ErrorCode::UnknownCommand);
    match (command, code) {
        // Those are about nothing but the client itself.
        ("AUTHENTICATE", _) => Told::number(numeric::SASL_FAILED, &[]),
        // Nothing ever answers a notice.
        ("NOTICE", _) => Told::Nothing,
        ("NICK", ErrorCode::NameTaken) => Told::number(numeric::NICK_IN_USE, &[about]),
        ("NICK", _) => Told::number(numeric::BAD_NICK, &[&shown_nick(about)]),
        ("OPER", _) => Told::number(numeric::PASSWORD_MISMATCH, &[]),
        ("JOIN", ErrorCode::Limit) => Told::number(numeric::TOO_MANY_CHANNELS, &[about]),
        ("JOIN", ErrorCode::Banned) => Told::number(numeric::BANNED_FROM, &[about]),
        ("JOIN", ErrorCode::KeyWanted) => Told::number(numeric::BAD_KEY, &[about]),
        ("JOIN", ErrorCode::RoomFull) => Told::number(numeric::CHANNEL_FULL, &[about]),
        ("JOIN", ErrorCode::Denied) => Told::number(numeric::INVITE_ONLY, &[about]),
        ("PART" | "TOPIC", ErrorCode::NotInRoom) => Told::number(numeric::NOT_ON_CHANNEL, &[about]),
        // What is on no list cannot be taken from it, and nobody needs to know.
        ("MODE", ErrorCode::NoSuchMember) if letter_of_list(about).is_some() => Told::Nothing,
        ("MODE", ErrorCode::Denied) if bad_parameter(about).is_some() => {
            let letter = bad_parameter(about).unwrap_or_default().to_string();
            Told::number(numeric::BAD_MODE_PARAMETER, &[channel, &letter, "*"])
        }
        ("MODE" | "TOPIC" | "KICK" | "INVITE", _) if may_not => {
            Told::number(numeric::NOT_OPERATOR_HERE, &[channel])
        }
        ("KILL", _) if may_not => Told::number(numeric::NO_PRIVILEGES, &[]),
        (_, ErrorCode::NoSuchMember) => {
            let nick = about.split(' ').next().unwrap_or(about);
            Told::number(numeric::NO_SUCH_NICK, &[nick])
        }
        (_, ErrorCode::NoSuchRoom) => Told::number(numeric::NO_SUCH_CHANNEL, &[channel]),
        ("PRIVMSG" | "TAGMSG", ErrorCode::Denied | ErrorCode::NotInRoom | ErrorCode::TooLong)
            if about.starts_with('#') =>
        {
            Told::number(numeric::CANNOT_SEND, &[about])
        }
        _ => Told::Notice,
    }
}

/// The letter of a change of a list.
fn letter_of_list(about: &str) -> Option<char> {
    let letter = about.split_once(' ')?.1.chars().nth(1)?;
    Some(letter).filter(|letter| "beI".contains(*letter))
}

/// The letter of a change that can be refused for what was given with it.
fn bad_parameter(about: &str) -> Option<char> {
    let letter = about.split_once(' ')?.1.chars().nth(1)?;
    Some(letter).filter(|letter| "beIkl".contains(*letter))
}

/// Nothing that a client said before it gave the server's password was taken, its nick neither.
fn password_wanted() -> Told {
    let text = "this server has a password: PASS has to come before NICK and USER";
    Told::Numbers(vec![(numeric::PASSWORD_MISMATCH, Vec::new(), Some(text.into()))])
}

/// What a client is told whose command was done.
pub(in crate::irc) fn replied(reply: &Reply, asked: Option<&str>) -> Told {
    match asked.and_then(|asked| asked.split_once(' ')) {
        Some(("MODE", about)) => mode::lists::told(reply, about),
        // The line itself tells.
        Some(("KICK" | "REDACT", _)) => Told::Nothing,
        Some(("INVITE", about)) => invited(about),
        _ => Told::Notice,
    }
}

/// An invitation went out.
pub(in crate::irc) fn invited(about: &str) -> Told {
    let parameters = about.split(' ').map(str::to_owned).collect();
    Told::Plain(numeric::INVITING, parameters)
}

/// The standard reply by which a refusal is known, and what it is about, where what was asked for belongs to IRCv3.
pub(in crate::irc) fn failure(
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

/// Whether what was asked for is that an account be made.
pub(in crate::irc) fn registers(asked: &str) -> bool {
    asked.starts_with("REGISTER ")
}

/// Whether it is that the client be an operator.
pub(in crate::irc) fn opers(asked: &str) -> bool {
    asked.starts_with("OPER ")
}

/// Whether it is a step of a login.
pub(in crate::irc) fn proves(asked: &str) -> bool {
    asked.starts_with("AUTHENTICATE ")
}

/// Whether it is answered later than the line was done.
pub(in crate::irc) fn is_answered_later(asked: &str) -> bool {
    registers(asked) || proves(asked)
}

/// A nick as a client gave it, as it may stand in the middle of an answer.
pub(in crate::irc) fn shown_nick(nick: &str) -> String {
    let nick = sanitize::excerpt(nick, 64).replace(' ', "_");
    match nick.trim_start_matches(':') {
        "" => "*".to_owned(),
        nick => nick.to_owned(),
    }
}
