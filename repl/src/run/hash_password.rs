//! `salotto hash-password`: turns a password into the hash that goes into the configuration. At a terminal it is typed twice and not shown;
//! otherwise it is one line of standard input.

use std::io::{self, BufRead, IsTerminal, Write};

use salotto::protocol::{ScramError, ScramKeys};
use salotto::{PasswordError, PasswordHash};
use smol::future::FutureExt;

use super::exit::Exit;
use crate::output::{print, print_error};
use crate::signals::Signals;

/// Longest password, in bytes: what a server accepts as a line.
const LONGEST: u64 = 4096;

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("no password was given; type one, or pipe one line in")]
    Nothing,
    #[error("the passwords do not match")]
    Different,
    #[error(
        "the password is longer than {LONGEST} bytes, the most that a server accepts; choose a shorter one"
    )]
    TooLong,
    #[error("interrupted")]
    Interrupted,
    #[error("cannot read the password: {0}")]
    Unreadable(#[from] io::Error),
    #[error(transparent)]
    Hash(#[from] PasswordError),
    #[error(transparent)]
    Keys(#[from] ScramError),
}

pub(crate) fn run(with_scram: bool) -> Exit {
    let password = if io::stdin().is_terminal() { typed() } else { line() };
    let password = password.map(|password| {
        // Whoever types it cannot see them, and a client may cut them off.
        let trimmed = password.trim();
        if trimmed.len() < password.len() {
            print_error("the spaces around the password were left out");
        }
        if trimmed.contains(char::is_whitespace) {
            print_error("the password has spaces, so `!login` needs it in double quotes");
        }
        trimmed.to_owned()
    });
    let made = password.and_then(|password| {
        let scram = with_scram.then(|| ScramKeys::new(&password)).transpose()?;
        Ok((PasswordHash::new(&password)?, scram))
    });
    match made {
        Ok((hash, scram)) => {
            print(hash);
            scram.into_iter().for_each(print);
            Exit::Done
        }
        Err(problem) => {
            print_error(problem);
            Exit::Failed
        }
    }
}

/// Prompts twice, on standard error: standard output may go into a file.
fn typed() -> Result<String, Problem> {
    // Ctrl+C must not leave a terminal without echo.
    let mut signals = Signals::install();
    let _hidden = echo::Hidden::new()?;
    let password = prompted("Password: ", &mut signals)?;
    if prompted("Again: ", &mut signals)? != password {
        return Err(Problem::Different);
    }
    Ok(password)
}

/// A line that is typed, unless Ctrl+C comes first.
fn prompted(prompt: &str, signals: &mut Signals) -> Result<String, Problem> {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{prompt}").and_then(|()| err.flush());
    // The thread ends with the line or with the program: a read from a terminal cannot be cancelled.
    let typed = salotto::thread::answer("password", line)?;
    let typed = async { typed.recv().await.unwrap_or(Err(Problem::Nothing)) };
    let interrupted = async {
        signals.next().await;
        Err(Problem::Interrupted)
    };
    let line = smol::block_on(typed.or(interrupted));
    // The newline that was typed was not echoed either.
    let _ = writeln!(err);
    line
}

/// One line of standard input, without its end.
fn line() -> Result<String, Problem> {
    let mut line = String::new();
    io::Read::take(io::stdin().lock(), LONGEST + 2).read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    match password.len() as u64 {
        0 => Err(Problem::Nothing),
        LONGEST.. => Err(Problem::TooLong),
        _ => Ok(password.to_owned()),
    }
}

#[cfg(unix)]
mod echo {
    use std::io;

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// Nothing that is typed is shown until this is dropped.
    pub(super) struct Hidden(Termios);

    impl Hidden {
        pub(super) fn new() -> io::Result<Self> {
            let before = tcgetattr(io::stdin())?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
            Ok(Self(before))
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        }
    }
}

#[cfg(not(unix))]
mod echo {
    use std::io;

    /// Where there is no termios, what is typed is shown.
    pub(super) struct Hidden;

    impl Hidden {
        pub(super) fn new() -> io::Result<Self> {
            crate::output::print_error(
                "what you type is shown on this system; clear the screen afterwards",
            );
            Ok(Self)
        }
    }
}
