//! Dialogues with clients of IRC: what each sends, and what it is to hear, as a text.
//!
//! ```text
//! ada -> JOIN #lobby
//! ada <- :ada!ada@salotto JOIN #lobby
//! ada <- :salotto 353 ada = #lobby :*
//! ```
//!
//! `->` is sent as it is. `<-` is the next line that comes; `*` in it stands for anything. Whoever is met the first time connects, gives their name and hears all that a newcomer is told;
//! `ada (raw) -> CAP LS` connects and says nothing of itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::{PATIENCE, TestServer};

/// The clients of a dialogue, by name.
pub struct Dialogue<'s> {
    server: &'s TestServer,
    clients: BTreeMap<String, IrcClient>,
}

/// A client of IRC.
pub struct IrcClient {
    stream: BufReader<TcpStream>,
    heard: Vec<String>,
}

impl IrcClient {
    /// Connects and says nothing.
    ///
    /// # Panics
    /// When the server does not take connections.
    pub fn connects(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.address()).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
        stream.set_nodelay(true).expect("an option");
        Self { stream: BufReader::new(stream), heard: Vec::new() }
    }

    /// Connects, gives a name and hears all that a newcomer is told.
    pub fn enters(server: &TestServer, name: &str) -> Self {
        let mut client = Self::connects(server);
        client.sends(&format!("NICK {name}"));
        client.sends(&format!("USER {name} 0 * :{name}"));
        while !matches!(client.hears().split(' ').nth(1), Some("376" | "422")) {}
        client
    }

    /// Sends a line.
    ///
    /// # Panics
    /// When it is not taken.
    pub fn sends(&mut self, line: &str) {
        self.sends_bytes(format!("{line}\r\n").as_bytes());
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When they are not taken.
    pub fn sends_bytes(&mut self, bytes: &[u8]) {
        let sent = self.stream.get_mut().write_all(bytes);
        sent.unwrap_or_else(|error| panic!("{bytes:?} is not taken: {error}"));
    }

    /// The next line.
    ///
    /// # Panics
    /// When none comes.
    pub fn hears(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line);
        let heard = self.heard.join("\n");
        let count =
            read.unwrap_or_else(|error| panic!("nothing is heard ({error}) after:\n{heard}"));
        assert!(count > 0, "the connection is over after:\n{heard}");
        assert!(line.ends_with("\r\n"), "`{line}` has no end of IRC");
        let line = line.trim_end().to_owned();
        self.heard.push(line.clone());
        line
    }

    /// All lines until one matches; `*` stands for anything.
    ///
    /// # Panics
    /// When none does.
    pub fn hears_until(&mut self, pattern: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.hears());
            if lines.last().is_some_and(|line| matches(pattern, line)) {
                return lines;
            }
        }
    }
}

impl<'s> Dialogue<'s> {
    /// Nobody is there yet.
    pub fn with(server: &'s TestServer) -> Self {
        Self { server, clients: BTreeMap::new() }
    }

    /// Goes through a dialogue.
    ///
    /// # Panics
    /// When something else is heard than it says.
    pub fn goes(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (who, rest) = line
                .split_once(['-', '<'])
                .unwrap_or_else(|| panic!("`{line}` is no line of a dialogue"));
            let (name, is_raw) = match who.trim().strip_suffix("(raw)") {
                Some(name) => (name.trim(), true),
                None => (who.trim(), false),
            };
            let server = self.server;
            let client = self.clients.entry(name.to_owned()).or_insert_with(|| match is_raw {
                true => IrcClient::connects(server),
                false => IrcClient::enters(server, name),
            });
            if let Some(sent) = rest.strip_prefix('>') {
                client.sends(sent.trim_start());
            } else if let Some(pattern) = rest.strip_prefix('-') {
                let pattern = pattern.trim_start();
                let heard = client.hears();
                assert!(
                    matches(pattern, &heard),
                    "{name} was to hear\n  {pattern}\nand heard\n  {heard}"
                );
            }
        }
    }

    /// One of them.
    ///
    /// # Panics
    /// When nobody is called so.
    pub fn client(&mut self, name: &str) -> &mut IrcClient {
        self.clients.get_mut(name).unwrap_or_else(|| panic!("{name} has not come"))
    }
}

/// Whether a line is as a pattern says, in which `*` stands for anything.
pub fn matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
