//! The half of a connection that reads, and decides.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_channel::Sender;
use async_io::Timer;
use futures_lite::future::FutureExt;
use futures_lite::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::super::dial::Reading;
use super::super::login::LoggingIn;
use super::super::pages::Asked;
use super::super::{Problem, Update};
use super::writer::Reply;
use super::{Driver, End};
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::request::Request;

/// Longest line that a server may send; a roster page is the longest by far.
const MAX_LINE: u64 = 1024 * 1024;
/// How long the server may be silent before it is asked whether it is there, and how long the answer may take before it counts as lost.
const PING_AFTER: Duration = Duration::from_secs(45);
const PONG_WITHIN: Duration = Duration::from_secs(15);
/// How long after a line of plain text the first event may come: our hello was late then, and the server greeted whoever came.
const GREETED: Duration = Duration::from_secs(2);

/// See the module.
pub(super) struct Reader<'a> {
    pub(super) driver: &'a mut Driver,
    pub(super) replies: Sender<Reply>,
    pub(super) asked: &'a Asked,
    /// Whether the other end has told an event, and so is a server of ours; the writer says goodbye to no other.
    pub(super) is_ours: &'a AtomicBool,
    pub(super) logging_in: LoggingIn,
    /// Until when the first event has to come.
    pub(super) known_by: Instant,
    pub(super) pinged: Option<Instant>,
    /// The last line that was no object: a server that lets nobody in says why in plain words.
    pub(super) refusal: Option<String>,
}

impl Reader<'_> {
    pub(super) async fn read(&mut self, stream: Reading) -> End {
        let mut input = BufReader::new(stream);
        let pace = Arc::clone(&self.driver.pace);
        let mut line = Vec::new();
        loop {
            let patience = self.patience();
            let result = {
                let read = async {
                    if let Err(error) = pace.gather(&mut input).await {
                        return Some(Err(error));
                    }
                    Some((&mut input).take(MAX_LINE).read_until(b'\n', &mut line).await)
                };
                let silence = async {
                    Timer::after(patience).await;
                    None
                };
                read.or(silence).await
            };
            match result {
                None if !self.is_ours.load(Ordering::Relaxed) => {
                    if Instant::now() >= self.known_by {
                        return self.broken("the server is silent".into());
                    }
                    if !line.is_empty() && !line.starts_with(b"{") {
                        self.hear_plain_text();
                    }
                }
                None if self.pinged.is_some() => {
                    return self.broken("the server is silent".into());
                }
                None => {
                    self.pinged = Some(Instant::now());
                    self.reply(Reply::Line(Request::Ping)).await;
                }
                Some(Ok(0)) => return self.broken("the server stopped it".into()),
                Some(Ok(_)) if !line.ends_with(b"\n") && (line.len() as u64) < MAX_LINE => {
                    return self.broken("the server stopped it".into());
                }
                Some(Ok(_)) => {
                    let end = self.take_line(&line).await;
                    line.clear();
                    if let Some(end) = end {
                        return end;
                    }
                }
                // An end that TLS was not told of, as of a server that was killed.
                Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return self.broken("the server stopped it".into());
                }
                Some(Err(error)) => return self.broken(error.to_string()),
            }
        }
    }

    /// How long nothing may come before something is done about it.
    fn patience(&self) -> Duration {
        if !self.is_ours.load(Ordering::Relaxed) {
            return self.known_by.saturating_duration_since(Instant::now()).min(GREETED);
        }
        self.pinged.map_or(PING_AFTER, |_| PONG_WITHIN)
    }

    fn hear_plain_text(&mut self) {
        self.known_by = self.known_by.min(Instant::now() + GREETED);
    }

    async fn take_line(&mut self, line: &[u8]) -> Option<End> {
        if !line.starts_with(b"{") {
            // Our first bytes came late and we were greeted, or we are not let in, or it is something else that speaks.
            self.hear_plain_text();
            let text = String::from_utf8_lossy(line);
            self.refusal = text.strip_prefix("! ").map(|text| text.trim().to_owned());
            return None;
        }
        let event = match serde_json::from_slice::<Event>(line) {
            Ok(event) => event,
            Err(error) => {
                // A newer server may tell more than we know.
                tracing::debug!(%error, "an event was passed over");
                return None;
            }
        };
        self.is_ours.store(true, Ordering::Relaxed);
        self.driver.remember(&event);
        match &event {
            Event::Welcome { .. } if self.logging_in.is_due() => {
                if let Err(problem) = self.log_in().await {
                    return Some(End::Broken(problem));
                }
            }
            Event::Welcome { .. } => self.reply(Reply::Welcomed).await,
            Event::Challenge { data, .. } if self.logging_in.is_under_way() => {
                match self.logging_in.answer(data).await {
                    Ok(request) => self.reply(Reply::Line(request)).await,
                    Err(problem) => return Some(End::Broken(problem)),
                }
                return None;
            }
            Event::LoggedIn { data, .. } if self.logging_in.is_under_way() => {
                if let Err(problem) = self.logging_in.finish(data) {
                    return Some(End::Broken(problem));
                }
                let is_welcome = self.driver.welcomed;
                self.reply(if is_welcome { Reply::Welcomed } else { Reply::LoggedIn }).await;
            }
            #[cfg(feature = "password")]
            Event::Error { code: ErrorCode::LoginFailed, text, .. }
                if self.logging_in.is_under_way() =>
            {
                return Some(End::Broken(Problem::LoginRefused(text.clone())));
            }
            Event::Ping => {
                self.reply(Reply::Line(Request::Pong)).await;
                return None;
            }
            Event::Pong { .. } => {
                if let Some(pinged) = self.pinged.take() {
                    self.driver.update(Update::RoundTrip(pinged.elapsed())).await;
                    return None;
                }
            }
            Event::Error { code, text, .. } if !self.driver.welcomed => {
                return self.not_welcome(*code, text.clone()).await;
            }
            Event::Bye { reason } => {
                let reason = reason.clone();
                self.driver.update(Update::Event(event)).await;
                return Some(match reason {
                    LeaveReason::Lost
                    | LeaveReason::Idle
                    | LeaveReason::TooSlow
                    | LeaveReason::Full { .. }
                    | LeaveReason::Stopping
                    | LeaveReason::Restarting => End::Broken(Problem::Lost(reason.to_string())),
                    reason => End::Over(reason),
                });
            }
            _ => {}
        }
        self.asked.tell(&self.driver.updates, self.asked.update(event)).await;
        None
    }

    async fn log_in(&mut self) -> Result<(), Problem> {
        if let Some(request) = self.logging_in.begin()? {
            self.reply(Reply::Line(request)).await;
        }
        Ok(())
    }

    /// Hello was not answered with a welcome.
    async fn not_welcome(&mut self, code: ErrorCode, text: String) -> Option<End> {
        match code {
            // The name may be kept for whom we are about to prove to be.
            ErrorCode::NameTaken | ErrorCode::Denied if self.logging_in.is_due() => {
                self.log_in().await.err().map(End::Broken)
            }
            ErrorCode::NameTaken | ErrorCode::BadName | ErrorCode::Denied => {
                // A server that refuses more than the name closes right after.
                self.refusal = Some(text.clone());
                self.driver.update(Update::NameRefused { text }).await;
                None
            }
            ErrorCode::PasswordWanted | ErrorCode::WrongPassword => {
                self.refusal = Some(text.clone());
                self.logging_in.put_off();
                let wrong = code == ErrorCode::WrongPassword;
                self.driver.update(Update::PasswordWanted { text, wrong }).await;
                None
            }
            ErrorCode::EncryptionWanted => Some(End::Broken(Problem::EncryptionWanted(text))),
            // The rest of what was sent ahead of a name.
            ErrorCode::NameWanted => None,
            _ => Some(End::Broken(Problem::TurnedAway(text))),
        }
    }

    async fn reply(&self, reply: Reply) {
        // The other half ends with this one.
        let _ = self.replies.send(reply).await;
    }

    fn broken(&self, problem: String) -> End {
        let address = &self.driver.options.address;
        End::Broken(match (&self.refusal, self.driver.welcomed) {
            (Some(refusal), false) => Problem::TurnedAway(refusal.clone()),
            (None, false) => Problem::NotSalotto(address.clone()),
            (_, true) => Problem::Lost(problem),
        })
    }
}
