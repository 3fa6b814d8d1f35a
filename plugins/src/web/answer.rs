//! What a visitor is answered: heads of HTTP with all that protects whoever reads the page, and refusals in one sentence.

use std::fmt::Write;
use std::sync::Arc;

use salotto::dialect::Answer;

use super::files::File;
use super::request::Request;

/// What every answer says: nothing of the page comes from elsewhere, nobody frames it, and a browser guesses no types.
const PROTECTION: &str = "X-Content-Type-Options: nosniff\r\n\
    Referrer-Policy: no-referrer\r\n\
    Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n";

/// Why a request is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BadRequest(&'static str),
    Body,
    NotAllowed(&'static str),
    NotFound,
    OtherMethod,
    TooLarge,
    NotWebSocket,
    OtherVersion,
}

impl Refusal {
    /// The status line, and a sentence for people.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest(why) => ("400 Bad Request", why),
            Self::Body => ("400 Bad Request", "a request with a body is not taken; leave it out"),
            Self::NotAllowed(why) => ("403 Forbidden", why),
            Self::NotFound => ("404 Not Found", "there is nothing here; the chat is at /"),
            Self::OtherMethod => ("405 Method Not Allowed", "this can only be read, by GET"),
            Self::NotWebSocket => {
                ("426 Upgrade Required", "this is for WebSocket, version 13; the chat is at /")
            }
            Self::TooLarge => ("431 Request Header Fields Too Large", "the request is too long"),
            Self::OtherVersion => ("505 HTTP Version Not Supported", "this server speaks HTTP/1.1"),
        }
    }

    /// Whether the connection can be read on after it: where the request was whole and plain.
    pub(super) fn may_go_on(self) -> bool {
        matches!(self, Self::NotFound)
    }

    /// What the peer is sent.
    pub(super) fn answer(self, keeps_alive: bool, with_body: bool) -> Answer {
        let (status, text) = self.words();
        let more = match self {
            Self::OtherMethod => "Allow: GET, HEAD\r\n",
            Self::NotWebSocket => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            _ => "",
        };
        plain(status, more, &format!("{text}\n"), keeps_alive, with_body)
    }
}

/// A short text.
pub(super) fn plain(
    status: &str,
    more: &str,
    text: &str,
    keeps_alive: bool,
    with_body: bool,
) -> Answer {
    let connection = connection(keeps_alive);
    let length = text.len();
    let body = if with_body { text } else { "" };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\
         {PROTECTION}{more}{connection}\r\n{body}"
    );
    Answer::new(head, [].into())
}

/// That it is to be had over TLS, on the same port, and there alone.
pub(super) fn redirect(request: &Request<'_>) -> Result<Answer, Refusal> {
    let why = "this server speaks to nobody without encryption; come with https://";
    let host = request.host.ok_or(Refusal::NotAllowed(why))?;
    // What is no path names a place of its own.
    let target = if request.target.starts_with('/') { request.target } else { "/" };
    // Both were looked at, and hold nothing that ends the line.
    let location = format!("Location: https://{host}{target}\r\n");
    let with_body = request.method != "HEAD";
    Ok(plain(
        "308 Permanent Redirect",
        &location,
        &format!("{why}\n"),
        request.keeps_alive,
        with_body,
    ))
}

/// A file, or that the one which the browser has is still the same.
pub(super) fn file(file: &File, request: &Request<'_>) -> Answer {
    let is_known = request
        .words("if-none-match")
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == file.tag);
    let status = if is_known { "304 Not Modified" } else { "200 OK" };
    // The type also where the file is known: a browser that is told to guess none wants it for a module each time.
    let mut head = format!(
        "HTTP/1.1 {status}\r\nETag: {}\r\nCache-Control: no-cache\r\nContent-Type: {}\r\n",
        file.tag, file.kind
    );
    if !is_known {
        // Writing to a string does not fail.
        let _ = write!(head, "Content-Length: {}\r\n", file.bytes.len());
    }
    push_policy(&mut head, request.host);
    head.push_str(PROTECTION);
    head.push_str(connection(request.keeps_alive));
    head.push_str("\r\n");
    let body = match is_known || request.method == "HEAD" {
        true => Arc::from([]),
        false => file.bytes.clone(),
    };
    Answer::new(head, body)
}

/// What the page may load: its own files, and the socket. Old browsers do not take `'self'` for that of WebSocket, so it is named.
fn push_policy(head: &mut String, host: Option<&str>) {
    head.push_str(
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'",
    );
    if let Some(host) = host {
        // It was looked at, and is nothing that ends the line or the directive.
        let _ = write!(head, " ws://{host} wss://{host}");
    }
    head.push_str("\r\n");
}

fn connection(keeps_alive: bool) -> &'static str {
    if keeps_alive { "" } else { "Connection: close\r\n" }
}
