//! What strays onto the port: browsers, scanners, mail servers. Nothing of it is a name or is said.

use salotto::LimitHit;
use salotto_tests::TestServer;
use salotto_tests::raw::exchanged;

/// Has a connection send bytes, and returns all that it is answered up to its end.
fn answered(server: &TestServer, bytes: &[u8]) -> Vec<u8> {
    exchanged(server.address(), &[bytes])
}

#[test]
fn a_request_of_http_is_answered_in_http_and_says_nothing() {
    let server = TestServer::builder().enable("notices").open();
    let mut ada = server.enters("ada");
    ada.hears("* ada joined");
    let requests = [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "get /index.html?a b http/1.0\r\n\r\n",
        "BREW coffee://pot HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nbob\nhello",
        "\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n",
        "GET /\r\n",
        "GET / HTTP/1.1",
    ];
    for request in requests {
        let answer = String::from_utf8(answered(&server, request.as_bytes())).expect("text");
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{request:?}: {answer:?}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer:?}");
        assert!(answer.ends_with(
            "\r\n\r\nthis is a chat server; connect with a chat client, nc or telnet\n"
        ));
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\nbob\n", "x".repeat(100_000));
    assert!(answered(&server, long.as_bytes()).starts_with(b"HTTP/1.1 400 "));
    let not_utf8 = b"GET /\xff HTTP/1.1\r\n\r\nbob\n";
    assert!(answered(&server, not_utf8).starts_with(b"HTTP/1.1 400 "));
    assert_eq!(server.hits(LimitHit::Stray), 9);
    ada.says("nobody came");
    assert_eq!(ada.hears_next(), "ada: nobody came");
}

#[test]
fn a_request_in_pieces_is_one_too() {
    let server = TestServer::open();
    let answer =
        exchanged(server.address(), &[b"G", b"ET / HT", b"TP/1.", b"1\r\nHost: x\r\n\r\n"]);
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", answer.escape_ascii());
}

#[test]
fn other_protocols_are_answered_briefly_and_let_go() {
    let server = TestServer::builder().enable("notices").open();
    let mut ada = server.enters("ada");
    ada.hears("* ada joined");
    for (bytes, begins) in [
        (
            &b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03abc\nbob\n"[..],
            &b"\x15\x03\x01\0\x02\x02\x28"[..],
        ),
        (b"SSH-2.0-OpenSSH_9.9\r\n", b"! this is a chat server"),
        (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", b"RTSP/1.0 400 "),
        (b"OPTIONS sip:nm SIP/2.0\r\n\r\n", b"SIP/2.0 400 "),
        (b"EHLO mail.example.org\r\nDATA\r\n", b"554 this is a chat server"),
        (b"*1\r\n$4\r\nPING\r\n", b"-ERR this is a chat server"),
        (b"\0\0\0\x85\xffSMB\nbob\n", b"! this is a chat server"),
        (b"\x05\x01\0", b"! this is a chat server"),
        (
            b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000\r\nbob\r\n",
            b"! the PROXY protocol is taken from the addresses in `server.proxies` only",
        ),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\x12\x67\xcf\x08bob\n",
            b"! the PROXY protocol is taken from",
        ),
    ] {
        let answer = answered(&server, bytes);
        let shown = answer.escape_ascii();
        assert!(
            answer.starts_with(begins) && answer.len() < 300,
            "{}: {shown}",
            bytes.escape_ascii()
        );
    }
    ada.says("nobody came");
    assert_eq!(ada.hears_next(), "ada: nobody came");
}

#[test]
fn strays_do_not_guess_at_the_password_of_the_server() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.password =
                Some(salotto::PasswordHash::new("sword fish").expect("a password"))
        })
        .open();
    assert!(answered(&server, b"GET / HTTP/1.1\r\n\r\n").starts_with(b"HTTP/1.1 400 "));
    assert_eq!(server.hits(LimitHit::Password), 0);
}

#[test]
fn who_is_called_like_a_method_is_a_person() {
    let server = TestServer::open();
    for name in ["Get", "Helo", "Sip", "http", "PROXY", "Post"] {
        server.enters(name);
    }
}
