//! As much of HTTP as one page needs: a request is read within bounds, and answered; then the connection ends.

use std::io;

use httparse::{Error, Request, Status};
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes that a request may have up to the empty line.
const MOST_BYTES: usize = 8 * 1024;
/// Header lines that a request may have.
const MOST_HEADERS: usize = 64;
/// Bytes that are taken after the answer, so that it is not lost to a client that has sent more than it should.
const MOST_AFTER: u64 = 64 * 1024;

/// Where the page is.
pub(super) const PATH: &str = "/metrics";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The page, or only what stands above it.
    Page { with_body: bool },
    /// Something that is not there or cannot be done.
    Nothing(Refusal),
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    BadRequest,
    NotFound,
    OtherMethod,
    TooLarge,
    OtherVersion,
    NoNumbers,
}

impl Refusal {
    /// The line of the status, and what a person reads.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest => ("400 Bad Request", "this is no request of HTTP"),
            Self::NotFound => ("404 Not Found", "the numbers are at /metrics"),
            Self::OtherMethod => ("405 Method Not Allowed", "the numbers can only be read"),
            Self::TooLarge => ("431 Request Header Fields Too Large", "the request is too long"),
            Self::OtherVersion => ("505 HTTP Version Not Supported", "this speaks HTTP/1.1"),
            Self::NoNumbers => ("503 Service Unavailable", "the server does not answer"),
        }
    }
}

/// Reads a request and answers it with what `page` makes, `None` where there is nothing. Whoever calls bounds the time.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    content_type: &str,
    page: impl Future<Output = Option<String>>,
) -> io::Result<()> {
    let Some(asked) = read(&mut stream).await? else {
        // Nobody asks for anything.
        return Ok(());
    };
    let (status, content_type, body, with_body) = match asked {
        Asked::Page { with_body } => match page.await {
            Some(page) => ("200 OK", content_type, page, with_body),
            None => refused(Refusal::NoNumbers, with_body),
        },
        Asked::Nothing(refusal) => refused(refusal, true),
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
    smol::io::copy(stream.take(MOST_AFTER), smol::io::sink()).await?;
    Ok(())
}

fn refused(refusal: Refusal, with_body: bool) -> (&'static str, &'static str, String, bool) {
    let (status, text) = refusal.words();
    (status, "text/plain; charset=utf-8", format!("{text}\n"), with_body)
}

/// `None` when the connection ends before a request does.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Asked>> {
    let mut buffer = Vec::with_capacity(1024);
    let mut chunk = [0; 1024];
    loop {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Ok(None);
        }
        buffer.extend_from_slice(&chunk[..count]);
        if let Some(asked) = understand(&buffer) {
            return Ok(Some(asked));
        }
    }
}

/// What a request asks for, once all of it is there.
fn understand(buffer: &[u8]) -> Option<Asked> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(buffer) {
        Ok(Status::Complete(_)) => Some(asked(&request)),
        Ok(Status::Partial) if buffer.len() < MOST_BYTES => None,
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => Some(Asked::Nothing(Refusal::TooLarge)),
        Err(Error::Version) => Some(Asked::Nothing(Refusal::OtherVersion)),
        Err(_) => Some(Asked::Nothing(Refusal::BadRequest)),
    }
}

fn asked(request: &Request<'_, '_>) -> Asked {
    let has_host = request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("host"));
    if request.version == Some(1) && !has_host {
        return Asked::Nothing(Refusal::BadRequest);
    }
    if path(request.path.unwrap_or_default()) != PATH {
        return Asked::Nothing(Refusal::NotFound);
    }
    match request.method {
        Some("GET") => Asked::Page { with_body: true },
        Some("HEAD") => Asked::Page { with_body: false },
        _ => Asked::Nothing(Refusal::OtherMethod),
    }
}

/// The path of a target, which may be a whole address and may have a query.
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

    const PAGE: Option<Asked> = Some(Asked::Page { with_body: true });

    fn refusal(refusal: Refusal) -> Option<Asked> {
        Some(Asked::Nothing(refusal))
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
            (format!("HEAD /metrics HTTP/1.1\r\n{host}"), Some(Asked::Page { with_body: false })),
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
            assert_eq!(understand(text.as_bytes()), asked, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_come_one_by_one_are_the_same_request() {
        let text = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(understand(&text[..end]), None, "{end}");
        }
        assert_eq!(understand(text), PAGE);
    }
}
