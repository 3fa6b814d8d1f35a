//! What the kernel can tell of a server, by way of the tools that ask it: `ss` for its writes, `strace` for its system calls.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Pid, Signal};

/// How many segments with data the sockets of a server have sent: on loopback one for each write, as long as the receiver reads. `None`
/// where `ss` is not installed.
pub(crate) fn segments(server: SocketAddr) -> Option<u64> {
    let filter = format!("sport = :{}", server.port());
    let output = Command::new("ss").args(["-tniH", &filter]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let counts = text.split_whitespace().filter_map(|word| word.strip_prefix("data_segs_out:"));
    let segments: u64 = counts.filter_map(|count| count.parse::<u64>().ok()).sum();
    (segments > 0).then_some(segments)
}

/// `strace -c` on a server. It slows what it watches down several times over, so it counts but does not measure.
pub(crate) struct Strace {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Strace {
    /// Begins to count.
    ///
    /// # Errors
    /// When strace is not installed or may not watch the server.
    pub(crate) fn attach(server: u32) -> io::Result<Self> {
        let mut child = Command::new("strace")
            .args(["-c", "-f", "-p", &server.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::other(format!("strace cannot be run: {error}")))?;
        let stderr = child.stderr.take().ok_or_else(|| io::Error::other("strace has no output"))?;
        let mut strace = Self { child, stderr: BufReader::new(stderr) };
        let mut line = String::new();
        strace.stderr.read_line(&mut line)?;
        match line.contains(" attached") {
            true => Ok(strace),
            false => Err(io::Error::other(line.trim().to_owned())),
        }
    }

    /// Lets the server go; returns how often it made each system call.
    pub(crate) fn detach(mut self) -> io::Result<Vec<(String, u64)>> {
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            rustix::process::kill_process(id, Signal::INT)?;
        }
        let mut text = String::new();
        self.stderr.read_to_string(&mut text)?;
        self.child.wait()?;
        // % time, seconds, usecs/call, calls, errors (or nothing), name
        let row = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, calls) = (*words.last()?, words.get(3)?.parse().ok()?);
            words.first()?.parse::<f64>().ok().filter(|_| name != "total")?;
            Some((name.to_owned(), calls))
        };
        Ok(text.lines().filter_map(row).collect())
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // It may have ended by itself, and lets go of what it watches.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
