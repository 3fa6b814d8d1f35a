//! Printing for people, without the line editor.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something that was to be printed could not be written.
static LOST: AtomicBool = AtomicBool::new(false);
/// Whether nobody reads any more what is printed.
static CUT_OFF: AtomicBool = AtomicBool::new(false);

/// Prints a line. Where that fails the program goes on, and [fails](was_lost) at its end.
pub(crate) fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            CUT_OFF.store(true, Ordering::Relaxed);
        }
        Err(_) => LOST.store(true, Ordering::Relaxed),
    }
}

/// Whether something that was to be printed could not be written: the disk is full.
pub(crate) fn was_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Whether nobody read all that was printed.
pub(crate) fn was_cut_off() -> bool {
    CUT_OFF.load(Ordering::Relaxed)
}

/// How many columns of the terminal can be written.
pub(crate) fn columns() -> usize {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        // Some terminals go on to the next line when the last column is written.
        Ok(size) if size.ws_col >= 20 => usize::from(size.ws_col) - 1,
        _ => 79,
    }
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
