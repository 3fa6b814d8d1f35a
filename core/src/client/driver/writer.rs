//! The half of a connection that writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use async_io::Timer;
use futures_lite::future::FutureExt;
use futures_lite::io::AsyncWriteExt;

use super::super::dial::Writing;
use super::super::pages::Asked;
use super::super::{Order, Update};
use super::End;
use super::unsent::Unsent;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::request::{Envelope, Request};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the reader has for the writer.
pub(super) enum Reply {
    Line(Request),
    /// There is a name now, so that what waited can be sent.
    Welcomed,
    /// The account is ours, and the name is yet to be said.
    LoggedIn,
}

/// What the writer does next.
enum Todo {
    Reply(Reply),
    Order(Order),
    ClientDropped,
}

/// See the module.
pub(super) struct Writer<'a> {
    pub(super) stream: Writing,
    pub(super) orders: Receiver<Order>,
    pub(super) replies: Receiver<Reply>,
    /// Asked for before there was a name; kept beyond this connection if it ends before it is sent.
    pub(super) unsent: &'a mut Unsent,
    /// With the name and the password that were offered last.
    pub(super) hello: &'a mut Request,
    /// What comes before hello.
    pub(super) first: Option<Request>,
    pub(super) asked: &'a Asked,
    /// Whether the other end is a server of ours, as the reader found out.
    pub(super) is_ours: &'a AtomicBool,
    /// Takes the answers to what cannot be asked for.
    pub(super) updates: Sender<Update>,
}

impl Writer<'_> {
    pub(super) async fn write(mut self) -> End {
        match self.first.take() {
            Some(first) => self.send(&first.into()).await,
            None => self.say_hello().await,
        }
        let mut welcomed = false;
        loop {
            match self.next().await {
                Todo::Reply(Reply::Line(request)) => self.send(&request.into()).await,
                Todo::Reply(Reply::Welcomed) => {
                    welcomed = true;
                    for envelope in self.unsent.take() {
                        self.send(&envelope).await;
                    }
                }
                Todo::Reply(Reply::LoggedIn) => self.say_hello().await,
                Todo::Order(Order::Send(envelope)) if welcomed => self.send(&envelope).await,
                Todo::Order(Order::Send(envelope)) => {
                    if let Some(refusal) = self.unsent.keep(envelope) {
                        self.asked.tell(&self.updates, refusal).await;
                    }
                }
                Todo::Order(Order::History { question, place, limit }) => {
                    let request = Request::history(Some(&question.room), place, limit);
                    let nonce = Some(question.nonce.clone());
                    match self.asked.note(question, welcomed) {
                        None => self.send(&Envelope { request, nonce }).await,
                        Some(answer) => self.asked.tell(&self.updates, answer).await,
                    }
                }
                Todo::Order(Order::OfferName(other)) => {
                    if let Request::Hello { name, .. } = self.hello {
                        *name = other;
                    }
                    self.say_hello().await;
                }
                Todo::Order(Order::OfferPassword(other)) => {
                    if let Request::Hello { password, .. } = self.hello {
                        *password = Some(other);
                    }
                    self.say_hello().await;
                }
                Todo::Order(Order::RetryNow) => {}
                Todo::Order(Order::Quit(farewell)) => return self.goodbye(farewell).await,
                Todo::ClientDropped => return self.goodbye(String::new()).await,
            }
        }
    }

    async fn next(&mut self) -> Todo {
        let (replies, orders) = (&self.replies, &self.orders);
        let reply = async {
            match replies.recv().await {
                Ok(reply) => Todo::Reply(reply),
                // The reader has ended and with it this connection.
                Err(_) => std::future::pending().await,
            }
        };
        let order = async { orders.recv().await.map_or(Todo::ClientDropped, Todo::Order) };
        reply.or(order).await
    }

    async fn say_hello(&mut self) {
        let hello = self.hello.clone().into();
        self.send(&hello).await;
    }

    /// Says goodbye and waits a moment for the answer, which the reader takes.
    async fn goodbye(&mut self, farewell: String) -> End {
        if !self.is_ours.load(Ordering::Relaxed) {
            // Whatever is there would only read it aloud.
            return End::Over(LeaveReason::Quit { farewell });
        }
        self.send(&Request::Quit { farewell: farewell.clone() }.into()).await;
        Timer::after(GOODBYE).await;
        End::Over(LeaveReason::Quit { farewell })
    }

    async fn send(&mut self, envelope: &Envelope) {
        let mut line = match serde_json::to_vec(envelope) {
            Ok(line) => line,
            Err(error) => {
                // The wire types have string keys only, so that serde_json has nothing to refuse.
                tracing::error!(%error, "a request could not be written");
                return;
            }
        };
        line.push(b'\n');
        let written = async {
            self.stream.write_all(&line).await?;
            self.stream.flush().await
        };
        if written.await.is_err() {
            // What the server said before it closed is worth more than that it closed; the reader finds both.
            std::future::pending::<()>().await;
        }
    }
}
