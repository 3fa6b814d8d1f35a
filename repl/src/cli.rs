//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
#[cfg(feature = "manual")]
use clap_complete::Shell;
use salotto::Name;

use crate::settings::listen_address;

/// A chat server in one command: starts the server and a console to administer it.
///
/// Without a subcommand the server starts and the console opens; `help` there lists its commands. Input that is not a
/// terminal is read as a script: one command a line; `#` begins a comment.
///
/// Exit status: 0 done, 1 a command failed, 2 wrong usage or configuration, 3 no server is running.
#[derive(Debug, Parser)]
#[command(name = "salotto", version)]
pub struct Cli {
    /// What to do instead of opening the console
    #[command(subcommand)]
    pub task: Option<Task>,

    /// Configuration file [default: salotto.ron in this folder, otherwise the built-in defaults]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Address to listen on instead of the configured ones, e.g. 127.0.0.1:53000; port 0 lets the system choose; can be repeated
    #[arg(long, global = true, value_name = "ADDR", value_parser = listen_address)]
    pub listen: Vec<String>,

    /// Control socket of the server [default: salotto/control in $XDG_RUNTIME_DIR]
    #[arg(long, global = true, value_name = "PATH")]
    pub control: Option<PathBuf>,

    /// Who you are: the name under which what you do is recorded and shown [default: your user name where you attach, otherwise `server.operator_name`]
    #[arg(long, global = true, value_name = "NAME", value_parser = operator)]
    pub operator: Option<Name>,

    /// Open the console without starting the server; `start` starts it
    #[arg(long)]
    pub no_start: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Write a configuration file with every setting, its default and an explanation
    Init {
        /// The file [default: salotto.ron]
        file: Option<PathBuf>,

        /// Overwrite the file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Check a configuration file for mistakes; opens no port
    Check {
        /// The file [default: the one that would be used]
        file: Option<PathBuf>,
    },
    /// Run the server without a console, for systemd and containers; SIGTERM and SIGINT stop it, SIGHUP reloads the configuration
    Serve,
    /// Open a console on a running server; `detach` or Ctrl+D leaves it running
    Attach,
    /// Execute commands on a running server: each argument is one command or, without any, each line of standard input
    Exec {
        /// Print the answer of each command as one JSON value on a line of its own
        #[arg(long)]
        json: bool,

        /// A command as typed at the console, in quotes, e.g. 'kick bob' 'status'
        #[arg(value_name = "COMMAND")]
        lines: Vec<String>,
    },
    /// Copy the database to a file and check the copy; the server may be running
    Backup {
        /// The file, which must not exist
        file: PathBuf,
    },
    /// Put a backup in the place of the database, which is kept beside it; no server may use it
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Show the certificate for TLS, make another, or export it for those who want to trust it
    #[cfg(feature = "tls")]
    Cert {
        /// What to do [default: show]
        #[command(subcommand)]
        task: Option<CertTask>,
    },
    /// Look for servers on the local network for 3 seconds and print each with its address; exit status 1 if there is none
    #[cfg(feature = "discovery")]
    Find {
        /// Look on this network interface alone, e.g. eth0; can be repeated [default: all that lead to other machines]
        #[arg(long = "interface", value_name = "NAME")]
        interfaces: Vec<String>,
    },
    /// Print the manual page: `salotto man > salotto.1`
    #[cfg(feature = "manual")]
    Man,
    /// Ask for a password, or read one from standard input, and print its hash for the configuration
    HashPassword {
        /// Print the keys for SCRAM-SHA-256 as well, on a second line: what `scram` of an account holds
        #[arg(long)]
        scram: bool,
    },
    /// Print a completion script for a shell
    #[cfg(feature = "manual")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What `salotto cert` does.
#[cfg(feature = "tls")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Subcommand)]
pub enum CertTask {
    /// Show file, names, dates and fingerprint
    #[default]
    Show,
    /// Make another certificate that is signed by itself; whoever trusted the one before is asked again
    Renew,
    /// Print the certificate without its key, or write it to a file
    Export {
        /// The file, which must not exist
        file: Option<PathBuf>,
    },
}

/// The address may be a host name, so only the port is checked here. A port alone means every address.
fn operator(text: &str) -> Result<Name, String> {
    text.parse::<Name>().map_err(|error| error.to_string())
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
