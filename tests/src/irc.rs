//! Dialogues with clients of IRC: what each sends, and what it is to hear, as a text.
//!
//! ```text
//! ada -> JOIN #lobby
//! ada <- :ada!ada@salotto JOIN #lobby
//! ada <- :salotto 353 ada = #lobby :*
//! ```
//!
//! `->` is sent as it is. `<-` is the next line that comes; `*` in it stands for anything. Whoever is met the first time connects, gives their name and hears all that a newcomer is told;
//! `ada (raw) -> CAP LS` connects and says nothing of itself; `ada [server-time] -> …` chooses that first. What stands at `{id}` in a line that comes is known by that name from there on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::{PATIENCE, TestServer};

/// The clients of a dialogue, by name.
pub struct Dialogue<'s> {
    server: &'s TestServer,
    clients: BTreeMap<String, IrcClient>,
    /// What was found at `{name}`.
    found: BTreeMap<String, String>,
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
        Self::over(TcpStream::connect(server.address()).expect("the server listens"))
    }

    /// Over a connection that was made.
    ///
    /// # Panics
    /// When it takes no options.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
        stream.set_nodelay(true).expect("an option");
        Self { stream: BufReader::new(stream), heard: Vec::new() }
    }

    /// Connects, gives a name and hears all that a newcomer is told.
    pub fn enters(server: &TestServer, name: &str) -> Self {
        Self::enters_with(server, name, "")
    }

    /// The same for one that has chosen these capabilities.
    pub fn enters_with(server: &TestServer, name: &str, capabilities: &str) -> Self {
        let mut client = Self::connects(server);
        if !capabilities.is_empty() {
            client.sends(&format!("CAP REQ :{capabilities}"));
            client.sends("CAP END");
        }
        client.sends(&format!("NICK {name}"));
        client.sends(&format!("USER {name} 0 * :{name}"));
        // The last thing that a newcomer is told is the message of the day, or that there is none.
        while !matches!(
            client.hears().trim_start_matches(|c| c != ':').split(' ').nth(1),
            Some("376" | "422")
        ) {}
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
        Self { server, clients: BTreeMap::new(), found: BTreeMap::new() }
    }

    /// Goes through a dialogue.
    ///
    /// # Panics
    /// When something else is heard than it says.
    pub fn goes(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let place = [line.find("->"), line.find("<-")].into_iter().flatten().min();
            let place = place.unwrap_or_else(|| panic!("`{line}` is no line of a dialogue"));
            let (who, rest) = line.split_at(place);
            let (who, is_sent) = (who.trim(), rest.starts_with("->"));
            let text = self.with_what_was_found(rest[2..].trim_start());
            let (name, how) = who.split_once(' ').unwrap_or((who, ""));
            let server = self.server;
            let capabilities = how.strip_prefix('[').and_then(|how| how.strip_suffix(']'));
            let client = self.clients.entry(name.to_owned()).or_insert_with(|| match how {
                "(raw)" => IrcClient::connects(server),
                _ => IrcClient::enters_with(server, name, capabilities.unwrap_or_default()),
            });
            if is_sent {
                client.sends(&text);
                continue;
            }
            let heard = client.hears();
            match found(&text, &heard) {
                Some(found) => self.found.extend(found),
                None => panic!("{name} was to hear\n  {text}\nand heard\n  {heard}"),
            }
        }
    }

    fn with_what_was_found(&self, text: &str) -> String {
        self.found.iter().fold(text.to_owned(), |text, (name, found)| {
            text.replace(&format!("{{{name}}}"), found)
        })
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
    found(pattern, line).is_some()
}

/// What a line has at each `{name}` of a pattern, in which `*` stands for anything; `None` where it is another line.
fn found(pattern: &str, line: &str) -> Option<Vec<(String, String)>> {
    let (literal, rest) = match pattern.find(['*', '{']) {
        Some(place) => pattern.split_at(place),
        None => return (pattern == line).then(Vec::new),
    };
    let line = line.strip_prefix(literal)?;
    let (name, rest) = match rest.strip_prefix('{') {
        Some(named) => named.split_once('}').map(|(name, rest)| (Some(name), rest))?,
        None => (None, &rest[1..]),
    };
    let ends = line.char_indices().map(|(place, _)| place).chain([line.len()]);
    ends.into_iter().find_map(|end| {
        let mut names = found(rest, &line[end..])?;
        names.extend(name.map(|name| (name.to_owned(), line[..end].to_owned())));
        Some(names)
    })
}
