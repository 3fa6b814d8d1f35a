//! Bytes, in whatever pieces they arrive, to lines. Holds half a line between reads and nothing when there is none.

/// What the bytes have brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A whole line, without its end.
    Text(String),
    /// A line longer than the limit; its bytes are gone.
    TooLong,
    /// A line that is not UTF-8; its bytes are gone.
    NotUtf8,
}

/// More bytes without an end of line than the server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unended;

/// Splits a stream into lines: strips CR and telnet negotiation, drops what is too long, and never loses the line after.
#[derive(Debug, Default)]
pub struct LineSplitter {
    /// What was received and not yet given out.
    received: Vec<u8>,
    /// Where the next line begins in `received`.
    start: usize,
    /// How far has been looked for an end of line.
    searched: usize,
    /// Whether a newline was ever seen.
    newline_seen: bool,
    /// Whether the line that is arriving has been given up.
    discarding: bool,
    /// Bytes of the line that is arriving, the discarded ones included.
    unended: usize,
}

impl LineSplitter {
    /// Takes what was read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// Whether no newline has ever come, so that a chunk that stands alone may be a line.
    pub fn is_bare(&self) -> bool {
        !self.newline_seen
    }

    /// Whether half a line is waiting for its end.
    pub fn has_partial(&self) -> bool {
        self.received.len() > self.start
    }

    /// Whether a whole line is waiting.
    pub fn has_line(&self) -> bool {
        self.received[self.searched..].contains(&b'\n')
    }

    /// What is waiting of the line that is arriving.
    pub fn partial(&self) -> &[u8] {
        &self.received[self.start..]
    }

    /// The next whole line, or `None` until more bytes come.
    ///
    /// # Errors
    /// [`Unended`] when `max_unended` bytes came without an end of line.
    pub fn next_line(
        &mut self,
        max_line: Option<usize>,
        max_unended: Option<usize>,
    ) -> Result<Option<Line>, Unended> {
        let found = self.received[self.searched..].iter().position(|&byte| byte == b'\n');
        let Some(offset) = found else {
            self.unended += self.received.len() - self.searched;
            self.searched = self.received.len();
            let too_long = max_line.is_some_and(|max| self.unended > max);
            if too_long || self.discarding {
                // The rest of the line is not kept while its end is awaited.
                self.discarding = true;
                self.start = self.searched;
            }
            self.release();
            return match max_unended {
                Some(max) if self.unended > max => Err(Unended),
                _ => Ok(None),
            };
        };
        self.newline_seen = true;
        let end = self.searched + offset;
        let line = std::mem::replace(&mut self.start, end + 1)..end;
        let length = std::mem::take(&mut self.unended) + offset;
        self.searched = self.start;
        if std::mem::take(&mut self.discarding) || max_line.is_some_and(|max| length > max) {
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(decode(&self.received[line])))
    }

    /// Takes what is waiting as a line although its end has not come.
    pub fn take_partial(&mut self) -> Option<Line> {
        let line = self.has_partial().then(|| decode(self.partial()));
        *self = Self { newline_seen: self.newline_seen, ..Self::default() };
        line
    }

    /// Gives memory back: none is held when nothing waits.
    fn release(&mut self) {
        if self.start == self.received.len() {
            self.received = Vec::new();
        } else {
            self.received.drain(..self.start);
        }
        self.searched -= self.start;
        self.start = 0;
    }
}

fn decode(bytes: &[u8]) -> Line {
    let stripped;
    let bytes = if bytes.contains(&IAC) {
        stripped = strip_telnet(bytes);
        &stripped
    } else {
        bytes
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Line::Text(text.trim_end_matches('\r').to_owned()),
        Err(_) => Line::NotUtf8,
    }
}

// RFC 854: "interpret as command", and the commands that take more than themselves.
const IAC: u8 = 255;
const SUBNEGOTIATION: u8 = 250;
const SUBNEGOTIATION_END: u8 = 240;
const WILL: u8 = 251;
const DONT: u8 = 254;

/// Removes telnet negotiation from a line. A sequence ends with its line at the latest, so that garbage cannot swallow the next.
fn strip_telnet(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != IAC {
            text.push(byte);
            continue;
        }
        match rest.next() {
            Some(IAC) => text.push(IAC),
            Some(WILL..=DONT) => {
                rest.next();
            }
            Some(SUBNEGOTIATION) => {
                while rest.next().is_some_and(|byte| byte != SUBNEGOTIATION_END) {}
            }
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All lines of a stream that arrives in these pieces.
    fn lines(pieces: &[&[u8]], max_line: usize) -> Vec<Line> {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        for piece in pieces {
            splitter.feed(piece);
            while let Some(line) = splitter.next_line(Some(max_line), None).unwrap() {
                lines.push(line);
            }
        }
        lines
    }

    fn text(line: &str) -> Line {
        Line::Text(line.into())
    }

    #[test]
    fn telnet_and_carriage_returns_leave_no_trace() {
        let pieces: [&[u8]; 2] = [b"\xff\xfd\x01\xff\xfa\x18\x00VT100\xff\xf0ad", b"a\r\n"];
        assert_eq!(lines(&pieces, 100), [text("ada")]);
    }

    #[test]
    fn bad_lines_are_named_and_the_next_one_is_whole() {
        let pieces: [&[u8]; 3] = [b"\xc3\x28\n0123456789", b"01\nok\n\xff\xfa", b"\x01\nfine\n"];
        assert_eq!(
            lines(&pieces, 10),
            [Line::NotUtf8, Line::TooLong, text("ok"), text(""), text("fine")]
        );
    }

    #[test]
    fn nothing_is_held_while_nothing_waits() {
        let mut splitter = LineSplitter::default();
        splitter.feed(b"hello\n");
        assert_eq!(splitter.next_line(None, None), Ok(Some(text("hello"))));
        assert_eq!(splitter.next_line(None, None), Ok(None));
        assert_eq!(splitter.received.capacity(), 0);
    }

    #[test]
    fn endless_lines_hold_no_memory_and_end() {
        let mut splitter = LineSplitter::default();
        for _ in 0..8 {
            splitter.feed(&[b'x'; 1000]);
            assert_eq!(splitter.next_line(Some(4096), Some(8192)), Ok(None));
            assert!(splitter.received.capacity() <= 8192);
        }
        splitter.feed(&[b'x'; 1000]);
        assert_eq!(splitter.next_line(Some(4096), Some(8192)), Err(Unended));
    }

    #[test]
    fn a_bare_chunk_can_be_taken_as_a_line_until_a_newline_was_seen() {
        let mut splitter = LineSplitter::default();
        splitter.feed(b"ada");
        assert_eq!(splitter.next_line(None, None), Ok(None));
        assert!(splitter.is_bare() && splitter.has_partial());
        assert_eq!(splitter.take_partial(), Some(text("ada")));
        splitter.feed(b"hi\n");
        assert_eq!(splitter.next_line(None, None), Ok(Some(text("hi"))));
        assert!(!splitter.is_bare());
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_lines_are_the_same(
            stream in proptest::collection::vec(
                prop_oneof![3 => Just(b'\n'), 8 => b'a'..=b'z', 2 => any::<u8>(), 1 => Just(IAC)], 0..300),
            cuts in proptest::collection::vec(0usize..300, 0..20),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]).collect();
            prop_assert_eq!(lines(&pieces, 20), lines(&[&stream], 20));
        }

        #[test]
        fn whatever_came_before_the_line_after_it_is_whole(
            garbage in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let stream = [garbage.as_slice(), b"\nhello\n"].concat();
            prop_assert_eq!(lines(&[&stream], 50).pop(), Some(text("hello")));
        }
    }
}
