//! IRC in the frames of a browser: <https://ircv3.net/specs/extensions/websocket>.

use std::net::TcpStream;

use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_tests::{PATIENCE, TestServer};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::Message;
use tungstenite::{HandshakeError, WebSocket};

use super::server;

/// Connects and offers subprotocols; what the server answers is `Err` with its status where it takes none of them.
fn offers(server: &TestServer, subprotocols: &str) -> Result<(WebSocket<TcpStream>, String), u16> {
    let address = server.address();
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(2 * PATIENCE)).expect("a timeout above zero");
    let mut request = format!("ws://{address}/ws").into_client_request().expect("an address");
    let offered = subprotocols.parse().expect("a value");
    request.headers_mut().insert("sec-websocket-protocol", offered);
    match tungstenite::client(request, stream) {
        Ok((socket, response)) => {
            let chosen = response.headers()["sec-websocket-protocol"].to_str().expect("a word");
            Ok((socket, chosen.to_owned()))
        }
        Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => {
            Err(response.status().as_u16())
        }
        Err(error) => panic!("the handshake failed: {error}"),
    }
}

fn hears(socket: &mut WebSocket<TcpStream>, part: &str) -> Message {
    loop {
        let message = socket.read().expect("a frame");
        let text = String::from_utf8_lossy(&message.clone().into_data()).into_owned();
        assert!(!text.contains(['\r', '\n']), "a frame is one line without its end: {text:?}");
        if text.contains(part) {
            return message;
        }
    }
}

#[test]
fn lines_come_and_go_in_frames_one_each() {
    let server = server().enable("web").open();
    let mut nc = server.enters("carl");
    let (mut ada, chosen) = offers(&server, "chat, text.ircv3.net").expect("it is taken");
    assert_eq!(chosen, "text.ircv3.net");
    for line in ["CAP LS 302", "NICK ada", "USER ada 0 * :Ada", "CAP END", "JOIN #lobby"] {
        ada.send(Message::text(line)).expect("it is taken");
    }
    hears(&mut ada, " 001 ada ");
    assert!(hears(&mut ada, " 366 ada #lobby ").is_text());
    ada.send(Message::text("PRIVMSG #lobby :hello from a browser")).expect("it is taken");
    nc.hears("ada: hello from a browser");
    nc.says("hello");
    hears(&mut ada, ":carl!carl@salotto PRIVMSG #lobby :hello");
    ada.send(Message::Ping("are you there".into())).expect("it is taken");
    ada.send(Message::text("QUIT :so long")).expect("it is taken");
    hears(&mut ada, "ERROR :");
    assert!(ada.read().is_ok_and(|message| message.is_close()));
}

#[test]
fn whoever_offers_bytes_is_answered_in_bytes() {
    let server = server().enable("web").open();
    let (mut ada, chosen) = offers(&server, "binary.ircv3.net").expect("it is taken");
    assert_eq!(chosen, "binary.ircv3.net");
    ada.send(Message::binary(&b"NICK ada"[..])).expect("it is taken");
    ada.send(Message::binary(&b"USER ada 0 * :Ada"[..])).expect("it is taken");
    assert!(hears(&mut ada, " 001 ada ").is_binary());
}

#[test]
fn a_subprotocol_that_nobody_speaks_is_refused() {
    let server = server().enable("web").open();
    assert_eq!(offers(&server, "mqtt").map(|_| ()), Err(400));
    let without = TestServer::builder().enable("web").open();
    assert_eq!(offers(&without, "text.ircv3.net").map(|_| ()), Err(400));
}

#[test]
fn many_lines_at_once_come_whole_to_a_browser_that_reads_slowly() {
    let irc = Irc::new(IrcSettings::default()).expect("good settings");
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.rate = None;
            settings.limits.mailbox = None;
        })
        .plugin("irc", irc)
        .enable("web")
        .open();
    let (mut ada, _) = offers(&server, "text.ircv3.net").expect("it is taken");
    for line in ["NICK ada", "USER ada 0 * :Ada", "JOIN #lobby"] {
        ada.send(Message::text(line)).expect("it is taken");
    }
    hears(&mut ada, " 366 ada #lobby ");
    let mut nc = server.enters("carl");
    let count = 3000;
    for number in 0..count {
        nc.says(&format!("line {number} {}", "and so on ".repeat(20)));
    }
    nc.hears_about(&format!("carl: line {} ", count - 1));
    for number in 0..count {
        let message = ada.read().expect("a frame");
        let text = message.to_text().expect("a text").to_owned();
        if text.contains("JOIN") {
            continue;
        }
        let wanted = format!(":carl!carl@salotto PRIVMSG #lobby :line {} ", number - 1);
        assert!(text.starts_with(&wanted), "{text} is not {wanted}");
    }
}
