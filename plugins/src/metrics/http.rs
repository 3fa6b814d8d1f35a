//! As much of HTTP as one page needs: a request is read within bounds and answered; then the connection ends.

use std::io;

use httparse::{Error, Request, Status};
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes that a request may have up to the empty line.
const MAX_BYTES: usize = 8 * 1024;
/// Header lines that a request may have.
const MAX_HEADERS: usize = 64;
/// Bytes that are read after the answer, so that a client that has sent more than it should does not lose it.
const MAX_BYTES_AFTER: u64 = 64 * 1024;

/// The path of the page.
pub(super) const PATH: &str = "/metrics";

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The page, or only its headers.
    Page { with_body: bool },
    /// Something that does not exist or is not allowed.
    Refused(Refusal),
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    BadRequest,
    NotFound,
    OtherMethod,
    TooLarge,
    OtherVersion,
    NoAnswer,
}

impl Refusal {
    /// The status line, and a sentence for people.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest => ("400 Bad Request", "this is not an HTTP request"),
            Self::NotFound => ("404 Not Found", "the metrics are at /metrics"),
            Self::OtherMethod => ("405 Method Not Allowed", "the metrics can only be read"),
            Self::TooLarge => ("431 Request Header Fields Too Large", "the request is too long"),
            Self::OtherVersion => ("505 HTTP Version Not Supported", "this server speaks HTTP/1.1"),
            Self::NoAnswer => ("503 Service Unavailable", "the server does not answer"),
        }
    }
}

/// Reads a request and answers it with the page, which is `None` if the server does not answer. The caller bounds the time.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    content_type: &str,
    page: impl Future<Output = Option<String>>,
) -> io::Result<()> {
    let Some(target) = read(&mut stream).await? else {
        // Closed without a request.
        return Ok(());
    };
    let (status, content_type, body, with_body) = match target {
        Target::Page { with_body } => match page.await {
            Some(page) => ("200 OK", content_type, page, with_body),
            None => refused(Refusal::NoAnswer, with_body),
        },
        Target::Refused(refusal) => refused(refusal, true),
    };
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let length = body.len();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{allow}Connection: close\r\n\r\n"
    );
    if with_body {
        answer.push_str(&body);
    }
    stream.write_all(answer.as_bytes()).await?;
    stream.close().await?;
    smol::io::copy(stream.take(MAX_BYTES_AFTER), smol::io::sink()).await?;
    Ok(())
}

fn refused(refusal: Refusal, with_body: bool) -> (&'static str, &'static str, String, bool) {
    let (status, text) = refusal.words();
    (status, "text/plain; charset=utf-8", format!("{text}\n"), with_body)
}

/// `None` when the connection ends before a request does.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Target>> {
    let mut buffer = Vec::with_capacity(1024);
    let mut chunk = [0; 1024];
    loop {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Ok(None);
        }
        buffer.extend_from_slice(&chunk[..count]);
        if let Some(target) = parse(&buffer) {
            return Ok(Some(target));
        }
    }
}

/// What a request asks for, once it is complete.
fn parse(buffer: &[u8]) -> Option<Target> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(buffer) {
        Ok(Status::Complete(_)) => Some(target(&request)),
        Ok(Status::Partial) if buffer.len() < MAX_BYTES => None,
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => {
            Some(Target::Refused(Refusal::TooLarge))
        }
        Err(Error::Version) => Some(Target::Refused(Refusal::OtherVersion)),
        Err(_) => Some(Target::Refused(Refusal::BadRequest)),
    }
}

fn target(request: &Request<'_, '_>) -> Target {
    let has_host = request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("host"));
    if request.version == Some(1) && !has_host {
        return Target::Refused(Refusal::BadRequest);
    }
    if path(request.path.unwrap_or_default()) != PATH {
        return Target::Refused(Refusal::NotFound);
    }
    match request.method {
        Some("GET") => Target::Page { with_body: true },
        Some("HEAD") => Target::Page { with_body: false },
        _ => Target::Refused(Refusal::OtherMethod),
    }
}

/// The path of a request target, which may be a whole URL and may have a query.
fn path(target: &str) -> &str {
    let target = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => target,
    };
    target.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Option<Target> = Some(Target::Page { with_body: true });

    fn refusal(refusal: Refusal) -> Option<Target> {
        Some(Target::Refused(refusal))
    }

    #[test]
    fn requests_are_understood_and_the_rest_is_refused() {
        let host = "Host: x\r\n\r\n";
        for (text, asked) in [
            (format!("GET /metrics HTTP/1.1\r\n{host}"), PAGE),
            ("GET /metrics HTTP/1.0\r\n\r\n".into(), PAGE),
            ("GET /metrics HTTP/1.1\nhost:x\n\n".into(), PAGE),
            (format!("GET /metrics?debug=1 HTTP/1.1\r\n{host}"), PAGE),
            (format!("GET http://x:9464/metrics HTTP/1.1\r\n{host}"), PAGE),
            (format!("HEAD /metrics HTTP/1.1\r\n{host}"), Some(Target::Page { with_body: false })),
            (format!("GET / HTTP/1.1\r\n{host}"), refusal(Refusal::NotFound)),
            (format!("GET /metrics/ HTTP/1.1\r\n{host}"), refusal(Refusal::NotFound)),
            (format!("GET http://x HTTP/1.1\r\n{host}"), refusal(Refusal::NotFound)),
            (format!("POST /metrics HTTP/1.1\r\n{host}"), refusal(Refusal::OtherMethod)),
            ("GET /metrics HTTP/1.1\r\n\r\n".into(), refusal(Refusal::BadRequest)),
            (format!("GET /metrics HTTP/2.0\r\n{host}"), refusal(Refusal::OtherVersion)),
            ("hello\n".into(), refusal(Refusal::BadRequest)),
            ("\0\0\0".into(), refusal(Refusal::BadRequest)),
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n".into(), None),
            (
                format!("GET /metrics HTTP/1.1\r\n{}{host}", "a: b\r\n".repeat(64)),
                refusal(Refusal::TooLarge),
            ),
            (format!("GET /{} HTTP/1.1\r\n", "x".repeat(9000)), refusal(Refusal::TooLarge)),
        ] {
            assert_eq!(parse(text.as_bytes()), asked, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_come_one_by_one_are_the_same_request() {
        let text = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(parse(&text[..end]), None, "{end}");
        }
        assert_eq!(parse(text), PAGE);
    }
}
