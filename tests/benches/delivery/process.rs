//! A server as a child process: this program run again, watched through `/proc`, killed when it is dropped.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, Signal};
use salotto::{Server, Settings};

use crate::limit;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The bare loop of [`limit`].
    Limit,
    /// Our server, as an embedder starts it.
    Salotto,
}

/// A running server.
pub(crate) struct Process {
    child: Child,
    kind: Kind,
    address: SocketAddr,
}

impl Process {
    /// Runs this program once more, as a server, and waits until it listens.
    pub(crate) fn start(kind: Kind) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", kind.word()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        // From here on dropping it ends the child.
        let mut process = Self { child, kind, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        process.address = line
            .trim()
            .parse()
            .map_err(|_| io::Error::other(format!("the server said `{line}`, not its address")))?;
        Ok(process)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time that its threads have run so far, in the kernel and outside.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        cpu(&self.child.id().to_string())
    }

    /// Its own memory in bytes: the proportional set size, without what the kernel keeps for its sockets.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = fs::read_to_string(path)?;
        Ok(field(&text, "Pss:")? * 1024)
    }

    /// How often its threads have gone to sleep, and so were woken.
    pub(crate) fn wakeups(&self) -> io::Result<u64> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let status = fs::read_to_string(task?.path().join("status"))?;
            sum += field(&status, "voluntary_ctxt_switches:")?;
        }
        Ok(sum)
    }

    /// How many file descriptors it holds.
    pub(crate) fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Salotto => "salotto",
        }
    }
}

/// The child's side: listens, says where on standard output, and serves until it is killed.
pub(crate) fn serve(kind: Kind) -> Result<(), Box<dyn std::error::Error>> {
    // Whatever ends the benchmark ends its servers.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    match kind {
        Kind::Limit => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            announce(listener.local_addr()?)?;
            limit::serve(listener)?;
        }
        Kind::Salotto => {
            let server =
                Server::builder().settings(open_settings()).listen(["127.0.0.1:0"]).start()?;
            announce(server.addresses()[0])?;
            loop {
                std::thread::park();
            }
        }
    }
    Ok(())
}

/// The defaults with everything lifted that would stop a load generator.
fn open_settings() -> Settings {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    limits.rate = None;
    limits.connections = None;
    limits.connections_per_address = None;
    limits.new_connections_per_minute = None;
    // So that one who does not read is not waited for half a minute.
    limits.stalled_after = Some(Duration::from_secs(5));
    settings
}

fn announce(address: SocketAddr) -> io::Result<()> {
    use std::io::Write;
    writeln!(io::stdout(), "{address}")
}

/// The time that this process has run so far.
pub(crate) fn own_cpu() -> io::Result<Duration> {
    cpu("self")
}

/// Lets this process and its children open as many files as it may.
pub(crate) fn raise_open_files() -> io::Result<u64> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    rustix::process::setrlimit(Resource::Nofile, raised)?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

fn cpu(process: &str) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let ran = text.split_whitespace().next().and_then(|ran| ran.parse::<u64>().ok());
        nanoseconds += ran.ok_or_else(|| io::Error::other("schedstat has no run time"))?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The number that follows `name` at the start of a line.
fn field(text: &str, name: &str) -> io::Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| io::Error::other(format!("there is no `{name}` in /proc")))
}
