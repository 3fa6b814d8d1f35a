//! A connection of which only the bytes count: for what is no chat client.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::{PATIENCE, pause};

/// So long between two pieces that a server that waits for nothing reads them one by one.
const BETWEEN: Duration = Duration::from_millis(30);

/// Connects from an address of this machine, and sends something; on Linux all of 127.0.0.0/8 are.
///
/// # Panics
/// When nobody listens there.
pub fn connect_from(source: IpAddr, address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there are sockets");
    socket.bind(&SocketAddr::new(source, 0).into()).expect("it is of this machine");
    socket.connect(&address.into()).expect("the server listens");
    let mut stream: TcpStream = socket.into();
    // The server may have sent it away already.
    let _ = stream.write_all(bytes);
    stream
}

/// Sends pieces on a connection of their own, and returns all that comes back until the server ends it, but for a greeting that crossed with them.
///
/// # Panics
/// When it does not end.
pub fn exchanged(address: SocketAddr, pieces: &[&[u8]]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
        .expect("a socket that was just made takes options");
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            pause(BETWEEN);
        }
        // The server may have heard enough.
        let _ = stream.write_all(piece);
    }
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection did not end: {error}"),
        }
    }
    let greeting = b"Welcome to Salotto. What is your name?\n";
    answer.strip_prefix(greeting).map(<[u8]>::to_vec).unwrap_or(answer)
}
