//! The commands that a telnet client mixes into what is typed (RFC 854): taken out wherever they stand, and its requests answered, because a
//! client may wait for the answer and show nothing until it comes. Nothing is ever agreed to.

/// "Interpret as command". It is in no UTF-8 text.
pub(super) const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SUBNEGOTIATION: u8 = 250;
const ERASE_LINE: u8 = 248;
const ERASE_CHARACTER: u8 = 247;
const ARE_YOU_THERE: u8 = 246;
const SUBNEGOTIATION_END: u8 = 240;

/// Requests of one connection that are answered; a client has a handful, and answers must not pile up for whoever does not read them.
const ANSWERED: u16 = 256;

/// Where in a command the bytes stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Command,
    /// `DO`, `DONT`, `WILL` or `WONT`, whose option follows.
    Option(u8),
    Subnegotiation,
    SubnegotiationCommand,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Telnet {
    state: State,
    answered: u16,
    /// What is owed to the peer.
    pub(super) answers: Vec<u8>,
}

impl Telnet {
    /// Appends what is text among these bytes. A line's end ends a command too, so that garbage cannot swallow the next line.
    pub(super) fn strip(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        for &byte in bytes {
            if matches!(byte, b'\n' | b'\r') {
                self.state = State::Text;
            }
            self.state = match (self.state, byte) {
                (State::Text, IAC) => State::Command,
                (State::Text, _) => {
                    text.push(byte);
                    State::Text
                }
                (State::Command, IAC) => {
                    text.push(IAC);
                    State::Text
                }
                (State::Command, WILL | WONT | DO | DONT) => State::Option(byte),
                (State::Command, SUBNEGOTIATION) => State::Subnegotiation,
                // As the keys that do it.
                (State::Command, ERASE_CHARACTER) => {
                    text.push(b'\x08');
                    State::Text
                }
                (State::Command, ERASE_LINE) => {
                    text.push(b'\x15');
                    State::Text
                }
                (State::Command, ARE_YOU_THERE) => {
                    self.answer(b"* yes\n");
                    State::Text
                }
                (State::Command, _) => State::Text,
                (State::Option(request), option) => {
                    match request {
                        DO => self.answer(&[IAC, WONT, option]),
                        WILL => self.answer(&[IAC, DONT, option]),
                        _ => {}
                    }
                    State::Text
                }
                (State::Subnegotiation, IAC) => State::SubnegotiationCommand,
                (State::SubnegotiationCommand, SUBNEGOTIATION_END) => State::Text,
                (State::Subnegotiation | State::SubnegotiationCommand, _) => State::Subnegotiation,
            };
        }
    }

    fn answer(&mut self, bytes: &[u8]) {
        if self.answered < ANSWERED {
            self.answered += 1;
            self.answers.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut telnet, mut text) = (Telnet::default(), Vec::new());
        // Byte by byte, as they may come.
        bytes.iter().for_each(|byte| telnet.strip(&[*byte], &mut text));
        (text, telnet.answers)
    }

    #[test]
    fn every_request_is_declined_and_what_asks_for_nothing_is_not_answered() {
        for (bytes, text, answers) in [
            // Ctrl+C in a telnet client: interrupt process, and the timing mark that it waits for.
            (&b"\xff\xf4\xff\xfd\x06"[..], &b""[..], &b"\xff\xfc\x06"[..]),
            (b"a\xff\xfb\x18b", b"ab", b"\xff\xfe\x18"),
            (b"\xff\xfe\x01\xff\xfc\x03x", b"x", b""),
            (b"\xff\xfa\x18\x00VT\xff\xff\xff\xf0y", b"y", b""),
            (b"\xff\xf6", b"", b"* yes\n"),
            (b"ab\xff\xf7\xff\xf8", b"ab\x08\x15", b""),
            (b"\xff\xff", b"\xff", b""),
        ] {
            assert_eq!(stripped(bytes), (text.to_vec(), answers.to_vec()), "{bytes:x?}");
        }
    }

    #[test]
    fn a_flood_of_requests_is_answered_for_a_while() {
        let (_, answers) = stripped(&b"\xff\xfd\x01".repeat(5000));
        assert_eq!(answers.len(), usize::from(ANSWERED) * 3);
    }
}
