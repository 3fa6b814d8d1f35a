//! A notification that the desktop is asked for by D-Bus: as much of its protocol as one call takes, without a library and without a runtime.
//!
//! The thread that asks waits for the answer, so that another way can be tried where there is nobody to show it.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Nobody waits longer for all of it. A desktop may have to start first what shows notifications.
const PATIENCE: Duration = Duration::from_secs(10);
/// A longer answer than this is not one to what is asked here.
const MOST_BYTES: usize = 64 * 1024;
/// Kinds of messages.
const CALL: u8 = 1;
const RETURN: u8 = 2;
const ERROR: u8 = 3;
/// Fields of their heads.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

/// Where the bus of this person's session is, by the environment.
pub(super) fn address() -> Option<String> {
    let usual = || Some(format!("unix:path={}/bus", env::var("XDG_RUNTIME_DIR").ok()?));
    env::var("DBUS_SESSION_BUS_ADDRESS").ok().filter(|address| !address.is_empty()).or_else(usual)
}

/// Shows a notification; `text` may have the markup of notifications.
///
/// # Errors
///
/// There is no bus at the address, nobody there who shows notifications, or no answer in ten seconds.
pub(super) fn notify(address: &str, title: &str, text: &str) -> io::Result<()> {
    let mut bus = Bus::connect(address)?;
    bus.call(&Call {
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member: "Hello",
        signature: "",
        body: Bytes::default(),
    })?;
    let mut body = Bytes::default();
    body.string("Salotto");
    // It takes the place of no other.
    body.number(0);
    for words in ["salotto-gui", title, text] {
        body.string(words);
    }
    // There is nothing to choose.
    body.array(4, |_| {});
    body.array(8, |hints| {
        for (name, value) in [("category", "im.received"), ("desktop-entry", "salotto-gui")] {
            hints.align(8);
            hints.string(name);
            hints.signature("s");
            hints.string(value);
        }
    });
    // It stays as long as the desktop likes.
    body.number(u32::MAX);
    bus.call(&Call {
        path: "/org/freedesktop/Notifications",
        interface: "org.freedesktop.Notifications",
        member: "Notify",
        signature: "susssasa{sv}i",
        body,
    })
}

/// What is asked, of the service that is called as its interface.
struct Call<'a> {
    path: &'a str,
    interface: &'a str,
    member: &'a str,
    signature: &'a str,
    body: Bytes,
}

/// A connection to the bus.
struct Bus {
    socket: BufReader<Timed>,
    /// The number of the last call.
    serial: u32,
}

impl Bus {
    fn connect(address: &str) -> io::Result<Self> {
        let none = || io::Error::other(format!("no socket in the address `{address}`"));
        let known = address.split(';').find_map(socket_address).ok_or_else(none)?;
        let socket = UnixStream::connect_addr(&known)?;
        let socket = BufReader::new(Timed { socket, until: Instant::now() + PATIENCE });
        let mut bus = Self { socket, serial: 0 };
        bus.log_in()?;
        Ok(bus)
    }

    /// Tells who asks; the socket proves it.
    fn log_in(&mut self) -> io::Result<()> {
        let user = rustix::process::getuid().as_raw().to_string();
        let user: String = user.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.socket.get_mut().write_all(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes())?;
        let mut answer = String::new();
        self.socket.by_ref().take(MOST_BYTES as u64).read_line(&mut answer)?;
        if !answer.starts_with("OK ") {
            return Err(io::Error::other(format!("the bus answers `{}`", answer.trim())));
        }
        self.socket.get_mut().write_all(b"BEGIN\r\n")
    }

    fn call(&mut self, call: &Call<'_>) -> io::Result<()> {
        self.serial += 1;
        self.socket.get_mut().write_all(&call.message(self.serial))?;
        loop {
            let answer = self.read()?;
            match answer.kind {
                _ if answer.to != Some(self.serial) => {}
                RETURN => return Ok(()),
                ERROR => return Err(io::Error::other(answer.error.unwrap_or_default())),
                _ => {}
            }
        }
    }

    fn read(&mut self) -> io::Result<Answer> {
        let mut start = [0; 16];
        self.socket.read_exact(&mut start)?;
        let mut reader = Reader { bytes: &start, at: 4, is_big: start[0] == b'B' };
        let mut size = || reader.number().map_or(usize::MAX, |number| number as usize);
        let (body, _, fields) = (size(), size(), size());
        if fields.saturating_add(body) > MOST_BYTES {
            return Err(io::Error::other("the bus sends more than an answer"));
        }
        let mut rest = vec![0; fields.next_multiple_of(8) + body];
        self.socket.read_exact(&mut rest)?;
        let mut answer = Answer { kind: start[1], to: None, error: None };
        let mut reader = Reader { bytes: &rest[..fields], at: 0, is_big: start[0] == b'B' };
        answer
            .read(&mut reader)
            .ok_or_else(|| io::Error::other("the bus sends what is no message"))?;
        Ok(answer)
    }
}

impl Call<'_> {
    fn message(&self, serial: u32) -> Vec<u8> {
        let mut message = Bytes(vec![b'l', CALL, 0, 1]);
        message.number(self.body.0.len() as u32);
        message.number(serial);
        message.array(8, |fields| {
            for (code, kind, value) in [
                (PATH, "o", self.path),
                (INTERFACE, "s", self.interface),
                (MEMBER, "s", self.member),
                (DESTINATION, "s", self.interface),
                (SIGNATURE, "g", self.signature),
            ] {
                fields.align(8);
                fields.0.push(code);
                fields.signature(kind);
                match kind {
                    "g" => fields.signature(value),
                    _ => fields.string(value),
                }
            }
        });
        message.align(8);
        message.0.extend(&self.body.0);
        message.0
    }
}

/// What is known of a message from the bus.
struct Answer {
    kind: u8,
    /// The number of the call that it answers.
    to: Option<u32>,
    /// What went wrong, as the bus calls it.
    error: Option<String>,
}

impl Answer {
    fn read(&mut self, fields: &mut Reader<'_>) -> Option<()> {
        while fields.at < fields.bytes.len() {
            fields.align(8);
            let code = fields.byte()?;
            match (code, fields.signature()?.as_str()) {
                (REPLY_SERIAL, "u") => self.to = Some(fields.number()?),
                (ERROR_NAME, "s") => self.error = Some(fields.string()?),
                (_, "u") => drop(fields.number()?),
                (_, "s" | "o") => drop(fields.string()?),
                (_, "g") => drop(fields.signature()?),
                _ => return None,
            }
        }
        Some(())
    }
}

/// A message that is written, in little-endian numbers.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    fn number(&mut self, number: u32) {
        self.align(4);
        self.0.extend(number.to_le_bytes());
    }

    fn string(&mut self, text: &str) {
        // It would end there for whoever reads it.
        let text = text.replace('\0', "");
        self.number(text.len() as u32);
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    /// No longer than a byte can count.
    fn signature(&mut self, text: &str) {
        self.0.push(text.len() as u8);
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    /// Elements that begin at multiples of `align`.
    fn array(&mut self, align: usize, write: impl FnOnce(&mut Self)) {
        self.number(0);
        let size = self.0.len() - 4;
        self.align(align);
        let start = self.0.len();
        write(self);
        let bytes = (self.0.len() - start) as u32;
        self.0[size..size + 4].copy_from_slice(&bytes.to_le_bytes());
    }
}

/// A message that is read; `None` wherever it ends too early.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    is_big: bool,
}

impl Reader<'_> {
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u32> {
        self.align(4);
        let is_big = self.is_big;
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        Some(if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn string(&mut self) -> Option<String> {
        let length = self.number()? as usize;
        self.text(length)
    }

    fn signature(&mut self) -> Option<String> {
        let length = self.byte()?.into();
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Option<String> {
        let text = String::from_utf8(self.take(length)?.to_vec()).ok()?;
        // The byte that ends it.
        self.byte()?;
        Some(text)
    }
}

/// A socket with which all is over at some time.
struct Timed {
    socket: UnixStream,
    until: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// The socket in one of the addresses of a bus, as in `unix:path=/run/user/1000/bus,guid=…`.
fn socket_address(address: &str) -> Option<SocketAddr> {
    address.strip_prefix("unix:")?.split(',').find_map(|pair| match pair.split_once('=')? {
        ("path", value) => {
            SocketAddr::from_pathname(PathBuf::from(OsString::from_vec(unescaped(value)?))).ok()
        }
        ("abstract", value) => SocketAddr::from_abstract_name(unescaped(value)?).ok(),
        _ => None,
    })
}

/// `%2f` stands for a slash in an address, and so on.
fn unescaped(value: &str) -> Option<Vec<u8>> {
    let mut parts = value.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let code =
            part.get(..2).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread::{self, JoinHandle};

    use super::*;

    /// A bus that takes in one caller, and answers the second call with what is given. It returns what it was sent as calls.
    fn bus(
        answer: fn(serial: u32) -> Vec<u8>,
    ) -> (tempfile::TempDir, String, JoinHandle<Vec<Vec<u8>>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a bus");
        let listener = UnixListener::bind(&path).unwrap();
        let address = format!("unix:path={},guid=00", path.display()).replace(' ', "%20");
        let calls = thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut socket = BufReader::new(socket);
            let mut line = String::new();
            socket.read_line(&mut line).unwrap();
            let user = rustix::process::getuid().as_raw().to_string();
            let hex: String = user.chars().map(|digit| format!("3{digit}")).collect();
            assert_eq!(line, format!("\0AUTH EXTERNAL {hex}\r\n"));
            socket.get_mut().write_all(b"OK 0123\r\n").unwrap();
            line.clear();
            socket.read_line(&mut line).unwrap();
            assert_eq!(line, "BEGIN\r\n");
            let mut calls = Vec::new();
            for _ in 0..2 {
                let mut call = vec![0; 16];
                if socket.read_exact(&mut call).is_err() {
                    break;
                }
                let number = |at: usize| u32::from_le_bytes(call[at..at + 4].try_into().unwrap());
                let (body, serial, fields) = (number(4), number(8), number(12));
                let mut rest = vec![0; fields.next_multiple_of(8) as usize + body as usize];
                socket.read_exact(&mut rest).unwrap();
                call.extend(rest);
                calls.push(call);
                // A signal comes between.
                socket.get_mut().write_all(&signal()).unwrap();
                let answer = if serial == 1 { returned(serial) } else { answer(serial) };
                socket.get_mut().write_all(&answer).unwrap();
            }
            calls
        });
        (folder, address, calls)
    }

    /// A message without a body, as a bus writes it on a machine with big-endian numbers.
    fn message(kind: u8, fields: &[(u8, &str, &[u8])]) -> Vec<u8> {
        let mut list = Vec::new();
        for (code, signature, value) in fields {
            list.resize(list.len().next_multiple_of(8), 0);
            list.extend([*code, 1, signature.as_bytes()[0], 0]);
            list.extend(*value);
        }
        let mut message = vec![b'B', kind, 1, 1, 0, 0, 0, 0, 0, 0, 0, 9];
        message.extend((list.len() as u32).to_be_bytes());
        message.extend(&list);
        message.resize(message.len().next_multiple_of(8), 0);
        message
    }

    fn text(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u32).to_be_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes.push(0);
        bytes
    }

    fn signal() -> Vec<u8> {
        message(4, &[(1, "o", &text("/org/freedesktop/DBus")), (3, "s", &text("NameAcquired"))])
    }

    fn returned(serial: u32) -> Vec<u8> {
        message(2, &[(5, "u", &serial.to_be_bytes())])
    }

    fn refused(serial: u32) -> Vec<u8> {
        let name = text("org.freedesktop.DBus.Error.ServiceUnknown");
        message(3, &[(4, "s", &name), (5, "u", &serial.to_be_bytes())])
    }

    #[test]
    fn a_notification_is_asked_for_after_a_hello() {
        let (_folder, address, calls) = bus(returned);
        notify(&address, "bob", "tea\0 &amp; cake").unwrap();
        let calls = calls.join().unwrap();
        let has = |call: &[u8], words: &str| {
            let with_length =
                [&(words.len() as u32).to_le_bytes(), words.as_bytes(), &[0]].concat();
            call.windows(with_length.len()).any(|window| window == with_length)
        };
        assert!(has(&calls[0], "Hello") && has(&calls[0], "/org/freedesktop/DBus"));
        for words in
            ["Notify", "/org/freedesktop/Notifications", "Salotto", "bob", "tea &amp; cake"]
        {
            assert!(has(&calls[1], words), "{words}");
        }
        assert!(calls[1].ends_with(&u32::MAX.to_le_bytes()));
    }

    #[test]
    fn nobody_who_shows_it_is_an_error_with_the_name_that_the_bus_gives_it() {
        let (_folder, address, calls) = bus(refused);
        let error = notify(&address, "bob", "tea").unwrap_err();
        assert_eq!(error.to_string(), "org.freedesktop.DBus.Error.ServiceUnknown");
        calls.join().unwrap();
    }

    #[test]
    fn a_bus_that_talks_nonsense_or_ends_is_an_error() {
        let answers: [fn(u32) -> Vec<u8>; 4] = [
            |_| vec![0xff; 64],
            |serial| [&returned(serial)[..15], &[200; 40]].concat(),
            |serial| message(2, &[(5, "x", &serial.to_be_bytes())]),
            |serial| returned(serial + 1),
        ];
        for answer in answers {
            let (_folder, address, calls) = bus(answer);
            notify(&address, "bob", "tea").unwrap_err();
            calls.join().unwrap();
        }
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        let path = |address: &str| {
            let address = address.split(';').find_map(socket_address)?;
            address.as_pathname().map(PathBuf::from)
        };
        assert_eq!(path("unix:path=/run/user/1000/bus"), Some("/run/user/1000/bus".into()));
        assert_eq!(path("tcp:host=h,port=1;unix:guid=0,path=/a%2cb"), Some("/a,b".into()));
        let name = socket_address("unix:abstract=/tmp/dbus-x,guid=1").unwrap();
        assert_eq!(name.as_abstract_name(), Some(&b"/tmp/dbus-x"[..]));
        for address in ["", "unix:", "unix:path=/a%2", "unix:path=%zz", "launchd:env=X"] {
            assert!(socket_address(address).is_none(), "{address}");
        }
        assert!(notify("unix:path=/no/such/bus", "a", "b").is_err());
    }
}
