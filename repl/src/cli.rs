//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

/// A chat room in one command: starts the server and a console to run it from.
///
/// Without a subcommand the server starts and the console answers; `help` there lists what can be typed. Input that is not a
/// terminal is read as a script: a command a line, `#` begins a comment.
///
/// Exit status: 0 done, 1 a command failed, 2 wrong usage or configuration, 3 no server to be asked.
#[derive(Debug, Parser)]
#[command(name = "salotto", version)]
pub struct Cli {
    /// What to do instead of opening the console.
    #[command(subcommand)]
    pub task: Option<Task>,

    /// Configuration file [default: salotto.ron in this folder, else the built-in defaults]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Listen here instead of the configured addresses, e.g. 127.0.0.1:53000; port 0 lets the system choose; may be repeated
    #[arg(long, global = true, value_name = "ADDR", value_parser = address)]
    pub listen: Vec<String>,

    /// Socket through which a running server is controlled [default: salotto/control in $XDG_RUNTIME_DIR]
    #[arg(long, global = true, value_name = "PATH")]
    pub control: Option<PathBuf>,

    /// Open the console only; `start` there starts the server
    #[arg(long)]
    pub no_start: bool,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Write a configuration file with every setting, its default and what it means
    Init {
        /// Where to [default: salotto.ron]
        file: Option<PathBuf>,

        /// Overwrite the file if there is one
        #[arg(long)]
        force: bool,
    },
    /// Look for mistakes in a configuration file; opens no port
    Check {
        /// Which [default: the one that would be used]
        file: Option<PathBuf>,
    },
    /// Run the server without a console, for systemd and containers; SIGTERM and SIGINT close it, SIGHUP reloads the configuration
    Serve,
    /// Open a console on a server that runs already; `detach` or Ctrl+D leaves it running
    Attach,
    /// Execute commands on a server that runs already: each argument is one, without any each line of standard input
    Exec {
        /// Answer each command with one JSON value on a line of its own
        #[arg(long)]
        json: bool,

        /// What would be typed at the console, e.g. 'kick bob' 'status'
        #[arg(value_name = "COMMAND")]
        lines: Vec<String>,
    },
    /// Print the manual page: `salotto man > salotto.1`
    Man,
    /// Ask for a password, or read one from standard input, and print what stands for it in the configuration
    HashPassword,
    /// Print what makes a shell complete this command line
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Names may stand for addresses, so only the port is looked at here.
fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.into()),
        _ => Err("expected an address with port such as 127.0.0.1:53000".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_before_and_after_the_subcommand() {
        for line in [
            "salotto --listen [::]:0 serve --config x.ron",
            "salotto --config x.ron serve --listen [::]:0",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.listen, ["[::]:0"]);
            assert_eq!(cli.config, Some("x.ron".into()));
        }
        assert!(Cli::try_parse_from(["salotto", "--listen", "53000"]).is_err());
    }
}
