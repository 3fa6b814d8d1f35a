//! The clients: tasks of one executor, over plain sockets or TLS.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use smol::{Async, Executor, Task, Timer};

use crate::process::Process;

/// Bytes of a message as a receiver has it, about.
pub(crate) const LINE: usize = 80;
/// How often a handshake is tried.
const TRIES: u32 = 5;
/// Messages that a talker has on the way.
const IN_FLIGHT: usize = 8;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Reading = ReadHalf<Box<dyn Stream>>;
type Writing = WriteHalf<Box<dyn Stream>>;

/// People in a room of their own.
pub(crate) struct Crowd {
    executor: Arc<Executor<'static>>,
    people: Vec<(Reading, Writing)>,
    talkers: usize,
}

/// What talking for a while took.
pub(crate) struct Talked {
    pub(crate) cpu: Duration,
    pub(crate) copies: u64,
}

static NUMBER: AtomicUsize = AtomicUsize::new(0);
/// Handshakes that went on from an earlier one, so far.
static RESUMED: AtomicUsize = AtomicUsize::new(0);

impl Crowd {
    /// Talkers and receivers enter a room.
    pub(crate) fn enter(
        address: SocketAddr,
        config: Option<Arc<ClientConfig>>,
        room: &str,
        talkers: usize,
        receivers: usize,
    ) -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let mut people = Vec::new();
        smol::block_on(executor.run(async {
            for _ in 0..talkers + receivers {
                people.push(enter(address, config.clone(), room).await?);
            }
            Ok::<_, io::Error>(())
        }))?;
        Ok(Self { executor, people, talkers })
    }

    /// All of them hear what talkers say for so long, after a moment to warm up.
    pub(crate) fn talk(self, process: &Process, length: Duration) -> io::Result<Talked> {
        let Self { executor, people, talkers } = self;
        let heard = Arc::new(AtomicU64::new(0));
        let tasks: Vec<Task<io::Result<()>>> = people
            .into_iter()
            .enumerate()
            .map(|(index, person)| {
                let (heard, talker) = (heard.clone(), (index < talkers).then_some(index));
                executor.spawn(hear(person, talker, heard))
            })
            .collect();
        let measured = smol::block_on(executor.run(async {
            Timer::after(length / 4).await;
            let (cpu, copies) = (process.cpu()?, heard.load(Ordering::Relaxed));
            Timer::after(length).await;
            let copies = heard.load(Ordering::Relaxed) - copies;
            Ok::<_, io::Error>(Talked { cpu: process.cpu()? - cpu, copies })
        }));
        drop(tasks);
        measured
    }
}

/// Counts what is heard; a talker replaces each of its own messages that came back.
async fn hear(
    (mut reading, mut writing): (Reading, Writing),
    talker: Option<usize>,
    heard: Arc<AtomicU64>,
) -> io::Result<()> {
    let mark = talker.map(|talker| b'0' + talker as u8);
    let mut message = vec![b'x'; LINE - 16];
    if let Some(mark) = mark {
        message[0] = mark;
        message.push(b'\n');
        writing.write_all(&message.repeat(IN_FLIGHT)).await?;
        writing.flush().await?;
    }
    let mut buffer = vec![0; 16 * 1024];
    let mut line = Vec::new();
    loop {
        let count = reading.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let (mut lines, mut own) = (0, 0);
        for &byte in &buffer[..count] {
            if byte != b'\n' {
                line.push(byte);
                continue;
            }
            lines += 1;
            let said = line.windows(3).find(|window| window[..2] == *b": ").map(|window| window[2]);
            own += usize::from(mark.is_some() && said == mark);
            line.clear();
        }
        heard.fetch_add(lines, Ordering::Relaxed);
        for _ in 0..own {
            writing.write_all(&message).await?;
        }
        writing.flush().await?;
    }
}

/// So many join, one after the other in each of a few tasks, and leave at once. Says how many handshakes went on from an earlier one.
pub(crate) fn join_and_leave(
    address: SocketAddr,
    config: Option<Arc<ClientConfig>>,
    joins: usize,
    at_once: usize,
) -> io::Result<usize> {
    let before = RESUMED.load(Ordering::Relaxed);
    let executor = Arc::new(Executor::new());
    let left = Arc::new(AtomicUsize::new(joins));
    let tasks: Vec<Task<io::Result<()>>> = (0..at_once)
        .map(|_| {
            let (config, left) = (config.clone(), left.clone());
            executor.spawn(async move {
                let takes = |left: usize| left.checked_sub(1);
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, takes).is_ok() {
                    enter(address, config.clone(), "lobby").await?;
                }
                Ok(())
            })
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(120);
    smol::block_on(executor.run(async {
        for task in tasks {
            task.await?;
        }
        Ok::<_, io::Error>(())
    }))?;
    match Instant::now() < deadline {
        true => Ok(RESUMED.load(Ordering::Relaxed) - before),
        false => Err(io::Error::other("the joins took more than two minutes")),
    }
}

async fn connect(address: SocketAddr) -> io::Result<Async<TcpStream>> {
    let socket = Async::<TcpStream>::connect(address).await?;
    socket.get_ref().set_nodelay(true)?;
    Ok(socket)
}

/// Where this machine is so busy that a handshake comes after a moment of silence, a greeting crosses it, and it is tried again.
async fn shake_hands(
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<Async<TcpStream>>> {
    let (name, connector) = (ServerName::try_from("localhost"), TlsConnector::from(config));
    let name = name.map_err(io::Error::other)?;
    let mut tries = 0;
    loop {
        tries += 1;
        match connector.connect(name.clone(), connect(address).await?).await {
            Ok(stream) => {
                if stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
                    RESUMED.fetch_add(1, Ordering::Relaxed);
                }
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData && tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

/// Connects, gives a name, and hears that it is in the room.
async fn enter(
    address: SocketAddr,
    config: Option<Arc<ClientConfig>>,
    room: &str,
) -> io::Result<(Reading, Writing)> {
    let stream: Box<dyn Stream> = match config {
        None => Box::new(connect(address).await?),
        Some(config) => Box::new(shake_hands(address, config).await?),
    };
    let (mut reading, mut writing) = smol::io::split(stream);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let join =
        if room == "lobby" { String::new() } else { format!("!join {room}\n!leave lobby\n") };
    writing.write_all(format!("p{number}\n{join}").as_bytes()).await?;
    writing.flush().await?;
    let wanted =
        if room == "lobby" { "you are in lobby".to_owned() } else { "you are out of lobby".into() };
    let mut heard = String::new();
    let mut buffer = vec![0; 4096];
    while !heard.contains(&wanted) {
        let count = reading.read(&mut buffer).await?;
        if count == 0 {
            return Err(io::Error::other(format!("it ended after {heard:?}")));
        }
        heard.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    Ok((reading, writing))
}
