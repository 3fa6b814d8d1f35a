//! The way in: lines to what is asked. What a client chooses to be told is answered here already, because it may be asked before the password of the server was given.

use std::sync::Arc;

use salotto::Limits;
use salotto::dialect::{Decoded, Decoder, Input, Own};

use super::capability::negotiation;
use super::commands::Asked;
use super::connection::Connection;
use super::label;
use super::line::Line;
use super::numeric;
use super::tags;
use super::written;

/// Most bytes of a line, with tags and its end.
const LONGEST: usize = 8191 + 512;

/// See the module.
pub(super) struct LineDecoder {
    connection: Arc<Connection>,
    received: Vec<u8>,
    /// How much of `received` was taken.
    taken: usize,
    /// Whether what comes until the end of a line belongs to one that was too long.
    is_passing_over: bool,
    longest: usize,
}

impl LineDecoder {
    pub(super) fn new(connection: Arc<Connection>, limits: &Limits) -> Self {
        let longest = limits.line_bytes.unwrap_or(usize::MAX).clamp(written::LONGEST, LONGEST);
        Self { connection, received: Vec::new(), taken: 0, is_passing_over: false, longest }
    }

    /// The next line without its end; `Err` for one that is too long.
    fn line(&mut self) -> Option<Result<Vec<u8>, ()>> {
        let waiting = &self.received[self.taken..];
        let Some(end) = waiting.iter().position(|byte| *byte == b'\n') else {
            if waiting.len() > self.longest {
                self.forget();
                return (!std::mem::replace(&mut self.is_passing_over, true)).then_some(Err(()));
            }
            return None;
        };
        let line = waiting[..end].strip_suffix(b"\r").unwrap_or(&waiting[..end]).to_vec();
        self.taken += end + 1;
        if self.taken == self.received.len() {
            self.forget();
        }
        if std::mem::take(&mut self.is_passing_over) {
            return self.line();
        }
        Some(if end >= self.longest { Err(()) } else { Ok(line) })
    }

    fn forget(&mut self) {
        self.received = Vec::new();
        self.taken = 0;
    }

    fn understand(&mut self, line: Result<Vec<u8>, ()>) -> Option<Decoded> {
        let Ok(line) = line else {
            return Some(self.answer(
                numeric::INPUT_TOO_LONG,
                &[],
                "the line is too long and was dropped",
            ));
        };
        let text = match String::from_utf8(line) {
            Ok(text) => text,
            Err(error) => {
                return Some(self.answer_not_utf8(&String::from_utf8_lossy(error.as_bytes())));
            }
        };
        let text = text.replace(['\0', '\r'], "");
        let tagged = if text.starts_with('@') { text.find(' ').unwrap_or(text.len()) } else { 0 };
        if tagged >= tags::MOST {
            let text = "the tags of the line are too long and it was dropped";
            return Some(self.answer(numeric::INPUT_TOO_LONG, &[], text));
        }
        let line = Line::parse(&text)?;
        match line.command.as_str() {
            "PASS" if !self.connection.is_member() => {
                let password = line.parameter(0).unwrap_or_default().to_owned();
                Some(Decoded::Input(Input::Password(password)))
            }
            "CAP" => Some(self.choose(line)),
            _ => Some(self.ask(line)),
        }
    }

    /// The client asks what it may choose, or chooses. A member does so in the order of all that it asks.
    fn choose(&mut self, line: Line) -> Decoded {
        if self.connection.is_member() {
            return self.ask(line);
        }
        let is_over = line.parameter(0).is_some_and(|word| word.eq_ignore_ascii_case("END"));
        if is_over {
            self.connection.set_choosing(false);
        }
        match negotiation::answer(&self.connection, &line, "*") {
            Some(answer) => Decoded::Answer(answer.into_bytes()),
            None => self.ask(line),
        }
    }

    fn ask(&self, line: Line) -> Decoded {
        let connection = self.connection.clone();
        Decoded::Input(Input::Own(Own::new(Asked { connection, line })))
    }

    fn answer_not_utf8(&self, shown: &str) -> Decoded {
        let line = Line::parse(shown).unwrap_or_default();
        let command = if line.command.is_empty() { "*" } else { line.command.as_str() };
        let command = &command[..command.len().min(32)];
        let text = "the line is not UTF-8 and was dropped";
        let told = written::fail(self.connection.host(), command, "INVALID_UTF8", &[], text);
        Decoded::Answer(match label::of(&line, &self.connection) {
            Some(label) => label::labelled(label, &told),
            None => told.into_bytes(),
        })
    }

    fn answer(&self, number: numeric::Numeric, middle: &[&str], last: &str) -> Decoded {
        Decoded::Answer(
            written::numeric(self.connection.host(), number, "*", middle, last).into_bytes(),
        )
    }
}

impl Decoder for LineDecoder {
    fn feed(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.received.drain(..self.taken);
            self.taken = 0;
        }
        self.received.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Decoded> {
        loop {
            let line = self.line()?;
            if let Some(decoded) = self.understand(line) {
                return Some(decoded);
            }
        }
    }

    fn buffered(&self) -> usize {
        self.received.len() - self.taken
    }
}
