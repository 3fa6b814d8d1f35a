//! A connection that speaks HTTP: request after request is answered, until one asks for WebSocket.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use salotto::dialect::{Answer, Visited, Visitor};
use salotto::{Limits, Peer};

use super::Site;
use super::answer::{self, Refusal};
use super::request::{self, MAX_HEADERS, Request};
use super::websocket;

/// See the module.
pub(super) struct PageVisitor {
    site: Arc<Site>,
    peer: Peer,
    is_encrypted: bool,
    /// Whether nobody is let in over this connection, unless a proxy encrypts for it.
    must_encrypt: bool,
    limits: websocket::Bounds,
    received: Vec<u8>,
}

impl PageVisitor {
    /// For somebody from there, over a connection that is encrypted or not.
    pub(super) fn new(
        site: Arc<Site>,
        (peer, is_encrypted): (Peer, bool),
        limits: &Limits,
    ) -> Self {
        let limits = websocket::Bounds::new(limits);
        Self { site, peer, is_encrypted, must_encrypt: false, limits, received: Vec::new() }
    }

    /// What a whole request is answered, `rest` being what came after it.
    fn respond(&self, request: &Request<'_>, rest: &[u8]) -> Result<Visited, Refusal> {
        if !matches!(request.method, "GET" | "HEAD") {
            return Err(Refusal::OtherMethod);
        }
        let access = &self.site.access;
        access.check_host(self.peer, request)?;
        let answer = match request.path {
            "/ws" if request.method == "GET" => {
                let answer = websocket::shake_hands(request)?;
                let is_encrypted = self.is_encrypted || access.was_encrypted(self.peer, request);
                access.check_origin(request, is_encrypted)?;
                let peer = access.client(self.peer, request);
                return Ok(Visited::Join(Box::new(websocket::join(
                    (peer, is_encrypted),
                    answer,
                    self.limits,
                    rest,
                ))));
            }
            _ if self.must_encrypt && !access.was_encrypted(self.peer, request) => {
                answer::redirect(request)?
            }
            "/healthz" => {
                let with_body = request.method == "GET";
                answer::plain("200 OK", "", "ok\n", request.keeps_alive, with_body)
            }
            path => answer::file(self.site.files().find(path).ok_or(Refusal::NotFound)?, request),
        };
        Ok(visited(answer, request.keeps_alive))
    }
}

impl Visitor for PageVisitor {
    fn feed(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Visited> {
        if self.site.is_closed.load(Ordering::SeqCst) {
            return Some(Visited::LastAnswer(Answer::default()));
        }
        if self.received.is_empty() {
            return None;
        }
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let (request, length) = match request::parse(&self.received, &mut headers) {
            Ok(None) => return None,
            Ok(Some(whole)) => whole,
            Err(refusal) => return Some(Visited::LastAnswer(refusal.answer(false, true))),
        };
        let visited = self.respond(&request, &self.received[length..]).unwrap_or_else(|refusal| {
            let goes_on = refusal.may_go_on() && request.keeps_alive;
            visited(refusal.answer(goes_on, request.method != "HEAD"), goes_on)
        });
        self.received.drain(..length);
        if self.received.is_empty() {
            self.received = Vec::new();
        }
        Some(visited)
    }

    fn buffered(&self) -> usize {
        self.received.len()
    }

    fn must_encrypt(&mut self) {
        self.must_encrypt = true;
    }
}

fn visited(answer: Answer, goes_on: bool) -> Visited {
    match goes_on {
        true => Visited::Answer(answer),
        false => Visited::LastAnswer(answer),
    }
}
