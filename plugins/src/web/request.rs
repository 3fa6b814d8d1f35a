//! A request of HTTP, taken apart within bounds: what it asks for and what it says of whoever asks. Nothing of it is kept.

use httparse::{Error, Header, Status};

use super::answer::Refusal;

/// Bytes that a request may have up to the empty line.
pub(super) const MAX_BYTES: usize = 8 * 1024;
/// Header lines that a request may have.
pub(super) const MAX_HEADERS: usize = 64;

/// See the module.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// What is asked for, as it was sent.
    pub(super) target: &'a str,
    /// The same without the question mark and what follows it.
    pub(super) path: &'a str,
    /// Whether the connection is to live on after the answer.
    pub(super) keeps_alive: bool,
    /// Where it was sent to, as the client sees it; an old client may not say.
    pub(super) host: Option<&'a str>,
    /// Whether it is of HTTP/1.1.
    is_current: bool,
    headers: &'a [Header<'a>],
}

/// Parses what came, once a request is whole. Says how long it was.
pub(super) fn parse<'a>(
    bytes: &'a [u8],
    headers: &'a mut [Header<'a>],
) -> Result<Option<(Request<'a>, usize)>, Refusal> {
    let mut parsed = httparse::Request::new(headers);
    let length = match parsed.parse(bytes) {
        Ok(Status::Complete(length)) if length <= MAX_BYTES => length,
        Ok(Status::Partial) if bytes.len() < MAX_BYTES => return Ok(None),
        Ok(_) | Err(Error::TooManyHeaders) => return Err(Refusal::TooLarge),
        Err(Error::Version) => return Err(Refusal::OtherVersion),
        Err(_) => return Err(Refusal::BadRequest("this is not a request of HTTP/1.1")),
    };
    let httparse::Request { method: Some(method), path: Some(target), version, headers } = parsed
    else {
        return Err(Refusal::BadRequest("this is not a request of HTTP/1.1"));
    };
    let mut request = Request {
        method,
        target,
        path: target.split('?').next().unwrap_or_default(),
        keeps_alive: false,
        host: None,
        is_current: version == Some(1),
        headers,
    };
    request.check_body()?;
    request.host = request.only_host()?;
    request.keeps_alive = request.is_current && !request.has_word("connection", "close");
    Ok(Some((request, length)))
}

impl<'a> Request<'a> {
    /// Refuses what has a body, or could be read as if it had one: whoever stands before might see another request in it.
    fn check_body(&self) -> Result<(), Refusal> {
        let mut lengths = self.values("content-length");
        match (self.value("transfer-encoding"), lengths.next(), lengths.next()) {
            (None, None | Some("0"), None) => Ok(()),
            _ => Err(Refusal::Body),
        }
    }

    /// The one host that it names, as each request has to that is not of old.
    fn only_host(&self) -> Result<Option<&'a str>, Refusal> {
        let mut hosts = self.values("host");
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if is_host(host) => Ok(Some(host)),
            (None, None) if !self.is_current => Ok(None),
            _ => Err(Refusal::BadRequest("one header Host is needed, with a good name")),
        }
    }

    /// All that a header says that is there once or several times; of one that is no text, nothing.
    pub(super) fn values(&self, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
        let named = move |header: &&Header<'a>| header.name.eq_ignore_ascii_case(name);
        let text = |header: &Header<'a>| std::str::from_utf8(header.value).unwrap_or_default();
        self.headers.iter().filter(named).map(move |header| text(header).trim_ascii())
    }

    /// What a header says that may be there once.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// The words of a header that is a list.
    pub(super) fn words(&self, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.values(name).flat_map(|value| value.split(',')).map(str::trim_ascii)
    }

    /// Whether a list has a word, in upper or lower case.
    pub(super) fn has_word(&self, name: &str, word: &str) -> bool {
        self.words(name).any(|listed| listed.eq_ignore_ascii_case(word))
    }

    /// Whether it asks for another protocol on this connection.
    pub(super) fn is_upgrade(&self) -> bool {
        self.is_current
            && self.has_word("upgrade", "websocket")
            && self.has_word("connection", "upgrade")
    }
}

/// Whether it is a name or an address, with or without a port, and nothing that could be more when it is quoted.
fn is_host(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(is_part)
}
