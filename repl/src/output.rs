//! Printing for people, without the line editor.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line. That nobody reads it (`salotto completions bash | head`) is no reason to fail.
pub(crate) fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints an error.
pub(crate) fn print_error(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether to use colours: not if `NO_COLOR` is set or the terminal has none.
pub(crate) fn wants_colours(is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_set("NO_COLOR") && !is_dumb
}
