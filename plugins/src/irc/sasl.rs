//! Where a client is in proving whose account is its own.

use super::{numeric, written};

/// What is sent at a time, in characters of Base64.
const PIECE: usize = 400;
/// Most that is taken in one step.
const MOST: usize = 4096;

/// See the module. The hub gathers what comes; what goes out is written where all is.
#[derive(Debug, Default)]
pub(super) struct Sasl {
    /// The mechanism, while nothing was sent by it yet.
    named: Option<String>,
    has_begun: bool,
    gathered: String,
    /// The account that was proven, until the client has taken note of the last thing that the mechanism had to say.
    proven: Option<String>,
}

/// A step was longer than is taken.
#[derive(Debug, PartialEq)]
pub(super) struct TooLong;

impl Sasl {
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn begin(&mut self, mechanism: &str) {
        *self = Self { named: Some(mechanism.to_owned()), has_begun: true, ..Self::default() };
    }

    /// What was begun is over.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Takes a piece. Returns a step that is complete: the mechanism where it is the first, and what was sent.
    pub(super) fn take(
        &mut self,
        piece: &str,
    ) -> Result<Option<(Option<String>, String)>, TooLong> {
        if piece.len() > PIECE || self.gathered.len() + piece.len() > MOST {
            self.begin_anew();
            return Err(TooLong);
        }
        if piece != "+" {
            self.gathered.push_str(piece);
        }
        match piece.len() {
            PIECE => Ok(None),
            _ => Ok(Some((self.named.take(), std::mem::take(&mut self.gathered)))),
        }
    }

    /// An account was proven, and the client is to take note of something first.
    pub(super) fn prove(&mut self, account: &str) {
        self.begin_anew();
        self.proven = Some(account.to_owned());
    }

    pub(super) fn take_proven(&mut self) -> Option<String> {
        self.proven.take()
    }
}

/// What the mechanism has to say, in lines.
pub(super) fn pieces(data: &str) -> String {
    let mut lines = String::new();
    let mut rest = data;
    while rest.len() >= PIECE {
        let (piece, after) = rest.split_at(PIECE);
        lines.push_str(&format!("AUTHENTICATE {piece}\r\n"));
        rest = after;
    }
    let last = if rest.is_empty() { "+" } else { rest };
    lines + &format!("AUTHENTICATE {last}\r\n")
}

/// What a client is told that is logged in.
pub(super) fn logged_in(host: &str, nick: &str, account: &str) -> String {
    let source = if nick == "*" { "*!*@*".to_owned() } else { written::source(nick, host) };
    let text = format!("you are logged in as {account}");
    let told = written::numeric(host, numeric::LOGGED_IN, nick, &[&source, account], &text);
    told + &written::numeric(host, numeric::SASL_SUCCESS, nick, &[], "that is your account")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_pieces_is_put_together() {
        let mut sasl = Sasl::default();
        sasl.begin("PLAIN");
        let whole = "a".repeat(PIECE);
        assert_eq!(sasl.take(&whole), Ok(None));
        assert_eq!(sasl.take("+"), Ok(Some((Some("PLAIN".into()), whole.clone()))));
        assert_eq!(sasl.take("abc"), Ok(Some((None, "abc".into()))));
        for _ in 0..MOST / PIECE {
            assert_eq!(sasl.take(&whole), Ok(None));
        }
        assert_eq!(sasl.take(&whole), Err(TooLong));
        assert!(!sasl.has_begun());
    }

    #[test]
    fn what_goes_out_ends_with_a_piece_that_is_not_whole() {
        assert_eq!(pieces(""), "AUTHENTICATE +\r\n");
        assert_eq!(pieces("abc"), "AUTHENTICATE abc\r\n");
        assert!(pieces(&"a".repeat(PIECE)).ends_with("a\r\nAUTHENTICATE +\r\n"));
    }
}
