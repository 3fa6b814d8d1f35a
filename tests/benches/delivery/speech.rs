//! How to speak with a server: what the load generator sends to come in and to talk, and what it makes of what it hears.

/// A way of speaking. One for all connections of a load generator; what is known of one connection is with that connection.
pub(crate) trait Speech {
    /// What a connection sends as soon as it stands.
    fn greeting(&self, index: usize) -> Vec<u8>;

    /// What a line, without its end, means to a connection that is not in yet.
    fn answer(&self, line: &[u8]) -> Answer;

    /// Says `payload` in the room, end of line included.
    fn say(&self, payload: &[u8]) -> Vec<u8>;

    /// Whether who speaks is sent their own line too.
    fn echoes(&self) -> bool;
}

/// What is to be done about a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing: what matters is still to come.
    Wait,
    /// This is sent.
    Reply(Vec<u8>),
    /// The connection is in the room.
    In,
    /// It never will be.
    Refused,
}

/// The text dialect of Salotto, of which the bare limit knows as much as it needs: the first line is the name, and the answer to it
/// begins with a star.
#[derive(Debug)]
pub(crate) struct Text;

impl Speech for Text {
    fn greeting(&self, index: usize) -> Vec<u8> {
        format!("{}\n", name(index)).into_bytes()
    }

    fn answer(&self, line: &[u8]) -> Answer {
        match line.first() {
            Some(b'*') => Answer::In,
            Some(b'!') => Answer::Refused,
            // A server that is late asks for the name that is on its way.
            _ => Answer::Wait,
        }
    }

    fn say(&self, payload: &[u8]) -> Vec<u8> {
        [payload, b"\n"].concat()
    }

    fn echoes(&self) -> bool {
        true
    }
}

/// IRC: everybody registers and joins one channel. Who speaks is not sent their own line.
#[derive(Debug)]
pub(crate) struct Irc;

impl Irc {
    const CHANNEL: &str = "#bench";
    /// Numerics after which there is no way in: the nick, the connection or the channel was refused.
    const REFUSALS: &[&[u8]] =
        &[b"432", b"433", b"437", b"464", b"465", b"405", b"471", b"473", b"474", b"475"];
}

impl Speech for Irc {
    fn greeting(&self, index: usize) -> Vec<u8> {
        let name = name(index);
        format!("NICK {name}\r\nUSER {name} 0 * :{name}\r\n").into_bytes()
    }

    fn answer(&self, line: &[u8]) -> Answer {
        let mut words = line.trim_ascii_end().split(|&byte| byte == b' ');
        let first = words.next().unwrap_or_default();
        match first {
            b"PING" => {
                let token = line.trim_ascii_end().get(b"PING".len()..).unwrap_or_default();
                return Answer::Reply([b"PONG", token, b"\r\n"].concat());
            }
            b"ERROR" => return Answer::Refused,
            _ => {}
        }
        match words.next().unwrap_or_default() {
            // Registered.
            b"001" => Answer::Reply(format!("JOIN {}\r\n", Self::CHANNEL).into_bytes()),
            // The end of the list of those who are there.
            b"366" => Answer::In,
            numeric if Self::REFUSALS.contains(&numeric) => Answer::Refused,
            _ => Answer::Wait,
        }
    }

    fn say(&self, payload: &[u8]) -> Vec<u8> {
        [format!("PRIVMSG {} :", Self::CHANNEL).as_bytes(), payload, b"\r\n"].concat()
    }

    fn echoes(&self) -> bool {
        false
    }
}

/// The name of the connection with this index. Talkers come first and have names of one length.
fn name(index: usize) -> String {
    format!("m{index}")
}
