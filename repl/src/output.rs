//! What the program prints for people where no editor is at work.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line for people. Nobody may be listening (`salotto completions bash | head`), which is no reason to fail.
pub(crate) fn say(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a line for people where something went wrong.
pub(crate) fn complain(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether colours are wanted: not where `NO_COLOR` is set or the terminal knows none.
pub(crate) fn wants_colours(is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_set("NO_COLOR") && !is_dumb
}
