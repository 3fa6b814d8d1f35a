//! The program `salotto`: a server, and the console, script or service that runs it.
//!
//! Where to look: [`cli`] is the command line, [`settings`] the configuration file, [`supervisor`] what executes a command line whoever typed
//! it, and [`control`] how a line gets there. Each way to run is a file in `run`: `inside` puts a console or a script before a server in this
//! process, `attach` and `exec` before one in another, and `serve` runs a server that has none.

pub mod cli;
mod console;
pub mod control;
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
