//! The line between a front and its desk, where a socket lies between: a JSON object a line, each way.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol::future::{self, FutureExt};
use smol::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use smol::lock::Semaphore;
use smol::net::unix::UnixStream;
use smol::{Executor, LocalExecutor, Timer};

use super::client::{self, Client};
use super::desk;
use super::protocol::{Ask, LONGEST_ASK, Tell};
use super::socket::{self, Socket};
use crate::supervisor::Supervisor;

/// Fronts that may be attached at a time.
const PLACES: usize = 32;
/// Longest line that a server may send, in bytes: the users of a large server are one.
const LONGEST_TELL: u64 = 64 * 1024 * 1024;
/// So many bytes are gathered before they are written, where there are as many.
const GATHERED: usize = 16 * 1024;
/// How long a failing accept waits before it tries again.
const RETRY: Duration = Duration::from_millis(100);

/// What is needed to serve fronts from other processes.
pub(super) struct Acceptor {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) executor: Arc<Executor<'static>>,
    pub(super) permit: Sender<Infallible>,
}

impl Acceptor {
    /// Accepts until it is cancelled, and takes the socket away then.
    pub(super) async fn accept(self, socket: Socket) {
        let places = Arc::new(Semaphore::new(PLACES));
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
            let Some(place) = places.try_acquire_arc() else {
                tracing::warn!("{PLACES} fronts are attached; another was refused");
                refuse(&stream);
                continue;
            };
            number += 1;
            let who = format!("attached {number}{}", socket::identity(&stream));
            let (supervisor, permit) = (self.supervisor.clone(), self.permit.clone());
            let attend = async move {
                tracing::debug!(by = who, "attached");
                serve(stream, supervisor, &who).await;
                tracing::debug!(by = who, "detached");
                drop((place, permit));
            };
            // Ends with its front or when the supervisor retires.
            self.executor.spawn(attend).detach();
        }
    }
}

/// Serves a front until it is gone, or the supervisor retires and the front has been told.
async fn serve(stream: UnixStream, supervisor: Arc<Supervisor>, who: &str) {
    let (client, end) = client::line();
    let (asks, tells) = client.into_ends();
    let desk = desk::attend(supervisor, who.to_owned(), end.asks, end.tells);
    let write = write(stream.clone(), tells);
    let served = future::zip(desk, write);
    let read = async {
        read_asks(stream, asks).await;
        // Whoever has nothing more to ask may still want the answers.
        future::pending::<()>().await;
    };
    let served = async {
        let _ = served.await;
    };
    served.or(read).await;
}

/// Opens a line to the server that listens on a socket. The executor carries it.
pub(crate) async fn dial(executor: &LocalExecutor<'static>, path: &Path) -> io::Result<Client> {
    let stream = UnixStream::connect(path).await?;
    let (client, end) = client::line();
    let write = write(stream.clone(), end.asks);
    let read = read_tells(stream, end.tells);
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

async fn read_asks(stream: UnixStream, asks: Sender<Ask>) {
    let mut lines = Lines::new(stream, LONGEST_ASK);
    loop {
        let (ask, is_last) = match lines.next().await {
            Ok(Some(line)) => match serde_json::from_slice(&line) {
                Ok(ask) => (ask, false),
                Err(error) => (Ask::Garbled { problem: error.to_string() }, false),
            },
            Ok(None) => return,
            Err(error) => (Ask::Garbled { problem: error.to_string() }, true),
        };
        // Waits while the desk is busy: what is asked meanwhile stays with who asks.
        if asks.send(ask).await.is_err() || is_last {
            return;
        }
    }
}

async fn read_tells(stream: UnixStream, tells: Sender<Tell>) {
    let mut lines = Lines::new(stream, LONGEST_TELL);
    while let Ok(Some(line)) = lines.next().await {
        // A newer server may tell what this program does not know.
        let Ok(tell) = parse::<Tell>(&line) else {
            continue;
        };
        if tells.send(tell).await.is_err() {
            return;
        }
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(line)
}

/// Writes until there is nobody to tell anything, gathering what is there.
async fn write<T: Serialize>(mut stream: UnixStream, messages: Receiver<T>) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Ok(first) = messages.recv().await {
        bytes.clear();
        encode(&mut bytes, &first)?;
        while bytes.len() < GATHERED
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

/// Tells one who finds no place, if they take a line at once.
fn refuse(stream: &UnixStream) {
    let reason = format!("{PLACES} consoles are attached already; close one of them");
    let mut bytes = Vec::new();
    if encode(&mut bytes, &Tell::Bye { reason }).is_ok() {
        socket::write_now(stream, &bytes);
    }
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
