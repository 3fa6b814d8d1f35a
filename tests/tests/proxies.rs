//! What docs/proxies.md says to write into nginx and HAProxy does what it says: people come through them, and are known by their own addresses. Behind a
//! switch, because it needs the two programs: `tests/proxies.sh`.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use salotto::PluginSetup;
use salotto_tests::{PATIENCE, TestServer, soon};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;
use tungstenite::Message;

/// Runs the tests where it is set to 1.
const SWITCH: &str = "SALOTTO_TEST_PROXIES";
/// From where the guest comes; the proxy speaks to the server from another address of this machine.
const GUEST: &str = "127.0.0.9";

/// Whether the programs are there, as `tests/proxies.sh` has seen to.
#[expect(clippy::print_stdout, reason = "it says so where nothing was tested")]
fn is_on() -> bool {
    let is_on = std::env::var_os(SWITCH).is_some_and(|value| value == "1");
    if !is_on {
        println!("skipped; tests/proxies.sh runs it with nginx and HAProxy");
    }
    is_on
}

/// The configuration in docs/proxies.md that is marked so, for these ports.
fn documented(mark: &str, server: SocketAddr, port: u16) -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/proxies.md"));
    let text = text.expect("the document");
    let (_, block) = text.split_once(&format!("```{mark}\n")).expect("a block that is marked so");
    let (block, _) = block.split_once("```").expect("its end");
    let proxy = if block.contains("53001") { "53001" } else { "8080" };
    assert!(block.contains("127.0.0.1:53000") && block.contains(proxy), "{block}");
    // The proxy's first: the other's number may have it within.
    block.replace(proxy, &port.to_string()).replace("127.0.0.1:53000", &server.to_string())
}

/// A port that is free at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// A proxy that runs until this is dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    fn nginx(kind: &str, server: SocketAddr) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder");
        let block = documented(&format!("nginx {kind}"), server, port);
        let path = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String =
            temporary.iter().map(|what| format!("{what}_temp_path {path}/{what};\n")).collect();
        let section = match kind {
            "bytes" => format!("stream {{\n{block}}}\n"),
            _ => format!("http {{\naccess_log off;\n{temporary}{block}}}\n"),
        };
        let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
        let load = match Path::new(module).exists() {
            true => format!("load_module {module};\n"),
            false => String::new(),
        };
        let text = format!(
            "{load}daemon off;\npid {path}/pid;\nerror_log stderr;\nevents {{}}\n{section}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, text).expect("it is written");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-p").arg(folder.path()).args(["-e", "stderr"]);
        Self::start(command, port, folder)
    }

    fn haproxy(kind: &str, server: SocketAddr) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, documented(&format!("haproxy {kind}"), server, port)).expect("written");
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(&file);
        Self::start(command, port, folder)
    }

    /// Starts it and waits until it listens.
    fn start(mut command: Command, port: u16, folder: TempDir) -> Self {
        let child = command.stdin(Stdio::null()).spawn().expect("the program is there");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let proxy = Self { child, address, _folder: folder };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < PATIENCE, "the proxy does not listen");
            std::thread::yield_now();
        }
        proxy
    }

    /// Somebody connects to it from an address of their own.
    fn connect(&self) -> TcpStream {
        let guest: SocketAddr = format!("{GUEST}:0").parse().expect("an address");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there are sockets");
        socket.bind(&guest.into()).expect("it is of this machine");
        socket.connect(&self.address.into()).expect("the proxy listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a new socket takes options");
        socket.into()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx ends its workers only where it is asked to.
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Asserts that whoever is here comes from where the guest does.
fn knows_the_guest(server: &TestServer) {
    let members = soon("the members", server.handle().members()).expect("the server is running");
    // Who looked whether the proxy listens may not have left yet.
    let named = members.iter().filter(|member| member.name.is_some());
    let peers: Vec<String> = named.map(|member| member.peer.to_string()).collect();
    assert!(peers.len() == 1 && peers[0].starts_with(&format!("{GUEST}:")), "{peers:?}");
}

fn text_through(proxy: impl FnOnce(SocketAddr) -> Proxy) {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.proxies = vec!["127.0.0.1".parse().expect("an address")];
        })
        .open();
    let proxy = proxy(server.address());
    let mut ada = proxy.connect();
    ada.write_all(b"ada\nhello\n").expect("it is taken");
    let mut heard = String::new();
    while !heard.contains("ada: hello") {
        let mut buffer = [0; 1024];
        let count = ada.read(&mut buffer).expect("an echo");
        assert!(count > 0, "it ended after {heard:?}");
        heard.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    knows_the_guest(&server);
}

fn browser_through(proxy: impl FnOnce(SocketAddr) -> Proxy) {
    let web = PluginSetup::new("web")
        .settings(r#"(origins: ["https://chat.example.org"], proxies: ["127.0.0.1"])"#);
    let server = TestServer::builder().server(|server| server.enable(web)).open();
    let proxy = proxy(server.address());
    let mut page = proxy.connect();
    page.write_all(b"GET / HTTP/1.1\r\nHost: chat.example.org\r\nConnection: close\r\n\r\n")
        .expect("it is taken");
    let mut answer = Vec::new();
    page.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:.200}");
    let request = tungstenite::ClientRequestBuilder::new(
        "ws://chat.example.org/ws".parse().expect("an address"),
    )
    .with_header("Origin", "https://chat.example.org");
    let (mut socket, _) = tungstenite::client(request, proxy.connect()).expect("it is let through");
    for request in
        [r#"{"type":"hello","name":"ada"}"#, r#"{"type":"say","text":"hello","nonce":"1"}"#]
    {
        socket.send(Message::text(request)).expect("it is taken");
    }
    loop {
        let Message::Text(text) = socket.read().expect("an echo") else { continue };
        if text.contains("\"nonce\":\"1\"") {
            break;
        }
    }
    knows_the_guest(&server);
}

#[test]
fn text_comes_through_nginx_under_its_own_address() {
    if is_on() {
        text_through(|server| Proxy::nginx("bytes", server));
    }
}

#[test]
fn text_comes_through_haproxy_under_its_own_address() {
    if is_on() {
        text_through(|server| Proxy::haproxy("bytes", server));
    }
}

#[test]
fn browsers_come_through_nginx_under_their_own_address() {
    if is_on() {
        browser_through(|server| Proxy::nginx("http", server));
    }
}

#[test]
fn browsers_come_through_haproxy_under_their_own_address() {
    if is_on() {
        browser_through(|server| Proxy::haproxy("http", server));
    }
}
