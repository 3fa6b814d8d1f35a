//! The connection between a front and its session through a socket: a JSON object a line, each way.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol::future::{self, FutureExt};
use smol::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use smol::lock::Semaphore;
use smol::net::unix::UnixStream;
use smol::{Executor, LocalExecutor, Task, Timer};

use super::client::{self, Client};
use super::identity::Identity;
use super::protocol::{ClientMessage, MAX_CLIENT_LINE_BYTES, ServerMessage};
use super::session::ControlSession;
use super::socket::Socket;
use crate::supervisor::Supervisor;

/// Fronts that may be attached at a time.
pub(super) const MAX_ATTACHED: usize = 32;
/// Connections that have not said hello yet; one more ends the oldest.
const MAX_SILENT: usize = 32;
/// Longest line that a server may send, in bytes. The list of the users of a large server is one line.
const MAX_SERVER_LINE_BYTES: u64 = 64 * 1024 * 1024;
/// Messages are written together until they have this many bytes.
const WRITE_BATCH: usize = 16 * 1024;
/// How long a failing accept waits before it tries again.
const RETRY: Duration = Duration::from_millis(100);

/// What is needed to serve fronts from other processes.
pub(super) struct Acceptor {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) executor: Arc<Executor<'static>>,
    pub(super) permit: Sender<Infallible>,
}

impl Acceptor {
    /// Accepts until it is cancelled, and removes the socket then.
    pub(super) async fn accept(self, socket: Socket) {
        let places = Arc::new(Semaphore::new(MAX_ATTACHED));
        let mut silent: VecDeque<(Arc<AtomicBool>, Task<()>)> = VecDeque::new();
        let mut number = 0_u64;
        loop {
            let stream = match socket.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a control connection could not be accepted");
                    Timer::after(RETRY).await;
                    continue;
                }
            };
            number += 1;
            let identity = Identity::of(&stream);
            let who = format!("attached {number}{}", identity.describe());
            let (client, end) = client::connection();
            let session = ControlSession::new(self.supervisor.clone(), who.clone(), end);
            let session = session.of(identity, places.clone());
            let greeted = session.greeted();
            let permit = self.permit.clone();
            let run = async move {
                tracing::debug!(by = who, "attached");
                serve(stream, session, client).await;
                tracing::debug!(by = who, "detached");
                drop(permit);
            };
            let task = self.executor.spawn(run);
            for (greeted, task) in std::mem::take(&mut silent) {
                match greeted.load(Ordering::Relaxed) {
                    // Ends with its front or when the supervisor shuts down.
                    true => task.detach(),
                    false => silent.push_back((greeted, task)),
                }
            }
            silent.retain(|(_, task)| !task.is_finished());
            silent.push_back((greeted, task));
            if silent.len() > MAX_SILENT {
                // One that says nothing makes way for one that may be the operator.
                silent.pop_front();
            }
        }
    }
}

/// Runs a session until its front is gone, or until the supervisor has shut down and the front has been sent the last message.
async fn serve(stream: UnixStream, session: ControlSession, client: Client) {
    let (requests, messages) = client.into_ends();
    let session = session.run();
    let write = write(stream.clone(), messages);
    let served = future::zip(session, write);
    let read = async {
        read_requests(stream, requests).await;
        // A front that sends nothing more may still want the answers.
        future::pending::<()>().await;
    };
    let served = async {
        let _ = served.await;
    };
    served.or(read).await;
}

/// Connects to the server that listens on a socket. The executor runs the connection.
pub(crate) async fn connect(executor: &LocalExecutor<'static>, path: &Path) -> io::Result<Client> {
    let stream = UnixStream::connect(path).await?;
    let (client, end) = client::connection();
    let write = write(stream.clone(), end.requests);
    let read = read_messages(stream, end.messages);
    // Ends with the server, or when the front has dropped its end.
    executor
        .spawn(async {
            let written = async {
                let _ = write.await;
            };
            read.or(written).await;
        })
        .detach();
    Ok(client)
}

async fn read_requests(stream: UnixStream, requests: Sender<ClientMessage>) {
    let mut lines = Lines::new(stream, MAX_CLIENT_LINE_BYTES);
    loop {
        let (request, is_last) = match lines.next().await {
            Ok(Some(line)) => match serde_json::from_slice(&line) {
                Ok(request) => (request, false),
                Err(error) => (ClientMessage::Invalid { problem: error.to_string() }, false),
            },
            Ok(None) => return,
            Err(error) => (ClientMessage::Invalid { problem: error.to_string() }, true),
        };
        // Waits while the session is busy: what is sent meanwhile stays in the socket.
        if requests.send(request).await.is_err() || is_last {
            return;
        }
    }
}

async fn read_messages(stream: UnixStream, messages: Sender<ServerMessage>) {
    let mut lines = Lines::new(stream, MAX_SERVER_LINE_BYTES);
    while let Ok(Some(line)) = lines.next().await {
        // A newer server may send what this program does not know.
        let Ok(message) = parse::<ServerMessage>(&line) else {
            continue;
        };
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(line)
}

/// Writes messages until no more can come, several at a time where they are waiting.
async fn write<T: Serialize>(mut stream: UnixStream, messages: Receiver<T>) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Ok(first) = messages.recv().await {
        bytes.clear();
        encode(&mut bytes, &first)?;
        while bytes.len() < WRITE_BATCH
            && let Ok(more) = messages.try_recv()
        {
            encode(&mut bytes, &more)?;
        }
        stream.write_all(&bytes).await?;
    }
    Ok(())
}

fn encode(bytes: &mut Vec<u8>, message: &impl Serialize) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *bytes, message)?;
    bytes.push(b'\n');
    Ok(())
}

/// Lines of bounded length.
struct Lines {
    reader: BufReader<UnixStream>,
    longest: u64,
}

impl Lines {
    fn new(stream: UnixStream, longest: u64) -> Self {
        Self { reader: BufReader::new(stream), longest }
    }

    /// The next line, or `None` at the end.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let count = (&mut self.reader).take(self.longest).read_until(b'\n', &mut line).await?;
        if count as u64 == self.longest && line.last() != Some(&b'\n') {
            let problem = format!("a line has more than {} bytes", self.longest);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
}
