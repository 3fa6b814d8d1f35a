//! Who the window talks with: a server, a guest on a bare socket, and a wire that can be cut.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use salotto::Server;
use salotto::Settings;

use crate::desktop::{PATIENCE, wait};
use crate::program::number_after;

/// A server on the loopback. Limits on haste are off: the tests are in a hurry.
pub(crate) fn server(port: u16) -> Server {
    server_with(port, Settings::default())
}

/// The same, with other settings than the usual ones.
pub(crate) fn server_with(port: u16, mut settings: Settings) -> Server {
    settings.limits.rate = None;
    settings.limits.mailbox = None;
    settings.rooms.timeline_entries = 65_536;
    settings.rooms.timeline_bytes = 64 * 1024 * 1024;
    // Right after a server has stopped its port may still be taken.
    let started = wait(|| {
        let server = Server::builder().settings(settings.clone());
        server.listen([format!("127.0.0.1:{port}")]).start().ok()
    });
    started.expect("there is a free port")
}

pub(crate) fn port(server: &Server) -> u16 {
    server.addresses()[0].port()
}

/// Speaks JSON over a bare socket, like a program that somebody wrote in an afternoon.
pub(crate) struct Guest {
    stream: TcpStream,
    lines: Receiver<String>,
    transcript: Vec<String>,
}

impl Guest {
    pub(crate) fn enter(port: u16, name: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server is running");
        stream.set_nodelay(true).expect("a socket has the option");
        let reading = stream.try_clone().expect("a socket can be cloned");
        let (line, lines) = channel();
        thread::spawn(move || {
            for text in BufReader::new(reading).lines().map_while(Result::ok) {
                if line.send(text).is_err() {
                    break;
                }
            }
        });
        let mut guest = Self { stream, lines, transcript: Vec::new() };
        guest.send(&format!(r#"{{"type":"hello","version":2,"name":"{name}"}}"#));
        guest.wait(&[r#""type":"entered""#]);
        guest
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).expect("the server takes it");
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.send(&format!(r#"{{"type":"say","text":"{text}"}}"#));
    }

    /// Says something and waits until the server has written it down. Returns under which id.
    pub(crate) fn say_and_wait(&mut self, text: &str) -> u64 {
        self.say(text);
        number_after(&self.wait(&[r#""type":"message""#, text]), r#""id":"#)
    }

    /// Waits for a line with all these parts.
    pub(crate) fn wait(&mut self, parts: &[&str]) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.transcript.push(line.clone());
                    if parts.iter().all(|part| line.contains(part)) {
                        return line;
                    }
                }
                Err(_) => panic!("the guest never saw {parts:?}:\n{}", self.transcript.join("\n")),
            }
        }
    }

    /// How many lines so far had all these parts.
    pub(crate) fn count(&self, parts: &[&str]) -> usize {
        self.transcript.iter().filter(|line| parts.iter().all(|part| line.contains(part))).count()
    }
}

/// Stands between the window and a server, and can be cut.
pub(crate) struct Wire {
    pub(crate) port: u16,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let ends: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let all = Arc::clone(&ends);
        // Ends with the process.
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
                        continue;
                    };
                    thread::spawn(move || {
                        // Whoever closes, closes both.
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                all.lock().expect("nobody panics with it").extend([near, far]);
            }
        });
        Self { port, ends }
    }

    /// Breaks what is connected; the next attempt gets through.
    pub(crate) fn cut(&self) {
        for end in self.ends.lock().expect("nobody panics with it").drain(..) {
            // It may be closed already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}
