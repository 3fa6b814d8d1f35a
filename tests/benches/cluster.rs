//! What it costs that several servers share a room: how much later a message is there, how many go through, and what a copy costs with one, two and three of them.
//!
//! `cargo bench -p salotto-tests --bench cluster`, with `redis-server` installed. Everything is on loopback and on this machine, so servers, Redis and clients share its cores. `-- --quick` takes
//! a tenth of the time.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use salotto::{EntryKind, Event, Handle, Participant, Server, ServerBuilder, Settings};
use salotto_plugins::redis::{RedisOptions, RedisOrder};
use smol::future;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use tempfile::TempDir;

/// Messages of which the middle is told, each said when the one before has come.
const CALM: usize = 3000;
/// Who talks on each server when many go through, and how much each has on its way.
const TALKERS: usize = 8;
const AHEAD: usize = 64;
const MANY: usize = 200_000;
/// Who listens on each server, and how often something is said to them.
const LISTENERS: usize = 200;
const PACE: Duration = Duration::from_millis(10);
const PACED: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Parser)]
struct Arguments {
    /// Takes a tenth of the time
    #[arg(long)]
    quick: bool,
    /// Is a server of this engine, until its input ends
    #[arg(long, hide = true)]
    node: Option<String>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if let Some(url) = arguments.node {
        return be_node(&url);
    }
    let part = if arguments.quick { 10 } else { 1 };
    let redis = Redis::start()?;
    let alone = server(builder())?;
    let alone = latency(&alone.handle(), &alone.handle(), CALM / part)?;
    let (one, two) = (shared(&redis.url)?, shared(&redis.url)?);
    let across = latency(&one.handle(), &two.handle(), CALM / part)?;
    for (what, [middle, late]) in [("on one server", alone), ("across two", across)] {
        show(&format!("a message {what}, p50 and p99"), format!("{middle:.1?}, {late:.1?}"))?;
    }
    show("later by, p50", format!("{:.1?}", across[0].saturating_sub(alone[0])))?;
    throughput(&[one.handle(), two.handle()], &redis, MANY / part)?;
    smol::block_on(future::zip(one.stop(), two.stop()));
    for nodes in 1..=3 {
        let redis = Redis::start()?;
        copies(&redis, nodes, PACED / part)?;
    }
    Ok(())
}

fn builder() -> ServerBuilder {
    let mut settings = Settings::default();
    settings.server.listen = vec!["127.0.0.1:0".to_owned()];
    settings.limits.rate = None;
    settings.limits.rate_per_address = None;
    settings.limits.connections_per_address = None;
    settings.limits.new_connections_per_minute = None;
    settings.rooms.history = 0;
    Server::builder().settings(settings)
}

fn server(builder: ServerBuilder) -> Outcome<Server> {
    Ok(builder.start()?)
}

fn shared(url: &str) -> Outcome<Server> {
    let options = RedisOptions { engines: vec![url.to_owned()], ..RedisOptions::default() };
    server(builder().order(Arc::new(RedisOrder::open(options)?)))
}

async fn join(handle: &Handle, name: &str) -> Outcome<Participant> {
    Ok(handle.join(name).await?)
}

/// One says something, the other hears it; the middle and the hundredth that is latest.
fn latency(one: &Handle, two: &Handle, messages: usize) -> Outcome<[Duration; 2]> {
    smol::block_on(async {
        let (says, mut hears) = (join(one, "ada").await?, join(two, "bob").await?);
        let mut took = Vec::with_capacity(messages);
        for at in 0..messages + 100 {
            let text = format!("message {at}");
            let since = Instant::now();
            says.say(&text).await?;
            hear(&mut hears, &text).await?;
            took.push(since.elapsed());
        }
        // What comes first warms up.
        let mut took = took.split_off(100);
        took.sort_unstable();
        says.leave().await;
        hears.leave().await;
        Ok([took[took.len() / 2], took[took.len() * 99 / 100]])
    })
}

async fn hear(somebody: &mut Participant, wanted: &str) -> Outcome<()> {
    loop {
        if let Event::Entry(entry) = somebody.next().await.ok_or("cut off")?
            && let EntryKind::Message { text, .. } = entry.what
            && text == wanted
        {
            return Ok(());
        }
    }
}

/// Many talk on each server, in one room.
fn throughput(handles: &[Handle], redis: &Redis, messages: usize) -> Outcome<()> {
    let before = redis.cpu();
    let started = Instant::now();
    let each = messages / handles.len() / TALKERS;
    std::thread::scope(|scope| {
        for handle in handles {
            for _ in 0..TALKERS {
                scope.spawn(move || {
                    let mut left = each;
                    while left > 0 {
                        let now = left.min(AHEAD);
                        left -= now;
                        smol::block_on(say_all(handle, now));
                    }
                });
            }
        }
    });
    let said = (each * TALKERS * handles.len()) as u64;
    let last = |handle: &Handle| {
        let order = smol::block_on(handle.status()).ok().and_then(|status| status.order);
        order.and_then(|order| order.rooms.get("lobby").map(|room| room.1)).unwrap_or_default()
    };
    let late = Instant::now() + PATIENCE;
    while handles.iter().any(|handle| last(handle) < said) {
        if Instant::now() > late {
            return Err("not all came back".into());
        }
        std::thread::yield_now();
    }
    let rate = said as f64 / started.elapsed().as_secs_f64();
    show("messages a second into one room", format!("{rate:.0}"))?;
    let each = (redis.cpu() - before).as_secs_f64() * 1e6 / said as f64;
    show("CPU of Redis a message", format!("{each:.2} µs"))
}

/// Says so many at once, in order.
async fn say_all(handle: &Handle, count: usize) {
    let mut waiting = Vec::new();
    for _ in 0..count {
        let mut saying = Box::pin(
            handle.say("lobby", "what one says where many talk, of sixty-four bytes or so"),
        );
        // It is sent when it is first looked at.
        if future::poll_once(&mut saying).await.is_none() {
            waiting.push(saying);
        }
    }
    for saying in waiting {
        // The servers run for as long as somebody talks.
        let _ = saying.await;
    }
}

/// What a copy costs the servers, each with its own listeners.
fn copies(redis: &Redis, nodes: usize, messages: usize) -> Outcome<()> {
    let nodes: Vec<Node> = (0..nodes).map(|_| Node::start(&redis.url)).collect::<Outcome<_>>()?;
    let tasks = smol::LocalExecutor::new();
    let took = smol::block_on(tasks.run(async {
        let mut listening = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            for listener in 0..LISTENERS {
                let stream = enter(node.address, &format!("l{at}x{listener}")).await?;
                listening.push(tasks.spawn(listen(stream)));
            }
        }
        let mut talker = enter(nodes[0].address, "talker").await?;
        let before: Duration = nodes.iter().map(|node| cpu(node.process.id())).sum();
        for at in 0..messages {
            let started = Instant::now();
            talker
                .write_all(
                    format!("what one says, number {at}, of sixty-four bytes or something so\n")
                        .as_bytes(),
                )
                .await?;
            smol::Timer::at(started + PACE).await;
        }
        talker.write_all(b"the end\n").await?;
        for listener in listening {
            listener.await?;
        }
        let after: Duration = nodes.iter().map(|node| cpu(node.process.id())).sum();
        Outcome::Ok(after - before)
    }))?;
    let copies = (messages * nodes.len() * LISTENERS) as f64;
    let each = took.as_secs_f64() * 1e6 / copies;
    show(
        &format!("CPU a copy, {} servers of {LISTENERS} listeners", nodes.len()),
        format!("{each:.2} µs"),
    )
}

async fn enter(address: SocketAddr, name: &str) -> Outcome<smol::net::TcpStream> {
    let mut stream = smol::net::TcpStream::connect(address).await?;
    stream.write_all(format!("{name}\n").as_bytes()).await?;
    let (mut bytes, mut heard) = ([0; 4096], Vec::new());
    while !heard.windows(6).any(|window| window == b"lobby\n" || window == b" lobby") {
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Err(
                format!("`{name}` is not let in: {}", String::from_utf8_lossy(&heard)).into()
            );
        }
        heard.extend_from_slice(&bytes[..read]);
    }
    Ok(stream)
}

/// Reads until the end is said.
async fn listen(mut stream: smol::net::TcpStream) -> io::Result<()> {
    let (mut bytes, mut last) = ([0; 16 * 1024], Vec::new());
    loop {
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        last.extend_from_slice(&bytes[..read]);
        if last.windows(7).any(|window| window == b"the end") {
            return Ok(());
        }
        last.drain(..last.len().saturating_sub(8));
    }
}

/// A server in a process of its own, so that its CPU is its alone.
struct Node {
    process: Child,
    address: SocketAddr,
}

impl Node {
    fn start(url: &str) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--node", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { process, address: line.trim().parse()? })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn be_node(url: &str) -> Outcome<()> {
    let server = shared(url)?;
    show_line(&server.addresses()[0].to_string())?;
    io::stdin().lines().next();
    Ok(())
}

/// A redis-server that keeps nothing, on a port of its own.
struct Redis {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Redis {
    fn start() -> Outcome<Self> {
        let folder = TempDir::new()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "everysec", "--loglevel", "warning"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        let late = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > late {
                return Err("redis-server does not answer".into());
            }
            std::thread::yield_now();
        }
        Ok(Self { process, url: format!("redis://127.0.0.1:{port}"), _folder: folder })
    }

    fn cpu(&self) -> Duration {
        cpu(self.process.id())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How long all threads of a process have run.
fn cpu(process: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    let ran = |task: std::fs::DirEntry| {
        let ran = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        Some(Duration::from_nanos(ran.split(' ').next()?.parse().ok()?))
    };
    tasks.into_iter().flatten().flatten().filter_map(ran).sum()
}

fn show(what: &str, value: String) -> Outcome<()> {
    show_line(&format!("{what:<52} {value}"))
}

fn show_line(line: &str) -> Outcome<()> {
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
