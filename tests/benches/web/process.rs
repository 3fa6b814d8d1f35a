//! A server as a child process, watched through `/proc` and ended with this one.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal};
use salotto::{PluginSetup, Server, Settings};

use crate::{Outcome, bare};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Our server with the page.
    Server,
    /// The same with a page of 4 MiB.
    Large,
    /// A bare loop of tungstenite.
    Bare,
}

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    pub(crate) fn start(kind: Kind) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", &format!("{kind:?}")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        Ok(Self { child, address: line.trim().parse()? })
    }

    /// The time that its threads have run so far.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let ran = text.split_whitespace().next().ok_or("no run time")?;
            nanoseconds += ran.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Its own memory in bytes, without what the kernel keeps for its sockets.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        Ok(field(&text, "Pss:")? * 1024)
    }

    /// How often its threads have gone to sleep, and so were woken.
    pub(crate) fn wakeups(&self) -> Outcome<u64> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let status = fs::read_to_string(task?.path().join("status"))?;
            sum += field(&status, "voluntary_ctxt_switches:")?;
        }
        Ok(sum)
    }

    /// How many file descriptors it holds.
    pub(crate) fn descriptors(&self) -> Outcome<usize> {
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

/// The child's side: listens, says where on standard output, and serves until it is killed.
pub(crate) fn serve(kind: &str) -> Outcome<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if kind == "Bare" {
        return bare::serve(announce);
    }
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("index.html"), vec![b'x'; 4 * 1024 * 1024])?;
    let web = match kind {
        "Large" => PluginSetup::new("web").settings(format!("(root: {:?})", folder.path())),
        _ => PluginSetup::new("web"),
    };
    let server = Server::builder()
        .settings(open_settings())
        .catalog(salotto_plugins::catalog())
        .enable(web)
        .listen(["127.0.0.1:0"])
        .start()?;
    announce(server.addresses()[0])?;
    loop {
        std::thread::park();
    }
}

fn announce(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "{address}")
}

/// The defaults with everything lifted that would stop a load generator.
fn open_settings() -> Settings {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    limits.rate = None;
    limits.connections_per_address = None;
    limits.new_connections_per_minute = None;
    limits.ping_after = Some(Duration::from_secs(600));
    limits.gone_after = Some(Duration::from_secs(1200));
    settings
}

/// Lets this process and its children open as many files as it may.
pub(crate) fn raise_open_files() -> io::Result<()> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    Ok(rustix::process::setrlimit(Resource::Nofile, raised)?)
}

fn field(text: &str, name: &str) -> Outcome<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()).ok_or("no such field")?;
    Ok(number.parse()?)
}
