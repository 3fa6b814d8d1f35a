//! Logging in to an account: by SCRAM where others can read along, so that the password is not sent, and as it is over TLS.

use base64ct::{Base64, Encoding};

use super::{Login, Problem};
use crate::io::thread;
use crate::protocol::request::Request;
use crate::protocol::scram::{SCRAM, ScramClient};

/// Where a connection stands with it.
pub(super) struct LoggingIn {
    login: Option<Login>,
    is_encrypted: bool,
    phase: Phase,
}

enum Phase {
    /// It has yet to begin, if it is wanted.
    Before,
    /// The password was sent, and the server looks at it.
    Sent,
    /// An exchange goes on.
    Proving(Box<ScramClient>),
    Done,
}

impl LoggingIn {
    pub(super) fn new(login: Option<Login>, is_encrypted: bool) -> Self {
        Self { login, is_encrypted, phase: Phase::Before }
    }

    /// Whether it is wanted and has not begun.
    pub(super) fn is_due(&self) -> bool {
        self.login.is_some() && matches!(self.phase, Phase::Before)
    }

    /// Whether the server has to say something to it.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.phase, Phase::Sent | Phase::Proving(_))
    }

    /// The server does not listen to it yet.
    pub(super) fn put_off(&mut self) {
        self.phase = Phase::Before;
    }

    /// What is sent first; nothing, where none is wanted.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(super) fn begin(&mut self) -> Result<Option<Request>, Problem> {
        let Some(Login { account, password }) = &self.login else { return Ok(None) };
        let (mechanism, data) = match self.is_encrypted {
            true => {
                self.phase = Phase::Sent;
                ("PLAIN", format!("\0{account}\0{password}"))
            }
            false => {
                let client = ScramClient::new(account, password);
                let client = client.map_err(|error| Problem::Lost(error.to_string()))?;
                let first = client.first();
                self.phase = Phase::Proving(Box::new(client));
                (SCRAM, first)
            }
        };
        Ok(Some(step(Some(mechanism), &data)))
    }

    /// What is said to a challenge. It takes a while, on a thread that ends with it.
    ///
    /// # Errors
    /// When it is none that a server would send whose account this is.
    pub(super) async fn answer(&mut self, challenge: &str) -> Result<Request, Problem> {
        let Phase::Proving(mut client) = std::mem::replace(&mut self.phase, Phase::Sent) else {
            return Err(Problem::NotTheServer);
        };
        let challenge = decoded(challenge)?;
        let work = move || client.answer(&challenge).map(|answer| (client, answer));
        let answered = thread::answer("login", work);
        let answered = answered.map_err(|error| Problem::Lost(error.to_string()))?.recv().await;
        let (client, answer) = answered.ok().and_then(Result::ok).ok_or(Problem::NotTheServer)?;
        self.phase = Phase::Proving(client);
        Ok(step(None, &answer))
    }

    /// The server says that it is done.
    ///
    /// # Errors
    /// When it has not shown that it knows the password, where it was not sent one.
    pub(super) fn finish(&mut self, last: &str) -> Result<(), Problem> {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Proving(client) => {
                client.check(&decoded(last)?).map_err(|_| Problem::NotTheServer)
            }
            Phase::Sent | Phase::Done => Ok(()),
            Phase::Before => Err(Problem::NotTheServer),
        }
    }
}

fn step(mechanism: Option<&str>, data: &str) -> Request {
    let data = Base64::encode_string(data.as_bytes());
    Request::Auth { mechanism: mechanism.map(str::to_owned), data, keep_name: false }
}

fn decoded(data: &str) -> Result<Vec<u8>, Problem> {
    Base64::decode_vec(data).map_err(|_| Problem::NotTheServer)
}
