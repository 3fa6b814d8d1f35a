//! The ways to run the program, one a file, and which of them a command line asks for.

mod attach;
mod backup;
#[cfg(feature = "tls")]
mod cert;
mod check;
mod exec;
mod exit;
#[cfg(feature = "discovery")]
mod find;
mod hash_password;
mod init;
mod local;
mod script;
mod serve;

#[cfg(feature = "manual")]
use clap::CommandFactory;

use crate::cli::{Cli, Task};
#[cfg(feature = "manual")]
use crate::output::print;
use crate::output::{print_error, was_cut_off, was_lost};
use crate::settings::{DEFAULT_FILE, Source};
pub use exit::Exit;

/// Every connection takes a file descriptor, and the usual soft limit of 1024 is too low.
fn raise_open_files() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!(%error, "the limit of open files could not be raised");
    }
}

/// Does what the command line asks for. Output that was lost is a failure, but nobody need read to its end what is often
/// read in part (`salotto completions bash | head`).
pub fn run(cli: Cli) -> Exit {
    #[cfg(feature = "manual")]
    let may_be_cut_off = matches!(cli.task, Some(Task::Completions { .. } | Task::Man));
    #[cfg(not(feature = "manual"))]
    let may_be_cut_off = false;
    match run_task(cli) {
        Exit::Done if was_lost() || was_cut_off() && !may_be_cut_off => {
            print_error("the output could not be written; check the disk, or who reads it");
            Exit::Failed
        }
        exit => exit,
    }
}

fn run_task(cli: Cli) -> Exit {
    let source = |file| {
        Source::new(file, salotto_plugins::catalog(), salotto_plugins::default_set())
            .with_environment()
    };
    match cli.task {
        Some(Task::Init { file, force }) => {
            init::run(&file.or(cli.config).unwrap_or(DEFAULT_FILE.into()), force)
        }
        Some(Task::Check { file }) => check::run(&source(file.or(cli.config))),
        Some(Task::Backup { file }) => backup::backup(&source(cli.config), &file),
        Some(Task::Restore { file }) => backup::restore(&source(cli.config), &file),
        #[cfg(feature = "tls")]
        Some(Task::Cert { task }) => cert::run(&source(cli.config), task.unwrap_or_default()),
        Some(Task::HashPassword { scram }) => hash_password::run(scram),
        #[cfg(feature = "manual")]
        Some(Task::Completions { shell }) => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "salotto", &mut text);
            print(String::from_utf8_lossy(&text).trim_end());
            Exit::Done
        }
        #[cfg(feature = "discovery")]
        Some(Task::Find { interfaces }) => find::run(interfaces),
        #[cfg(feature = "manual")]
        Some(Task::Man) => {
            let mut page = Vec::new();
            // Writing to memory does not fail.
            let _ = clap_mangen::Man::new(Cli::command()).render(&mut page);
            print(String::from_utf8_lossy(&page).trim_end());
            Exit::Done
        }
        Some(Task::Serve) => {
            raise_open_files();
            serve::run(source(cli.config), cli.listen, cli.control, cli.operator)
        }
        Some(Task::Attach) => {
            let (source, control, operator) = (source(cli.config), cli.control, cli.operator);
            attach::run(attach::Options { source, control, operator })
        }
        Some(Task::Exec { lines, json }) => {
            let (source, control, operator) = (source(cli.config), cli.control, cli.operator);
            exec::run(attach::Options { source, control, operator }, exec::Commands { lines, json })
        }
        None => {
            raise_open_files();
            local::run(local::Options {
                source: source(cli.config),
                listen: cli.listen,
                control: cli.control,
                operator: cli.operator,
                start: !cli.no_start,
            })
        }
    }
}
