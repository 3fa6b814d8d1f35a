//! A first client, as it is written in class: it sends what is typed without a newline and shows what one `recv` brings as one row.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::{PATIENCE, TestServer};

/// See the module.
#[derive(Debug)]
pub struct BareClient(TcpStream);

impl BareClient {
    /// Connects and says nothing.
    ///
    /// # Panics
    /// When it cannot.
    pub fn connects(server: &TestServer) -> Self {
        Self::to(server.address())
    }

    /// Connects to a server, or to what leads to one, and says nothing.
    ///
    /// # Panics
    /// When it cannot.
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("somebody listens");
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
            .expect("a socket that was just made takes options");
        Self(stream)
    }

    /// Gives a name and is shown that it was accepted.
    ///
    /// # Panics
    /// When it is not.
    pub fn enters(server: &TestServer, name: &str) -> Self {
        let mut bare = Self::connects(server);
        bare.sends(name);
        bare.shows_about("* you are in lobby");
        bare
    }

    /// Sends a chunk.
    ///
    /// # Panics
    /// When it is not taken.
    pub fn sends(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("it is taken");
    }

    /// Says that nothing more comes from here, and goes on listening.
    pub fn half_closes(&mut self) {
        // A connection that the server has ended already is no news.
        let _ = self.0.shutdown(std::net::Shutdown::Write);
    }

    /// What the next `recv` brings; `None` at the end.
    ///
    /// # Panics
    /// When nothing comes, or half a character.
    pub fn row(&mut self) -> Option<String> {
        let mut buffer = [0; 1024];
        match self.0.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) => {
                let row = std::str::from_utf8(&buffer[..count]).expect("whole characters");
                Some(row.to_owned())
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("nothing more came: {error}"),
        }
    }

    /// Waits for a row that contains this, and returns it.
    ///
    /// # Panics
    /// When none comes, or two rows come as one.
    pub fn shows_about(&mut self, part: &str) -> String {
        loop {
            let row = self.row().unwrap_or_else(|| panic!("it ended before {part:?}"));
            assert!(!row.contains('\n'), "two rows in one: {row:?}");
            if row.contains(part) {
                return row;
            }
        }
    }
}
