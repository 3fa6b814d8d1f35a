//! Throwing away what somebody has sent who sent too much, so that a step against them has one cause: what was read, what is held back for the
//! rate, and what waits in the kernel.

use super::input::Framing;
use super::{HubGone, Session, complaint};
use crate::dialect::{Builtin, Decoded, Input};
use crate::protocol::error::ErrorCode;
use crate::protocol::request::{Envelope, Request};
use crate::state::inbox::SessionInput;

/// So often is read on at most; whoever sends faster than that is read has not stopped.
const MOST_READS: usize = 64;
/// So many requests are answered at most, each with an error; a mailbox has room for them.
const MOST_ANSWERS: usize = 128;

/// What is left of what was thrown away.
#[derive(Default)]
struct Discarded {
    /// What is still done or answered.
    rest: Vec<SessionInput>,
    /// How many lines and requests were not.
    count: usize,
}

impl Session {
    /// Throws away all that has come by now, and has the peer told of it.
    pub(super) async fn discard_input(&mut self) -> Result<(), HubGone> {
        for input in self.discard() {
            if let Some(sending) = self.submit(input)? {
                sending.await.map_err(|_| HubGone)?;
            }
        }
        Ok(())
    }

    /// Throws away all that has come by now. Returns what the hub is asked because of it.
    fn discard(&mut self) -> Vec<SessionInput> {
        self.limiter.release();
        let mut discarded = Discarded::default();
        for _ in 0..MOST_READS {
            self.discard_framed(&mut discarded);
            if self.peer_ended || self.hung_up || !self.read() {
                break;
            }
        }
        let Discarded { mut rest, count } = discarded;
        if count > 0 {
            let text = match count {
                1 => "one line that you had sent already was thrown away".to_owned(),
                count => format!("{count} lines that you had sent already were thrown away"),
            };
            rest.push(complaint(ErrorCode::Denied, text, None));
        }
        rest
    }

    /// Throws away what was read and can be taken apart.
    fn discard_framed(&mut self, discarded: &mut Discarded) {
        let settings = self.shared.settings();
        let limits = &settings.limits;
        loop {
            match &mut self.framing {
                Framing::Choosing { .. } | Framing::Visit(_) => return,
                Framing::Lines { splitter, chosen } => {
                    let is_json = *chosen == Some(Builtin::Json);
                    match splitter.next_line(limits.line_bytes, limits.unended_bytes) {
                        Ok(Some(line)) if is_json => {
                            discarded.count_line(
                                line.text().and_then(|text| Builtin::Json.parse(text).ok()),
                            );
                        }
                        Ok(Some(_)) => discarded.count += 1,
                        Ok(None) => return,
                        Err(_) => return self.unended(),
                    }
                }
                Framing::Protocol { decoder, held } => {
                    match held.take().map(|held| *held).or_else(|| decoder.next()) {
                        None => return,
                        Some(Decoded::Input(input)) => discarded.count_line(Some(input)),
                        Some(Decoded::Bad(_)) => discarded.count += 1,
                        Some(Decoded::Answer(bytes)) => {
                            discarded.rest.push(SessionInput::Answer(bytes));
                        }
                        Some(Decoded::Close) => return self.quit_silently(),
                    }
                }
            }
        }
    }
}

impl Discarded {
    /// A line is thrown away, unless it only keeps the connection going or ends it.
    fn count_line(&mut self, input: Option<Input>) {
        match input {
            Some(Input::Request(envelope)) => match *envelope {
                Envelope {
                    request: Request::Ping | Request::Pong | Request::Quit { .. }, ..
                } => {
                    self.rest.push(SessionInput::Input(Input::Request(envelope)));
                }
                Envelope { nonce: Some(nonce), .. } if self.rest.len() < MOST_ANSWERS => {
                    let text = "thrown away, because you sent too much".to_owned();
                    self.rest.push(complaint(ErrorCode::Denied, text, Some(nonce)));
                }
                _ => self.count += 1,
            },
            Some(Input::Nothing) => {}
            _ => self.count += 1,
        }
    }
}
