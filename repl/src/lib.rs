//! The program `salotto`: a house, and the console, script or service that runs it.
//!
//! Where to look: [`cli`] is the command line, [`settings`] the configuration file, [`steward`] what executes a command line whoever typed
//! it; the fronts are `console`, `script` and `serve`.

pub mod cli;
mod console;
mod hash_password;
mod helper;
mod logging;
mod render;
mod script;
mod serve;
pub mod settings;
mod signals;
pub mod steward;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;

use cli::{Cli, Task};
use salotto_plugins as plugins;
use settings::{DEFAULT_FILE, DEFAULT_TEXT, Source};
use steward::{OpenError, Steward};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Done,
    /// A command failed, or the house did not open.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
        })
    }
}

/// Does what the command line asks for.
pub fn run(cli: Cli) -> Exit {
    let source = |file| Source::new(file, plugins::catalog(), plugins::default_set());
    match cli.task {
        Some(Task::Init { file, force }) => {
            init(&file.or(cli.config).unwrap_or(DEFAULT_FILE.into()), force)
        }
        Some(Task::Check { file }) => check(&source(file.or(cli.config))),
        Some(Task::HashPassword) => hash_password::run(),
        Some(Task::Completions { shell }) => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "salotto", &mut text);
            say(String::from_utf8_lossy(&text).trim_end());
            Exit::Done
        }
        Some(Task::Serve) => {
            let steward = Steward::new(source(cli.config), cli.listen);
            smol::block_on(serve::run(&steward))
        }
        None => {
            let source = source(cli.config);
            // Wrong from the start is not worth a console, also where the house is to open later.
            if let Err(error) = source.load() {
                complain(error);
                return Exit::Usage;
            }
            let steward = Arc::new(Steward::new(source, cli.listen));
            if io::stdin().is_terminal() {
                smol::block_on(console::run(steward, !cli.no_start))
            } else {
                smol::block_on(script::run(&steward, !cli.no_start))
            }
        }
    }
}

fn init(path: &Path, force: bool) -> Exit {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(DEFAULT_TEXT.as_bytes()));
    let path = path.display();
    match written {
        Ok(()) => {
            say(format_args!("wrote {path}"));
            Exit::Done
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            complain(format_args!("`{path}` is there already; `--force` overwrites it"));
            Exit::Failed
        }
        Err(error) => {
            complain(format_args!("cannot write `{path}`: {error}"));
            Exit::Failed
        }
    }
}

fn check(source: &Source) -> Exit {
    let Some(path) = source.path() else {
        complain(format_args!("there is no `{DEFAULT_FILE}` here; `salotto init` writes one"));
        return Exit::Usage;
    };
    match source.load() {
        Ok(_) => {
            say(format_args!("{} is fine", path.display()));
            Exit::Done
        }
        Err(error) => {
            complain(error);
            Exit::Usage
        }
    }
}

/// Why the house did not open, as an exit status.
fn exit_of(error: &OpenError) -> Exit {
    match error {
        OpenError::Config(_) => Exit::Usage,
        OpenError::Start(_) | OpenError::AlreadyOpen => Exit::Failed,
    }
}

/// Prints a line for people. Nobody may be listening (`salotto completions bash | head`), which is no reason to fail.
fn say(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a line for people where something went wrong.
fn complain(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether colours are wanted: not where `NO_COLOR` is set or the terminal knows none.
fn wants_colours(is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_set("NO_COLOR") && !is_dumb
}

/// Where the console keeps its history, by the XDG conventions.
fn history_file() -> Option<PathBuf> {
    let from = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = from("XDG_STATE_HOME").or_else(|| Some(from("HOME")?.join(".local/state")))?;
    Some(state.join("salotto/history"))
}
