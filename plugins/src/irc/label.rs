//! Answers with the label of the line that brought them: <https://ircv3.net/specs/extensions/labeled-response>.
//!
//! The hub marks where the answers to a line begin and end; the dialect, which sees all that its client alone is told in its order, gives what lies between the label: to one line as it is, to
//! several as a batch, and where there is nothing it says so. No line of IRC begins with NUL, so a mark is never an answer.

use super::capability::Capability;
use super::connection::Connection;
use super::line;

/// No longer than this, in bytes; longer ones are none.
const LONGEST: usize = 64;

const BEGIN: &[u8] = b"\0+";
const END: &[u8] = b"\0-";
const END_FOR_NOW: &[u8] = b"\0~";

const APART: &[u8] = b"\0=";

/// What the nonce of a labelled line begins with, and what ends the label in it.
const MARK: char = '@';
const MARK_END: char = '\u{1f}';

/// What comes back on what a labelled line asks for.
pub(super) fn nonce(label: &str, asked: &str) -> String {
    format!("{MARK}{label}{MARK_END}{asked}")
}

/// The label in what has come back, if there is one, and what was asked for.
pub(super) fn parted(nonce: &str) -> (Option<&str>, &str) {
    let labelled = nonce.strip_prefix(MARK).and_then(|rest| rest.split_once(MARK_END));
    labelled.map_or((None, nonce), |(label, asked)| (Some(label), asked))
}

/// Whether what comes of a line is over when it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Now,
    /// What matters is told later, under the same label.
    Later,
}

/// The label of a line, where its client may have one.
pub(super) fn of<'l>(line: &'l line::Line, connection: &Connection) -> Option<&'l str> {
    let label = line.tags.get("label").filter(|label| (1..=LONGEST).contains(&label.len()));
    label.filter(|_| connection.capabilities.has(Capability::LabeledResponse)).map(String::as_str)
}

/// The mark before the first answer.
pub(super) fn begin(label: &str) -> Vec<u8> {
    [BEGIN, label.as_bytes()].concat()
}

/// The mark after the last one.
pub(super) fn end(answered: Answered) -> Vec<u8> {
    match answered {
        Answered::Now => END.to_vec(),
        Answered::Later => END_FOR_NOW.to_vec(),
    }
}

/// A line that does not belong to the answers, though it comes among them.
pub(super) fn apart(line: &str) -> Vec<u8> {
    [APART, line.as_bytes()].concat()
}

/// Answers that are complete, under a label if there is one: for what comes later.
pub(super) fn under(label: Option<&str>, answers: String) -> Vec<Vec<u8>> {
    match label {
        None => vec![answers.into_bytes()],
        Some(label) => vec![begin(label), answers.into_bytes(), end(Answered::Now)],
    }
}

/// One answer with its label, for a line that the hub does not get to see.
pub(super) fn labelled(label: &str, answer: &str) -> Vec<u8> {
    let (mut tag, mut out) = (String::from("label="), Vec::new());
    line::escape(label, &mut tag);
    tagged(&tag, answer, &mut out);
    out
}

/// What the dialect has gathered between two marks.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    open: Option<(String, Vec<u8>)>,
    /// So many batches there were.
    batches: u64,
}

impl Gathered {
    /// Takes an answer, or a mark.
    pub(super) fn take(&mut self, bytes: &[u8], connection: &Connection, out: &mut Vec<u8>) {
        if let Some(label) = bytes.strip_prefix(BEGIN) {
            self.open = Some((String::from_utf8_lossy(label).into_owned(), Vec::new()));
        } else if bytes == END || bytes == END_FOR_NOW {
            if let Some((label, gathered)) = self.open.take() {
                let is_over = bytes == END;
                self.give(&label, &String::from_utf8_lossy(&gathered), is_over, connection, out);
            }
        } else if let Some(line) = bytes.strip_prefix(APART) {
            out.extend_from_slice(line);
        } else {
            self.space(out).extend_from_slice(bytes);
        }
    }

    /// Where what the client is told goes now.
    pub(super) fn space<'o>(&'o mut self, out: &'o mut Vec<u8>) -> &'o mut Vec<u8> {
        match &mut self.open {
            Some((_, gathered)) => gathered,
            None => out,
        }
    }

    /// Gives what is told later of a line, with its label.
    pub(super) fn give_later(
        &mut self,
        label: &str,
        lines: &[u8],
        connection: &Connection,
        out: &mut Vec<u8>,
    ) {
        match self.open {
            Some(_) => self.space(out).extend_from_slice(lines),
            None => self.give(label, &String::from_utf8_lossy(lines), true, connection, out),
        }
    }

    /// Gives what there is as it is: the connection ends.
    pub(super) fn let_go(&mut self, out: &mut Vec<u8>) {
        if let Some((_, gathered)) = self.open.take() {
            out.extend_from_slice(&gathered);
        }
    }

    fn give(
        &mut self,
        label: &str,
        lines: &str,
        is_over: bool,
        connection: &Connection,
        out: &mut Vec<u8>,
    ) {
        let (host, lines) = (connection.host(), lines.split_inclusive("\r\n").collect::<Vec<_>>());
        let mut tag = String::from("label=");
        line::escape(label, &mut tag);
        match lines[..] {
            [] if is_over => tagged(&tag, &format!(":{host} ACK\r\n"), out),
            [] => {}
            [line] => tagged(&tag, line, out),
            // What comes is a batch already.
            [first, ..] if first.contains(" BATCH +") => {
                tagged(&tag, first, out);
                lines[1..].iter().for_each(|line| out.extend_from_slice(line.as_bytes()));
            }
            [..] if !connection.capabilities.has(Capability::Batch) => {
                lines.iter().for_each(|line| tagged(&tag, line, out));
            }
            [..] => {
                self.batches += 1;
                let batch = format!("l{}", self.batches);
                tagged(&tag, &format!(":{host} BATCH +{batch} labeled-response\r\n"), out);
                let inside = format!("batch={batch}");
                lines.iter().for_each(|line| tagged(&inside, line, out));
                out.extend_from_slice(format!(":{host} BATCH -{batch}\r\n").as_bytes());
            }
        }
    }
}

/// Appends a line with one tag more.
fn tagged(tag: &str, line: &str, out: &mut Vec<u8>) {
    let line = match line.strip_prefix('@') {
        Some(rest) => format!("@{tag};{rest}"),
        None => format!("@{tag} {line}"),
    };
    out.extend_from_slice(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn given(answers: &[&str], last: Answered) -> String {
        let connection = Connection::new(Arc::default(), Arc::default(), false);
        connection.capabilities.change("batch labeled-response", &connection.setup.offer());
        let (mut gathered, mut out) = (Gathered::default(), Vec::new());
        gathered.take(&begin("a;b"), &connection, &mut out);
        for answer in answers {
            gathered.take(answer.as_bytes(), &connection, &mut out);
        }
        gathered.take(&end(last), &connection, &mut out);
        gathered.take(b"after\r\n", &connection, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_answer_has_the_label_and_several_are_a_batch_that_has_it() {
        assert_eq!(given(&["one\r\n"], Answered::Now), "@label=a\\:b one\r\nafter\r\n");
        assert_eq!(
            given(&["one\r\n", "@time=0 two\r\nthree\r\n"], Answered::Now),
            "@label=a\\:b :salotto BATCH +l1 labeled-response\r\n@batch=l1 one\r\n@batch=l1;time=0 two\r\n@batch=l1 three\r\n:salotto BATCH -l1\r\nafter\r\n"
        );
        assert_eq!(
            given(&[":s BATCH +h chathistory #c\r\n@batch=h one\r\n"], Answered::Now),
            "@label=a\\:b :s BATCH +h chathistory #c\r\n@batch=h one\r\nafter\r\n"
        );
    }

    #[test]
    fn where_there_is_no_answer_that_is_said_unless_one_comes_later() {
        assert_eq!(given(&[], Answered::Now), "@label=a\\:b :salotto ACK\r\nafter\r\n");
        assert_eq!(given(&[], Answered::Later), "after\r\n");
    }
}
