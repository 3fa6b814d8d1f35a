//! The example of a host on another runtime is built as the crate of its own that it is, visited, and interrupted. Behind a switch, because what it needs has to
//! be fetched first.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use async_channel::Receiver;
use rustix::process::{Pid, Signal, kill_process};
use salotto_tests::{Client, soon};

/// Runs the test where it is set to 1.
const SWITCH: &str = "SALOTTO_TEST_TOKIO";

#[test]
#[expect(clippy::print_stdout, reason = "it says so where nothing was tested")]
fn a_host_on_another_runtime_ends_cleanly_when_it_is_interrupted() {
    if std::env::var_os(SWITCH).is_none_or(|value| value != "1") {
        println!("skipped; {SWITCH}=1 has the example fetched, built and run");
        return;
    }
    let mut host = Host::start(&build());
    let mut ada = Client::to(host.address, "ada").enters("ada");
    ada.hears("bot: good evening, ada");
    ada.says("hello");
    ada.hears("ada: hello");
    host.interrupt();
    assert_eq!(host.says(), "stopping");
    ada.hears_about("* goodbye (");
    ada.hears_eof();
    assert_eq!(host.says(), "stopped");
    host.ends_cleanly();
}

/// Builds the example, and says where the program is.
fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("on-tokio");
    let crate_of_its_own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/examples/on-tokio");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--target-dir"])
        .arg(&target)
        .current_dir(crate_of_its_own)
        .status();
    let status = status.expect("cargo is here");
    assert!(status.success(), "the example is not built: {status}");
    target.join("debug/on-tokio")
}

/// The program while it runs. Dropping it ends it.
struct Host {
    child: Child,
    /// What it writes, line by line; closed when it has ended.
    lines: Receiver<String>,
    address: SocketAddr,
}

impl Host {
    /// Starts it on a port that the system chooses.
    fn start(program: &Path) -> Self {
        let mut child = Command::new(program)
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let output = child.stdout.take().expect("it is piped");
        let (sender, lines) = async_channel::bounded(16);
        // Ends with the program.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // A test that has failed reads no more.
                let _ = sender.send_blocking(line);
            }
        });
        let first = soon("where it listens", lines.recv()).expect("it says where it listens");
        let address = first.strip_prefix("listening on ").and_then(|rest| rest.split(';').next());
        let address = address.and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {first:?}"));
        Self { child, lines, address }
    }

    fn says(&self) -> String {
        soon("a line of it", self.lines.recv()).expect("it has not ended yet")
    }

    /// As Ctrl+C in its terminal does.
    fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
    }

    fn ends_cleanly(&mut self) {
        soon("its end", self.lines.recv()).expect_err("it has nothing more to say");
        // What it wrote to is closed by its end alone, so this does not wait.
        let status = self.child.wait().expect("it is ours");
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // One that has ended cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
