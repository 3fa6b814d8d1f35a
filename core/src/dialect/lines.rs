//! Bytes, in whatever pieces they arrive, to lines. Holds half a line between reads and nothing when there is none.

mod telnet;

use telnet::{IAC, Telnet};

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

impl Line {
    /// What it says, where it can be read.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::TooLong | Self::NotUtf8 => None,
        }
    }
}

/// More bytes without an end of line than the server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unended;

/// Splits a stream into lines: takes telnet's commands out and answers them, drops what is too long, and never loses the line after.
///
/// A line ends with LF, CR LF, CR NUL or a CR alone.
#[derive(Debug, Default)]
pub struct LineSplitter {
    /// What was received and not yet given out.
    received: Vec<u8>,
    /// Where the next line begins in `received`.
    start: usize,
    /// How far has been looked for an end of line.
    searched: usize,
    /// Whether an end of line was ever seen.
    end_seen: bool,
    /// Whether the last line ended with a CR, to which an LF or NUL would belong.
    after_cr: bool,
    /// Whether the line that is arriving came key by key.
    is_typed: bool,
    /// Whether the line that is arriving has been given up.
    discarding: bool,
    /// Bytes of the line that is arriving, the discarded ones included.
    unended: usize,
    /// There once a telnet command came.
    telnet: Option<Box<Telnet>>,
}

impl LineSplitter {
    /// Takes what was read at once.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !self.has_partial() {
            self.is_typed = is_one_character(bytes);
        }
        if self.telnet.is_none() && !bytes.contains(&IAC) {
            self.received.extend_from_slice(bytes);
        } else {
            self.telnet.get_or_insert_default().strip(bytes, &mut self.received);
        }
    }

    /// What telnet's requests are to be answered with, once.
    pub fn take_answers(&mut self) -> Option<Vec<u8>> {
        let answers = &mut self.telnet.as_mut()?.answers;
        (!answers.is_empty()).then(|| std::mem::take(answers))
    }

    /// Whether no end of line has ever come, so that a chunk that stands alone may be a line. What comes key by key is none.
    pub fn is_bare(&self) -> bool {
        !self.end_seen && !self.is_typed
    }

    /// Whether half a line is waiting for its end.
    pub fn has_partial(&self) -> bool {
        self.received.len() > self.start || self.discarding
    }

    /// Whether what is waiting ends inside a character, the rest of which must be on its way.
    pub fn is_cut(&self) -> bool {
        let error = std::str::from_utf8(self.partial()).err();
        error.is_some_and(|error| error.error_len().is_none())
    }

    /// Whether a whole line is waiting.
    pub fn has_line(&self) -> bool {
        // What still belongs to the line before is none.
        let from = self.searched + usize::from(self.swallows());
        self.received[from..].iter().any(is_end)
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
        if self.swallows() {
            self.start += 1;
            self.searched += 1;
            self.after_cr = false;
        }
        self.after_cr &= !self.has_partial();
        let found = self.received[self.searched..].iter().position(is_end);
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
        self.end_seen = true;
        let end = self.searched + offset;
        self.after_cr = self.received[end] == b'\r';
        let line = std::mem::replace(&mut self.start, end + 1)..end;
        let length = std::mem::take(&mut self.unended) + offset;
        self.searched = self.start;
        if std::mem::take(&mut self.discarding) || max_line.is_some_and(|max| length > max) {
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(decode(&self.received[line])))
    }

    /// Takes what is waiting as a line although its end has not come.
    pub fn take_partial(&mut self, max_line: Option<usize>) -> Option<Line> {
        if !self.has_partial() {
            return None;
        }
        let length = self.unended + self.received.len() - self.searched;
        let is_too_long = self.discarding || max_line.is_some_and(|max| length > max);
        let line = if is_too_long { Line::TooLong } else { decode(self.partial()) };
        let (end_seen, telnet) = (self.end_seen, self.telnet.take());
        *self = Self { end_seen, telnet, ..Self::default() };
        Some(line)
    }

    /// Whether the next byte belongs to the end of the line before.
    fn swallows(&self) -> bool {
        self.after_cr && matches!(self.received.get(self.start), Some(b'\n' | b'\0'))
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

fn is_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether somebody pressed one key, or a part of what it means came.
fn is_one_character(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().count() == 1,
        Err(error) => error.valid_up_to() == 0 && error.error_len().is_none(),
    }
}

fn decode(bytes: &[u8]) -> Line {
    match std::str::from_utf8(bytes) {
        Ok(text) => Line::Text(text.to_owned()),
        Err(_) => Line::NotUtf8,
    }
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
        assert_eq!(splitter.take_partial(None), Some(text("ada")));
        splitter.feed(b"hi\n");
        assert_eq!(splitter.next_line(None, None), Ok(Some(text("hi"))));
        assert!(!splitter.is_bare());
    }

    #[test]
    fn every_way_to_end_a_line_ends_one() {
        for bytes in [&b"one\ntwo\n"[..], b"one\r\ntwo\r\n", b"one\rtwo\r", b"one\r\0two\r\0"] {
            assert_eq!(lines(&[bytes], 100), [text("one"), text("two")], "{bytes:?}");
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(lines(&pieces, 100), [text("one"), text("two")], "{bytes:?} in pieces");
        }
        assert_eq!(lines(&[b"\r\n\n"], 100), [text(""), text("")]);
    }

    #[test]
    fn what_comes_key_by_key_or_is_cut_is_no_chunk() {
        let mut splitter = LineSplitter::default();
        splitter.feed(b"c");
        assert!(!splitter.is_bare());
        splitter.feed(b"arla");
        assert!(!splitter.is_bare(), "who has begun to type goes on");
        let mut splitter = LineSplitter::default();
        splitter.feed(b"ad\xc3");
        assert!(splitter.is_bare() && splitter.is_cut());
        splitter.feed(b"\xa9");
        assert!(splitter.is_bare() && !splitter.is_cut());
        let mut splitter = LineSplitter::default();
        splitter.feed(b"\xc3");
        assert!(!splitter.is_bare(), "a part of a key is a key");
    }

    #[test]
    fn a_bare_chunk_that_is_too_long_is_named_when_it_is_taken() {
        let mut splitter = LineSplitter::default();
        splitter.feed(&[b'x'; 3000]);
        assert_eq!(splitter.next_line(Some(4096), Some(8192)), Ok(None));
        splitter.feed(&[b'x'; 3000]);
        assert_eq!(splitter.next_line(Some(4096), Some(8192)), Ok(None));
        assert!(splitter.has_partial());
        assert_eq!(splitter.take_partial(Some(4096)), Some(Line::TooLong));
        splitter.feed(b"ada");
        assert_eq!(splitter.take_partial(Some(4096)), Some(text("ada")));
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_lines_are_the_same(
            stream in proptest::collection::vec(
                prop_oneof![3 => Just(b'\n'), 2 => Just(b'\r'), 8 => b'a'..=b'z', 2 => any::<u8>(), 1 => Just(IAC)], 0..300),
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
