//! One connection to an engine: commands go out, values come in. Who has it decides what is waited for and for how long.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, Parser, Value};

use super::script::SCRIPTS;

/// Where an engine is and who we are there. Shown without its password.
#[derive(Clone)]
pub(super) struct Engine(Arc<ConnectionInfo>);

impl Engine {
    /// Reads `redis://[USER][:PASSWORD]@HOST[:PORT][/DATABASE]`.
    ///
    /// # Errors
    /// Where it is none; the text quotes no password.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        const FORM: &str = "write one such as `redis://10.0.0.5:6379` or `redis://:PASSWORD@HOST`";
        // What cannot be read may have a password anywhere in it, so it is not quoted.
        let info = url
            .into_connection_info()
            .map_err(|error| format!("an engine is not a URL of Redis ({error}); {FORM}"))?;
        match info.addr() {
            ConnectionAddr::Tcp(..) => Ok(Self(Arc::new(info))),
            _ => Err(format!(
                "an engine is reached by TCP alone, without TLS; put a tunnel between, and {FORM}"
            )),
        }
    }

    fn host_and_port(&self) -> (&str, u16) {
        match self.0.addr() {
            ConnectionAddr::Tcp(host, port) => (host.trim_matches(['[', ']']), *port),
            _ => ("", 0),
        }
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0.addr())
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

/// Why an engine did not do what it was asked. A link that failed is not used again.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("the engine `{0}` cannot be reached: {1}; look whether it runs there")]
    Unreachable(Engine, io::Error),
    #[error("the engine `{0}` refuses: {1}")]
    Refused(Engine, String),
    #[error("the engine `{0}` is a {1}, which cannot be written to; name the one that can")]
    NotPrimary(Engine, String),
    #[error("the engine says what cannot be understood: {0}")]
    Garbled(String),
    #[error("the connection to the engine broke: {0}; it is tried again")]
    Broken(#[from] redis::RedisError),
    #[error("the connection to the engine broke: {0}; it is tried again")]
    Socket(#[from] io::Error),
}

/// See the module.
pub(super) struct Link {
    stream: TcpStream,
    parser: Parser,
}

impl Link {
    /// Connects, says who we are, and makes sure that this engine can be written to and knows the scripts. No step of it takes longer than `timeout`.
    pub(super) fn connect(
        engine: &Engine,
        node: &str,
        timeout: Duration,
    ) -> Result<Self, LinkError> {
        let unreachable = |error| LinkError::Unreachable(engine.clone(), error);
        let stream = open(engine.host_and_port(), timeout).map_err(unreachable)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        let mut link = Self { stream, parser: Parser::new() };
        link.greet(engine, node)?;
        Ok(link)
    }

    fn greet(&mut self, engine: &Engine, node: &str) -> Result<(), LinkError> {
        let settings = engine.0.redis_settings();
        if let Some(password) = settings.password() {
            let mut auth = redis::cmd("AUTH");
            if let Some(user) = settings.username() {
                auth.arg(user);
            }
            self.order(engine, auth.arg(password))?;
        }
        if settings.db() != 0 {
            self.order(engine, redis::cmd("SELECT").arg(settings.db()))?;
        }
        let name = format!("salotto-{node}");
        self.order(engine, redis::cmd("CLIENT").arg("SETNAME").arg(name))?;
        let role = self.order(engine, &redis::cmd("ROLE"))?;
        match words(&role).first().map(String::as_str) {
            Some("master") => {}
            role => {
                let role = role.unwrap_or("server of another kind").to_owned();
                return Err(LinkError::NotPrimary(engine.clone(), role));
            }
        }
        for script in SCRIPTS {
            self.order(engine, redis::cmd("SCRIPT").arg("LOAD").arg(*script))?;
        }
        Ok(())
    }

    fn order(&mut self, engine: &Engine, command: &Cmd) -> Result<Value, LinkError> {
        match self.ask(command)? {
            Value::ServerError(error) => Err(LinkError::Refused(
                engine.clone(),
                error.details().map_or_else(
                    || error.code().to_owned(),
                    |details| format!("{} {details}", error.code()),
                ),
            )),
            value => Ok(value),
        }
    }

    /// Asks one thing and waits for the answer, which may be an error of the engine as a value.
    pub(super) fn ask(&mut self, command: &Cmd) -> Result<Value, LinkError> {
        self.send(&command.get_packed_command())?;
        self.receive()
    }

    /// Sends commands that were packed; as many answers come.
    pub(super) fn send(&mut self, packed: &[u8]) -> Result<(), LinkError> {
        Ok((&self.stream).write_all(packed)?)
    }

    /// Waits for the next value.
    pub(super) fn receive(&mut self) -> Result<Value, LinkError> {
        Ok(self.parser.parse_value(&self.stream)?)
    }

    /// How long the next value is waited for.
    pub(super) fn set_patience(&self, patience: Duration) -> Result<(), LinkError> {
        Ok(self.stream.set_read_timeout(Some(patience))?)
    }

    /// The same connection for somebody who writes to it or ends it while it is read.
    pub(super) fn side(&self) -> io::Result<Side> {
        Ok(Side(self.stream.try_clone()?))
    }
}

/// The writing side of a link that another thread reads.
#[derive(Debug)]
pub(super) struct Side(TcpStream);

impl Side {
    /// Sends commands that were packed. Waits for no answer; whoever reads gets it.
    pub(super) fn send(&self, packed: &[u8]) -> io::Result<()> {
        (&self.0).write_all(packed)
    }

    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    /// Ends the connection; whoever reads learns of it at once.
    pub(super) fn end(&self) {
        // One that has ended already is what was wanted.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn open(address: (&str, u16), timeout: Duration) -> io::Result<TcpStream> {
    let mut why = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// The texts in a list of values; what is none is left out.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// A value as text, if it is one.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}
