//! Pages and refusals, byte by byte.

use std::time::Duration;

use salotto_tests::{TestServer, pause};

use super::{Http, server};

#[test]
fn the_page_is_served_with_what_protects_who_reads_it() {
    let server = server();
    let page = Http::connects(server.address()).gets("/", "");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().starts_with("<!doctype html>"), "{}", page.text());
    let policy = page.header("content-security-policy").expect("a policy");
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "connect-src 'self' ws://localhost wss://localhost",
    ] {
        assert!(policy.split("; ").any(|part| part == directive), "{directive}: {policy}");
    }
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(page.header("permissions-policy").is_some());
    assert_eq!(page.header("set-cookie"), None);
}

#[test]
fn a_browser_that_has_the_page_is_not_sent_it_again() {
    let server = server();
    let mut browser = Http::connects(server.address());
    let tag = browser.gets("/", "").header("etag").expect("a tag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let again = browser.gets("/", &format!("If-None-Match: {known}\r\n"));
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), Some(&*tag));
    }
    assert_eq!(browser.gets("/", "If-None-Match: \"x\"\r\n").status, 200);
}

#[test]
fn only_the_head_is_sent_to_who_asks_for_that() {
    let server = server();
    let mut browser = Http::connects(server.address());
    for path in ["/", "/healthz", "/nothing"] {
        let whole = browser.gets(path, "");
        browser.sends(format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        let head = browser.hears_answer_to(false).expect("an answer");
        assert_eq!(head.head, whole.head);
    }
    assert_eq!(browser.gets("/healthz", "").text(), "ok\n");
}

#[test]
fn whatever_else_is_asked_for_is_refused_in_one_sentence() {
    let long = "x".repeat(9000);
    let many = "X-A: b\r\n".repeat(70);
    let host = "Host: localhost\r\n";
    for (request, status) in [
        (format!("GET /nothing HTTP/1.1\r\n{host}\r\n"), 404),
        (format!("GET /../etc/passwd HTTP/1.1\r\n{host}\r\n"), 404),
        (format!("POST / HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("get / HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("OPTIONS * HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("BREW pot HTTP/1.1\r\n{host}\r\n"), 405),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400),
        ("GET / HTTP/1.1\r\nHost: a;script-src *\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n".into(), 400),
        (format!("GET / HTTP/1.1\r\n{host}Content-Length: 5\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}Content-Length: 0\r\nContent-Length: 0\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}Content-Length: +0\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}X: {long}\r\n\r\n"), 431),
        (format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{host}{many}\r\n"), 431),
        (format!("GET / HTTP/2.0\r\n{host}\r\n"), 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505),
    ] {
        let server = server();
        let mut browser = Http::connects(server.address());
        browser.sends(&request);
        let answer = browser.hears();
        assert_eq!(answer.status, status, "{request:.100}: {answer:?}");
        assert_eq!(answer.text().lines().count(), 1, "{answer:?}");
        assert_eq!(answer.header("allow").is_some(), status == 405);
        if status != 404 {
            assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
            assert!(browser.has_ended());
        }
    }
}

#[test]
fn one_connection_takes_request_after_request_until_it_is_told_to_close() {
    let server = server();
    let mut browser = Http::connects(server.address());
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    browser.sends(request.repeat(20));
    assert!((0..20).all(|_| browser.hears().status == 200));
    assert_eq!(browser.gets("/", "Connection: close\r\n").header("connection"), Some("close"));
    assert!(browser.has_ended());
    let mut old = Http::connects(server.address());
    old.sends("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old.hears().status, 200);
    assert!(old.has_ended());
}

#[test]
fn requests_that_come_byte_by_byte_are_the_same_requests() {
    let server = server();
    let mut browser = Http::connects(server.address());
    for byte in
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    {
        browser.sends([*byte]);
    }
    assert_eq!(browser.hears().text(), "ok\n");
    assert!(browser.hears().text().starts_with("<!doctype html>"));
}

#[test]
fn what_follows_a_refused_request_is_none() {
    let server = server();
    for head in [
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 44\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 44\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
    ] {
        let mut browser = Http::connects(server.address());
        browser.sends(format!("{head}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_ne!(browser.hears().status, 200);
        assert!(browser.has_ended(), "{head}");
    }
}

#[test]
fn a_person_called_like_a_method_is_let_in() {
    let server = server();
    for name in ["Get", "Options", "Post"] {
        server.enters(name);
    }
    // One whose telnet sends each key, slower than a protocol may wait for more.
    let mut keys = server.connects();
    for key in ["G", "e", "t", "t", "a", "\r\n"] {
        keys.sends(key.as_bytes());
        pause(Duration::from_millis(350));
    }
    keys.hears("* you are in lobby with Getta");
}

#[test]
fn without_the_plugin_a_browser_is_told_that_this_is_a_chat() {
    let server = TestServer::open();
    let answer = Http::connects(server.address()).gets("/", "");
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("chat"));
}

#[test]
fn the_page_goes_with_the_plugin() {
    let server = server();
    let mut browser = Http::connects(server.address());
    assert_eq!(browser.gets("/", "").status, 200);
    assert!(server.disables("web"));
    // A connection that was kept for the next page is none any more.
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let _ = std::io::Write::write_all(browser.0.get_mut(), request.as_bytes());
    assert!(browser.has_ended());
    assert_eq!(Http::connects(server.address()).gets("/", "").status, 400);
    server.enables(salotto::PluginSetup::new("web")).expect("it is known");
    assert_eq!(Http::connects(server.address()).gets("/", "").status, 200);
}
