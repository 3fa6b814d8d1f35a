//! `WEBIRC password gateway host address [:options]`: a gateway that is trusted says for whom it speaks, before anything else. From there on limits, bans and reports are about that address, as with the PROXY
//! header; who is no such gateway, or has not the password, is let go.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use salotto::dialect::{
    Answer, Decoder, Joining, Opening, Protocol, Recognition, Visited, Visitor,
};
use salotto::{Limits, Network, Peer};
use serde::Deserialize;

use super::IrcSettings;
use super::connection::Connection;
use super::decoder::LineDecoder;
use super::dialect::IrcDialect;
use super::line::Line;
use super::setup::Setup;

/// What such a gateway says first.
const WORD: &[u8] = b"WEBIRC ";
/// Most bytes of that line.
const LONGEST: usize = 512;

/// Gateways that are trusted.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// What they show.
    pub password: String,
    /// From where: addresses and networks, e.g. `["10.0.0.5"]`.
    pub from: Vec<Network>,
}

/// Without the password.
impl std::fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gateway").field("from", &self.from).finish_non_exhaustive()
    }
}

/// How gateways are known, and what becomes of what they bring.
#[derive(Debug)]
pub(super) struct Gateways {
    settings: Arc<IrcSettings>,
    setup: Arc<Setup>,
}

/// One connection until its first line is there.
struct Waiting {
    settings: Arc<IrcSettings>,
    setup: Arc<Setup>,
    peer: Peer,
    is_encrypted: bool,
    limits: Limits,
    received: Vec<u8>,
}

impl Gateways {
    pub(super) fn new(settings: Arc<IrcSettings>, setup: Arc<Setup>) -> Self {
        Self { settings, setup }
    }
}

impl Protocol for Gateways {
    fn name(&self) -> &str {
        "webirc"
    }

    fn recognise(&self, first: &[u8]) -> Recognition {
        let known = first.len().min(WORD.len());
        match first[..known].eq_ignore_ascii_case(&WORD[..known]) {
            true if known == WORD.len() => Recognition::Yes,
            true => Recognition::NeedMore,
            false => Recognition::No,
        }
    }

    fn open(&self, peer: Peer, is_encrypted: bool, limits: &Limits) -> Opening {
        Opening::Visit(Box::new(Waiting {
            settings: self.settings.clone(),
            setup: self.setup.clone(),
            peer,
            is_encrypted,
            limits: limits.clone(),
            received: Vec::new(),
        }))
    }

    fn takes_visits(&self) -> bool {
        true
    }
}

impl Waiting {
    /// Whom the line is for, and whether they reach the gateway over TLS; or why it is not believed.
    fn client(&self, line: &Line) -> Result<(SocketAddr, bool), &'static str> {
        let Peer::Network(gateway) = self.peer else {
            return Err("this is no gateway");
        };
        let password = line.parameter(0).unwrap_or_default();
        let is_from = |trusted: &&Gateway| {
            trusted.from.iter().any(|network| network.contains(gateway.ip().to_canonical()))
        };
        let mut trusted = self.settings.webirc.iter().filter(is_from);
        if !trusted.any(|trusted| is_same(&trusted.password, password)) {
            return Err("this is no gateway that the settings list, or not its password");
        }
        let address = line.parameter(3).unwrap_or_default().parse::<IpAddr>();
        let address = address.map_err(|_| "the fourth parameter of WEBIRC is no address")?;
        let options = line.parameter(4).unwrap_or_default();
        let is_secure = options.split(' ').any(|option| option == "secure");
        Ok((SocketAddr::new(address.to_canonical(), gateway.port()), is_secure))
    }

    fn join(&self, client: SocketAddr, is_secure: bool, rest: &[u8]) -> Visited {
        // What is said on the way to the gateway, and from there to here.
        let is_encrypted = is_secure && (self.is_encrypted || self.peer.is_here());
        let (settings, setup) = (self.settings.clone(), self.setup.clone());
        let connection = Arc::new(Connection::new(settings, setup, is_encrypted));
        let mut decoder = LineDecoder::new(connection.clone(), &self.limits);
        decoder.feed(rest);
        Visited::Join(Box::new(Joining {
            peer: Peer::Network(client),
            is_encrypted,
            answer: Vec::new(),
            decoder: Box::new(decoder),
            dialect: Arc::new(IrcDialect::new(connection)),
        }))
    }
}

impl Visitor for Waiting {
    fn feed(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Visited> {
        let refused = |why: &str| {
            let text = format!("ERROR :Closing link ({why})\r\n");
            Some(Visited::LastAnswer(Answer::new(text, [].into())))
        };
        let Some(end) = self.received.iter().position(|byte| *byte == b'\n') else {
            return match self.received.len() > LONGEST {
                true => refused("the line is too long"),
                false => None,
            };
        };
        let line = String::from_utf8_lossy(&self.received[..end]).replace(['\0', '\r'], "");
        let Some(line) = Line::parse(&line) else { return refused("WEBIRC says for whom") };
        match self.client(&line) {
            Ok((client, is_secure)) => {
                Some(self.join(client, is_secure, &self.received[end + 1..]))
            }
            Err(why) => refused(why),
        }
    }

    fn buffered(&self) -> usize {
        self.received.len()
    }
}

/// Whether two passwords are the same, in a time that says nothing of how they begin.
fn is_same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |found, (a, b)| found | (a ^ b));
    one.len() == other.len() && differences == 0
}
