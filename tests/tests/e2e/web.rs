//! Browsers: pages over HTTP and the JSON protocol over WebSocket, on the port that everybody else comes to.

mod access;
mod adopted;
mod folder;
mod frames;
mod handshake;
mod http;
mod limits;
mod talk;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use salotto::protocol::ErrorCode;
use salotto::{Entry, EntryKind, Event, PluginSetup, Request};
use salotto_tests::json::{hello, say};
use salotto_tests::{PATIENCE, TestServer, TestServerBuilder};
use tungstenite::protocol::{CloseFrame, Message};

/// A server that has the page.
fn server() -> TestServer {
    TestServer::builder().enable("web").open()
}

/// The same with other settings of the plugin.
fn server_with(settings: &str) -> TestServerBuilder {
    let setup = PluginSetup::new("web").settings(settings);
    TestServer::builder().server(|server| server.enable(setup))
}

/// A connection that speaks HTTP.
struct Http(BufReader<TcpStream>);

/// What a request was answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

/// Somebody in a browser.
struct Browser(tungstenite::WebSocket<TcpStream>);

impl Http {
    fn connects(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("an option");
        stream.set_read_timeout(Some(2 * PATIENCE)).expect("a timeout above zero");
        Self(BufReader::new(stream))
    }

    fn sends(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("it is taken");
    }

    /// Sends a request for a path with a few headers more, and waits for the answer.
    fn gets(&mut self, path: &str, headers: &str) -> Answer {
        self.sends(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
        self.hears()
    }

    fn hears(&mut self) -> Answer {
        self.hears_next().expect("an answer")
    }

    /// The next answer; `None` where the connection ends instead.
    fn hears_next(&mut self) -> Option<Answer> {
        self.hears_answer_to(true)
    }

    fn hears_answer_to(&mut self, has_body: bool) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match self.0.read_line(&mut head) {
                Ok(0) if head.is_empty() => return None,
                Ok(0) => panic!("the answer ends in its head: {head}"),
                Ok(_) => {}
                // It had sent more than was read.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no answer: {error}; {head}"),
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut answer = Answer { status: status.expect("a status"), head, body: Vec::new() };
        if has_body && let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse().expect("a length")];
            self.0.read_exact(&mut answer.body).expect("the whole body");
        }
        Some(answer)
    }

    fn has_ended(&mut self) -> bool {
        self.hears_next().is_none()
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }
}

impl Browser {
    fn connects(address: SocketAddr) -> Self {
        Self::tries(address, &[]).expect("the handshake is taken")
    }

    /// Connects with further headers, or says with which status that was refused.
    fn tries(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect(address).expect("the server listens");
        Self::tries_through(stream, address, headers)
    }

    fn tries_through(
        stream: TcpStream,
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        use tungstenite::client::IntoClientRequest;

        stream.set_read_timeout(Some(2 * PATIENCE)).expect("a timeout above zero");
        let mut request = format!("ws://{address}/ws").into_client_request().expect("an address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a value"));
        }
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                Err(response.status().as_u16())
            }
            Err(error) => panic!("the handshake failed: {error}"),
        }
    }

    fn enters(mut self, name: &str) -> Self {
        self.asks(hello(name, &[], None));
        self.hears_where(|event| matches!(event, Event::Entered { .. }).then_some(()));
        self
    }

    fn asks(&mut self, request: Request) {
        let text = serde_json::to_string(&request).expect("requests can be written");
        self.0.send(Message::text(text)).expect("it is taken");
    }

    fn says(&mut self, text: &str) {
        self.asks(say(text));
    }

    /// The next message: an event, or the end with its code.
    fn next(&mut self) -> Result<Event, Option<u16>> {
        self.next_or_frame().map_err(|frame| frame.map(|frame| frame.code.into()))
    }

    fn next_or_frame(&mut self) -> Result<Event, Option<CloseFrame>> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    assert!(!text.contains('\n'), "a message is one object: {text:?}");
                    return Ok(serde_json::from_str(&text).expect("an event"));
                }
                Ok(Message::Close(frame)) => {
                    return Err(frame);
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(other) => panic!("not a text: {other:?}"),
                Err(error) => panic!("the connection broke: {error}"),
            }
        }
    }

    fn hears_where<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            let event = self.next().expect("the connection goes on");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    fn hears_said(&mut self, text: &str) -> Entry {
        self.hears_where(|event| match event {
            Event::Entry(entry) => match &entry.what {
                EntryKind::Message { text: said, .. } if said == text => Some(entry.clone()),
                _ => None,
            },
            _ => None,
        })
    }

    fn hears_error(&mut self, wanted: ErrorCode) -> String {
        self.hears_where(|event| match event {
            Event::Error { code, text, .. } if *code == wanted => Some(text.clone()),
            _ => None,
        })
    }

    /// Waits for the end; the code that came with it.
    fn hears_end(&mut self) -> Option<u16> {
        self.hears_end_with_reason().0
    }

    /// Waits for the end; the code and the words that came with it.
    fn hears_end_with_reason(&mut self) -> (Option<u16>, String) {
        loop {
            if let Err(frame) = self.next_or_frame() {
                let end =
                    frame.map(|CloseFrame { code, reason }| (code.into(), reason.to_string()));
                let (code, reason) = end.unzip();
                return (code, reason.unwrap_or_default());
            }
        }
    }
}
