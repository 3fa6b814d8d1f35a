//! Chat on the HTTP server that a program has already: `/chat` is upgraded by the program and given to the room, everything else is its own.
//! Whatever HTTP library it is that accepts and upgrades, it hands out the socket in the end; here it is the standard library's.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use salotto::{Handle, Incoming, Peer, PluginSetup, Server};
use tungstenite::handshake::derive_accept_key;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:8080")?;
    let server = chat()?;
    serve(&listener, &server.handle());
    Ok(())
}

/// A room that listens nowhere.
pub fn chat() -> Result<Server, Box<dyn std::error::Error>> {
    let catalog = salotto_plugins::catalog();
    let nowhere = Vec::<String>::new();
    Ok(Server::builder()
        .listen(nowhere)
        .catalog(catalog)
        .enable(PluginSetup::new("web"))
        .start()?)
}

/// Answers who connects, one after the other, until nobody can any more.
pub fn serve(listener: &TcpListener, chat: &Handle) {
    while let Ok((stream, address)) = listener.accept() {
        // Who has left meanwhile, or is not let in, concerns nobody else.
        let _ = answer(stream, Peer::Network(address), chat);
    }
}

fn answer(
    mut stream: TcpStream,
    peer: Peer,
    chat: &Handle,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (path, key) = request(&mut reader)?;
    match (path.as_str(), key) {
        ("/chat", Some(key)) => {
            let accept = derive_accept_key(key.as_bytes());
            write!(
                stream,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )?;
            let early = reader.buffer().to_vec();
            let incoming = Incoming::tcp(stream, peer).protocol("websocket").received(early);
            smol::block_on(chat.adopt(incoming))?;
        }
        _ => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nmy own page\n")?,
    }
    Ok(())
}

/// What is asked for, and the key of a handshake. A real server checks more: `Origin` above all, or any page may connect.
fn request(reader: &mut impl BufRead) -> io::Result<(String, Option<String>)> {
    let mut lines = reader.lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut key = None;
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("sec-websocket-key") => {
                key = Some(value.to_owned());
            }
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    Ok((path, key))
}
