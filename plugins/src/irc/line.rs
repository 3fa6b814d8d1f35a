//! A line of IRC taken apart: tags, source, command, parameters. The grammar is that of <https://modern.ircdocs.horse/#message-format>.

use std::collections::BTreeMap;
use std::mem;

/// Most parameters; what comes after them belongs to the last one.
const MOST_PARAMETERS: usize = 15;

/// What a client sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// What precedes the command, by key; without a value it is empty.
    pub(super) tags: BTreeMap<String, String>,
    /// In capitals.
    pub(super) command: String,
    pub(super) parameters: Vec<String>,
}

impl Line {
    /// Takes a line apart that has neither its end nor NUL. `None` where there is no command in it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim_start_matches(' ');
        let mut tags = BTreeMap::new();
        if let Some(tagged) = rest.strip_prefix('@') {
            let (listed, after) = tagged.split_once(' ')?;
            tags = parse_tags(listed);
            rest = after.trim_start_matches(' ');
        }
        if rest.starts_with(':') {
            // Clients have no say in where a line comes from.
            rest = rest.split_once(' ')?.1.trim_start_matches(' ');
        }
        let (command, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_plain = command.bytes().all(|byte| byte.is_ascii_graphic());
        if command.is_empty() || command.starts_with(':') || !is_plain {
            return None;
        }
        let mut parameters = Vec::new();
        loop {
            rest = rest.trim_start_matches(' ');
            if rest.is_empty() {
                break;
            }
            if let Some(trailing) = rest.strip_prefix(':') {
                parameters.push(trailing.to_owned());
                break;
            }
            if parameters.len() + 1 == MOST_PARAMETERS {
                parameters.push(rest.to_owned());
                break;
            }
            let (parameter, after) = rest.split_once(' ').unwrap_or((rest, ""));
            parameters.push(parameter.to_owned());
            rest = after;
        }
        Some(Self { tags, command: command.to_ascii_uppercase(), parameters })
    }

    /// The parameter at a place, where it is there and not empty.
    pub(super) fn parameter(&self, place: usize) -> Option<&str> {
        self.parameters.get(place).map(String::as_str).filter(|parameter| !parameter.is_empty())
    }
}

/// Tags as they are written before a line, without the `@`.
pub(super) fn parse_tags(listed: &str) -> BTreeMap<String, String> {
    let tags = listed.split(';').filter(|tag| !tag.is_empty());
    let tag = |tag: &str| match tag.split_once('=') {
        None => (tag.to_owned(), String::new()),
        Some((key, value)) => (key.to_owned(), unescape(value)),
    };
    tags.map(tag).collect()
}

/// The value of a tag as it was meant.
fn unescape(value: &str) -> String {
    let mut meant = String::with_capacity(value.len());
    let mut is_escaped = false;
    for c in value.chars() {
        match (mem::take(&mut is_escaped), c) {
            (false, '\\') => is_escaped = true,
            (true, ':') => meant.push(';'),
            (true, 's') => meant.push(' '),
            (true, 'r') => meant.push('\r'),
            (true, 'n') => meant.push('\n'),
            (_, c) => meant.push(c),
        }
    }
    meant
}

/// The value of a tag as it is written.
pub(super) fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            ';' => out.push_str("\\:"),
            ' ' => out.push_str("\\s"),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(text: &str) -> Vec<String> {
        Line::parse(text).unwrap().parameters
    }

    #[test]
    fn the_last_parameter_may_have_spaces() {
        let line = Line::parse("privmsg #lobby :hello there").unwrap();
        assert_eq!(line.command, "PRIVMSG");
        assert_eq!(line.parameters, ["#lobby", "hello there"]);
        assert_eq!(parameters("TOPIC #lobby :"), ["#lobby", ""]);
        assert_eq!(parameters("JOIN  #a,#b   key "), ["#a,#b", "key"]);
    }

    #[test]
    fn a_source_is_passed_over() {
        assert_eq!(parameters(":somebody!else@there PRIVMSG bob :hi"), ["bob", "hi"]);
    }

    #[test]
    fn tags_are_read_as_they_were_meant() {
        let line = Line::parse("@label=1;+typing=a\\sb\\:\\\\;flag PING x").unwrap();
        let tags: Vec<_> = line.tags.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        assert_eq!(tags, [("+typing", "a b;\\"), ("flag", ""), ("label", "1")]);
        let mut written = String::new();
        escape("a b;\\", &mut written);
        assert_eq!(written, "a\\sb\\:\\\\");
    }

    #[test]
    fn what_follows_the_fifteenth_parameter_belongs_to_it() {
        let many = format!("WHO {}", ["x"; 20].join(" "));
        let parameters = parameters(&many);
        assert_eq!((parameters.len(), parameters[14].as_str()), (15, "x x x x x x"));
    }

    #[test]
    fn what_has_no_command_is_no_line() {
        for text in ["", "   ", ":source", "@tags", "@a b\u{e9}", ": : :", "@a=b :c"] {
            assert_eq!(Line::parse(text), None, "{text:?}");
        }
    }
}
