//! The two dialects that every server speaks, both a line at a time, and the one of those who speak neither. The first line chooses.

use serde::de::IgnoredAny;

use super::json::{self, Json};
use super::stray::Silent;
use super::text::{self, Text};
use super::{BadInput, Dialect, Input};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// Lines for people. What a connection is spoken to with before it has chosen.
    Text,
    /// One object a line.
    Json,
    /// Another protocol, which is told nothing but its answer.
    Stray,
}

impl Builtin {
    /// The one that the first line chooses: JSON where it is an object, and text otherwise, also where it only begins like one.
    pub(crate) fn choose(first_line: &str) -> Self {
        let line = first_line.trim();
        match line.starts_with('{') && serde_json::from_str::<IgnoredAny>(line).is_ok() {
            true => Self::Json,
            false => Self::Text,
        }
    }

    /// Whether bytes without an end of line may become an object, so that they are not a line yet.
    pub(crate) fn may_become_object(bytes: &[u8]) -> bool {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).trim_ascii_start();
        let is_cut = |error: serde_json::Error| error.is_eof();
        bytes.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(bytes).is_err_and(is_cut)
    }

    pub(crate) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Text => &Text,
            Self::Json => &Json,
            Self::Stray => &Silent,
        }
    }

    /// Understands one line.
    pub(crate) fn parse(self, line: String) -> Result<Input, BadInput> {
        match self {
            Self::Text => Ok(text::parse(line)),
            Self::Json => json::parse(&line),
            Self::Stray => Ok(Input::Nothing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_the_first_line_chooses_json() {
        for (line, chosen) in [
            (" {\"type\":\"hello\"}", Builtin::Json),
            ("{}", Builtin::Json),
            ("ada", Builtin::Text),
            ("", Builtin::Text),
            ("{quit}", Builtin::Text),
            ("{\"type\":", Builtin::Text),
            ("[1]", Builtin::Text),
        ] {
            assert_eq!(Builtin::choose(line), chosen, "{line:?}");
        }
    }

    #[test]
    fn only_what_may_become_an_object_is_waited_for() {
        for (bytes, waits) in [
            (&b"{\"type\":\"hel"[..], true),
            (b" {", true),
            (b"\xef\xbb\xbf{", true),
            (b"{quit}", false),
            (b"{\"type\":\"ping\"}", false),
            (b"ada", false),
            (b"{\"a\":\xff", false),
        ] {
            assert_eq!(Builtin::may_become_object(bytes), waits, "{bytes:?}");
        }
    }
}
