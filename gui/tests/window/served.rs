//! The program `salotto` as it is run, which can be stopped, changed and started again.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::desktop::wait;
use crate::home;

/// A server with a folder of its own, always at the same port. It is killed in the end.
pub(crate) struct Served {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    child: Child,
}

impl Served {
    /// With these settings, beside where it listens.
    pub(crate) fn new(settings: &str) -> Self {
        let folder = home();
        let free = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        configure(folder.path(), port, settings);
        let child = start(folder.path(), port);
        Self { folder, port, child }
    }

    pub(crate) fn restart(&mut self) {
        self.end();
        self.child = start(self.folder.path(), self.port);
    }

    /// The same with other settings.
    pub(crate) fn restart_with(&mut self, settings: &str) {
        self.end();
        configure(self.folder.path(), self.port, settings);
        self.child = start(self.folder.path(), self.port);
    }

    pub(crate) fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What a command of the program prints, of the same folder.
    pub(crate) fn prints(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(program());
        command.args(arguments).args(["--config", "salotto.ron"]).current_dir(self.folder.path());
        let output = command.output().expect("it is built");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("it is text")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
    }
}

fn configure(folder: &Path, port: u16, settings: &str) {
    let text = format!("(server: (listen: [\"127.0.0.1:{port}\"]), {settings})");
    fs::write(folder.join("salotto.ron"), text).expect("it can be written");
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_salotto-gui")).with_file_name("salotto")
}

fn start(folder: &Path, port: u16) -> Child {
    let child = Command::new(program())
        .args(["serve", "--config", "salotto.ron"])
        .current_dir(folder)
        .env("XDG_RUNTIME_DIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; gui/window-tests.sh builds it", program().display())
        });
    wait(|| TcpStream::connect(("127.0.0.1", port)).ok()).expect("the server listens");
    child
}
