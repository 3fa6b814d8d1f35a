//! A program that has a web server of its own gives its connections to the room.

#[expect(dead_code, unreachable_pub, reason = "it is played from here, and not by its `main`")]
#[path = "../../../../plugins/examples/own_http_server.rs"]
mod own_http_server;

use std::net::{TcpListener, TcpStream};

use salotto::{Incoming, Peer};
use salotto_tests::soon;

use super::{Browser, Http, server};

#[test]
fn the_example_serves_its_own_pages_and_the_chat_on_one_port() {
    let chat = own_http_server::chat().expect("it starts");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let handle = chat.handle();
    std::thread::spawn(move || own_http_server::serve(&listener, &handle));
    assert_eq!(Http::connects(address).gets("/", "").text(), "my own page\n");
    let connects = |name: &str| {
        use tungstenite::client::IntoClientRequest;

        let stream = TcpStream::connect(address).expect("it listens");
        let request = format!("ws://{address}/chat").into_client_request().expect("an address");
        let (socket, _) = tungstenite::client(request, stream).expect("it is upgraded");
        Browser(socket).enters(name)
    };
    let (mut ada, mut bob) = (connects("ada"), connects("bob"));
    ada.says("on your own server");
    bob.hears_said("on your own server");
    soon("the stop", chat.stop());
    assert_eq!(bob.hears_end(), Some(1001));
}

#[test]
fn who_is_one_too_many_is_told_so_in_the_protocol_that_was_agreed_on() {
    let server = salotto_tests::TestServer::builder()
        .settings(|settings| {
            settings.limits.exempt = Vec::new();
            settings.limits.connections_per_address = Some(1);
        })
        .enable("web")
        .open();
    let _ada = server.enters("ada");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let stream = TcpStream::connect(listener.local_addr().expect("it is bound"));
    let (accepted, address) = listener.accept().expect("it is there");
    let incoming = Incoming::tcp(accepted, Peer::Network(address)).protocol("websocket");
    let refused = soon("adopting", server.handle().adopt(incoming));
    assert!(matches!(refused, Err(salotto::AdoptError::Limit(_))), "{refused:?}");
    let socket = tungstenite::WebSocket::from_raw_socket(
        stream.expect("it listens"),
        tungstenite::protocol::Role::Client,
        None,
    );
    let mut browser = Browser(socket);
    browser.hears_error(salotto::protocol::ErrorCode::Limit);
    assert_eq!(browser.hears_end(), Some(1013));
}

#[test]
fn a_request_that_was_read_elsewhere_is_answered_by_the_page() {
    let server = server();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut browser = Http::connects(listener.local_addr().expect("it is bound"));
    let (stream, address) = listener.accept().expect("it is there");
    let incoming = Incoming::tcp(stream, Peer::Network(address))
        .protocol("http")
        .received(&b"GET /healthz HTTP/1.1\r\n"[..]);
    soon("adopting", server.handle().adopt(incoming)).expect("it is taken");
    browser.sends("Host: localhost\r\n\r\n");
    assert_eq!(browser.hears().text(), "ok\n");
}
