//! The program `salotto`: a server, and the console, script or service that runs it.
//!
//! Where to look: [`cli`] is the command line, [`settings`] the configuration file, [`supervisor`] owns the server and executes commands, and
//! [`control`] carries them there. Each way to run is a file in `run`: `local` runs a server in this process with a console or a script,
//! `attach` and `exec` control one in another process, and `serve` runs a server without a console.

pub mod cli;
mod cluster;
mod console;
pub mod control;
pub mod database;
mod folders;
mod logging;
mod output;
mod render;
mod run;
pub mod settings;
mod signals;
pub mod supervisor;

pub use logging::Diagnostics;
pub use run::{Exit, run};

#[cfg(not(unix))]
compile_error!(
    "the program needs a Unix system: its control socket and its signals are of that kind"
);
