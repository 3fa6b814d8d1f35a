//! From a request to frames.

use super::{Browser, Http, server};

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const UPGRADE: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

#[test]
fn a_handshake_is_answered_as_the_standard_has_it() {
    let server = server();
    let mut browser = Http::connects(server.address());
    let answer = browser.gets("/ws", &format!("{UPGRADE}{KEY}{VERSION}"));
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("sec-websocket-extensions"), None);
}

#[test]
fn a_handshake_that_is_none_is_refused() {
    let server = server();
    for (headers, status) in [
        (String::new(), 426),
        (format!("{UPGRADE}{KEY}"), 426),
        (format!("{UPGRADE}{KEY}Sec-WebSocket-Version: 8\r\n"), 426),
        (format!("Upgrade: websocket\r\n{KEY}{VERSION}"), 426),
        (format!("Connection: Upgrade\r\nUpgrade: h2c\r\n{KEY}{VERSION}"), 426),
        (format!("{UPGRADE}{VERSION}"), 400),
        (format!("{UPGRADE}{VERSION}Sec-WebSocket-Key: short\r\n"), 400),
        (format!("{UPGRADE}{VERSION}{KEY}{KEY}"), 400),
        (format!("{UPGRADE}{VERSION}{KEY}Sec-WebSocket-Protocol: text.ircv3.net\r\n"), 400),
    ] {
        let mut browser = Http::connects(server.address());
        let answer = browser.gets("/ws", &headers);
        assert_eq!(answer.status, status, "{headers}: {answer:?}");
        if status == 426 {
            assert_eq!(answer.header("sec-websocket-version"), Some("13"));
            assert_eq!(answer.header("upgrade"), Some("websocket"));
        }
        assert!(browser.has_ended());
    }
}

#[test]
fn pages_and_a_handshake_may_share_a_connection() {
    let server = server();
    let mut browser = Http::connects(server.address());
    assert_eq!(browser.gets("/", "").status, 200);
    let stream = browser.0.into_inner();
    let ada = Browser::tries_through(stream, server.address(), &[]).expect("it is taken");
    ada.enters("ada");
}
