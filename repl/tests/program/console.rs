//! A terminal for tests: a pseudo-terminal, and an emulator that knows what a person would see.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::harness::{Folder, PATIENCE};

pub(crate) const ROWS: u16 = 24;
pub(crate) const COLUMNS: u16 = 80;
pub(crate) const UP: &str = "\x1b[A";
pub(crate) const TAB: &str = "\t";
pub(crate) const ENTER: &str = "\r";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const CTRL_U: &str = "\x15";

/// The program at a terminal.
pub(crate) struct Console {
    pub(crate) child: Child,
    pub(crate) keyboard: File,
    pub(crate) screen: Arc<(Mutex<Emulator>, Condvar)>,
}

/// What the terminal shows.
pub(crate) struct Emulator {
    pub(crate) parser: vt100::Parser,
    /// Whether the program has let go of it.
    is_closed: bool,
}

impl Console {
    pub(crate) fn open(folder: &Folder, args: &[&str]) -> Self {
        Self::open_with(folder, args, &[])
    }

    pub(crate) fn open_with(folder: &Folder, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave: OwnedFd = OpenOptions::new().read(true).write(true).open(path).unwrap().into();
        let child = folder
            .command(args)
            .envs(variables.iter().copied())
            .stdin(Stdio::from(slave.try_clone().unwrap()))
            .stdout(Stdio::from(slave.try_clone().unwrap()))
            .stderr(Stdio::from(slave))
            .spawn()
            .unwrap();
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().unwrap();
        let emulator = Emulator { parser: vt100::Parser::new(ROWS, COLUMNS, 0), is_closed: false };
        let screen = Arc::new((Mutex::new(emulator), Condvar::new()));
        let painted = screen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The terminal ends with an error when the program closes it.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                painted.0.lock().unwrap().parser.process(&bytes[..count]);
                painted.1.notify_all();
            }
            painted.0.lock().unwrap().is_closed = true;
            painted.1.notify_all();
        });
        Self { child, keyboard, screen }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as it should be, and returns it.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> String {
        self.wait(what, |emulator| is_so(emulator.parser.screen()))
    }

    fn wait(&self, what: &str, is_so: impl Fn(&Emulator) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut emulator = self.screen.0.lock().unwrap();
        loop {
            let contents = emulator.parser.screen().contents();
            if is_so(&emulator) {
                return contents;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never {what}; the screen shows\n{contents}");
            emulator = self.screen.1.wait_timeout(emulator, left).unwrap().0;
        }
    }

    pub(crate) fn sees(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| screen.contents().contains(text))
    }

    /// Waits until the last line that is not empty is this one.
    pub(crate) fn ends_with(&self, line: &str) -> String {
        self.wait_until(&format!("ending with {line:?}"), |screen| {
            let contents = screen.contents();
            let mut lines = contents.lines().map(str::trim_end);
            lines.rfind(|line| !line.is_empty()) == Some(line)
        })
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        let screen = self.ends_with("salotto>");
        let line = screen.lines().find_map(|line| line.strip_prefix("listening on "));
        line.unwrap().trim().parse().unwrap()
    }

    pub(crate) fn exit_status(&mut self) -> Option<i32> {
        self.wait("ended", |emulator| emulator.is_closed);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
