//! The program `salotto`.

use std::process::ExitCode;

use clap::Parser;
use salotto_repl::cli::Cli;

fn main() -> ExitCode {
    salotto_repl::run(Cli::parse()).into()
}
