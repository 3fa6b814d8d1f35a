//! What clients may send without harm: to the server, to others, or to themselves.

use std::time::Duration;

use salotto::protocol::ErrorCode;
use salotto::{LimitHit, Request};
use salotto_tests::TestServer;
use salotto_tests::json::hello;

#[test]
fn a_line_that_is_too_long_is_answered_and_the_next_one_is_said() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says(&"x".repeat(40_000));
    ada.hears_exactly(&["! the line is longer than 32768 bytes and was dropped; send it in parts"]);
    ada.says("after");
    bob.hears_exactly(&["ada: after"]);
    assert_eq!(server.hits(LimitHit::LineBytes), 1);
}

#[test]
fn a_message_that_is_too_long_is_answered_and_the_next_one_is_said() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says(&"ä".repeat(2001));
    ada.hears_exactly(&[
        "! the message has 2001 characters and was not sent; at most 2000 are allowed, so send it in parts",
    ]);
    let longest = "ä".repeat(2000);
    ada.says(&longest);
    bob.hears_exactly(&[&format!("ada: {longest}")]);
    assert_eq!(server.hits(LimitHit::MessageLength), 1);
}

#[test]
fn bytes_without_an_end_of_line_end_the_connection() {
    let server = TestServer::builder().enable("notices").open();
    let mut bob = server.enters("bob");
    let mut ada = server.enters("ada");
    bob.hears("* ada joined");
    // More than the limit in one go; the rest may find the connection closed.
    let _ = ada.tries_to_send(&[b'x'; 512 * 1024]);
    let heard = ada.hears_eof();
    assert!(
        heard.contains(&"* goodbye (65536 bytes came without an end of line)".to_owned()),
        "{heard:?}"
    );
    bob.hears("* ada left (65536 bytes came without an end of line)");
    assert_eq!(server.hits(LimitHit::Unended), 1);
}

#[test]
fn bytes_without_an_end_of_line_are_not_kept_in_dribbles_either() {
    let server = TestServer::open();
    let mut eve = server.connects();
    for _ in 0..160 {
        if eve.tries_to_send(&[b'x'; 512]).is_err() {
            break;
        }
    }
    assert!(eve.hears_eof().last().is_some_and(|line| line.contains("without an end of line")));
}

#[test]
fn a_line_that_is_not_utf8_is_answered_and_the_next_one_is_said() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    for bytes in [&b"caf\xe9\n"[..], b"\xc3\x28\n", b"\xed\xa0\x80\n", b"\xf8\x88\x80\x80\x80\n"] {
        ada.sends(bytes);
        ada.hears_exactly(&["! the line is not UTF-8 and was dropped; set your terminal to UTF-8"]);
    }
    ada.says("café");
    bob.hears_exactly(&["ada: café"]);
    assert_eq!(server.hits(LimitHit::BadUtf8), 4);
}

#[test]
fn no_control_character_reaches_anybody() {
    // The harness looks at each line that anybody hears; here are the ways in.
    let server = TestServer::builder().enable("notices").enable("quit").open();
    let mut bob = server.enters("bob");
    let mut ada = server.enters_json("ada");
    let mut eve = server.enters("eve");
    let nasty = "a\u{1b}]0;owned\u{7}\u{1b}[2J\u{8}\u{7f}\u{9b}31m\u{202e}\u{2028}\rb";
    // Each break of a line is a space; in a line of text the carriage return ends it, and the keys that erase do so.
    let clean = "a]0;owned[2J31m  b";
    eve.says(nasty);
    bob.hears("eve: a]0;owned[31m");
    bob.hears("eve: b");
    ada.says(nasty);
    bob.hears(&format!("ada: {clean}"));
    ada.says("one\ntwo\r\nhost: three");
    // It is one line, whatever it was before, and does not pass for the operator's.
    let line = bob.hears_about("two");
    assert!(line.starts_with("ada: one"), "{line}");
    ada.asks(Request::Direct { to: "bob".into(), text: nasty.into() });
    bob.hears(&format!("[ada to bob] {clean}"));
    ada.asks(Request::Command { line: format!("quit {nasty}"), room: None });
    bob.hears(&format!("* ada left (quit: {clean})"));
    server.types(&format!("topic lobby {nasty}"));
    bob.hears(&format!("* host set the topic: {clean}"));
    server.types(&format!("kick eve {nasty}"));
    bob.hears(&format!("* eve left (kicked by host: {clean})"));
}

#[test]
fn errors_contain_no_raw_control_characters() {
    let server = TestServer::open();
    let nasty = "\u{1b}[2J\u{7}";
    let mut ada = server.connects_json();
    ada.asks(hello(&format!("{nasty}a b"), &[], None));
    let mut texts = vec![ada.hears_error(ErrorCode::BadName)];
    let mut ada = ada.enters("ada");
    ada.asks(Request::Join { room: format!("{nasty}a b"), key: None });
    texts.push(ada.hears_error(ErrorCode::NoSuchRoom));
    ada.asks(Request::Leave { room: Some(nasty.into()), farewell: String::new() });
    texts.push(ada.hears_error(ErrorCode::NoSuchRoom));
    ada.asks(Request::Direct { to: nasty.into(), text: "hello".into() });
    texts.push(ada.hears_error(ErrorCode::NoSuchMember));
    ada.asks(Request::Command { line: nasty.into(), room: None });
    texts.push(ada.hears_error(ErrorCode::UnknownCommand));
    ada.raw.says(r#"{"type":"\u001b[2J\u0007"}"#);
    texts.push(ada.hears_error(ErrorCode::BadRequest));
    for text in texts {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

#[test]
fn nothing_but_invisible_characters_is_no_message() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    for nothing in [
        "\u{1b}\u{7}",
        "\u{200b}",
        "\u{3164}",
        "\u{301}\u{301}",
        &"\u{301}".repeat(1000),
        "\u{e0041}\u{e0042}",
        "\u{2800} \u{2800}",
    ] {
        ada.says(nothing);
        ada.hears_exactly(&["! there is nothing in the message that can be shown"]);
    }
    ada.says("x");
    ada.hears_exactly(&["ada: x"]);
}

#[test]
fn a_pile_of_marks_is_cut_and_what_people_write_is_not() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let zalgo = format!("x{}y", "\u{301}".repeat(1000));
    ada.says(&zalgo);
    ada.hears_exactly(&[&format!("ada: x{}y", "\u{301}".repeat(4))]);
    for text in [
        "Nguyễn ढूँढ़ें שָׁלוֹם ที่รัก རྫོགས",
        "👩🏽\u{200d}❤\u{fe0f}\u{200d}👩 1\u{fe0f}\u{20e3} 🏴\u{e0067}\u{e0062}\u{e007f}",
    ] {
        ada.says(text);
        ada.hears_exactly(&[&format!("ada: {text}")]);
    }
}

#[test]
fn a_message_within_its_bound_is_never_too_long_as_a_line() {
    let server = TestServer::open();
    let mut bob = server.enters_json("bob");
    let mut ada = server.enters_json("ada");
    let nonce = "n".repeat(64);
    for letter in ['中', '👩', 'ﷺ', 'x', '"', '\u{300}'] {
        let text: String = std::iter::once('a').chain(std::iter::repeat_n(letter, 1999)).collect();
        // As a program writes it that escapes every character.
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        ada.raw.says(&format!(
            r#"{{"type":"say","kind":"say","room":"lobby","text":"{escaped}","nonce":"{nonce}"}}"#
        ));
        match letter {
            '\u{300}' => drop(bob.hears_said(&format!("a{}", "\u{300}".repeat(4)))),
            _ => drop(bob.hears_said(&text)),
        }
    }
    let mut nc = server.enters("nc");
    let text = "𝐚".repeat(2000);
    nc.says(&text);
    bob.hears_said(&text);
    assert_eq!(server.hits(LimitHit::LineBytes), 0);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let server = TestServer::open();
    let mut json = server.connects_json();
    json.raw.sends("\u{feff}".as_bytes());
    json.enters("ada");
    let mut text = server.connects();
    text.says("\u{feff}bob");
    text.hears_about("* you are in lobby with ");
}

#[test]
fn user_text_is_never_a_format_string() {
    let server = TestServer::builder().enable("notices").open();
    let mut bob = server.enters("bob");
    let mut ada = server.enters("ada");
    for text in ["{server} {} {0} %s %n", "{name}", "$(reboot) `id` ../../etc"] {
        ada.says(text);
        bob.hears(&format!("ada: {text}"));
    }
}

#[test]
fn a_server_that_is_full_says_so_and_has_room_again() {
    let server =
        TestServer::builder().settings(|settings| settings.limits.connections = Some(3)).open();
    let ada = server.enters("ada");
    let _bob = server.enters("bob");
    let _silent = server.connects();
    server.waits_until("the silent one is connected", |status| status.connected == 3);
    assert_eq!(
        server.connects().hears_eof(),
        ["! the server is full (3 connections); try again later"]
    );
    assert_eq!(server.hits(LimitHit::Connections), 1);
    ada.dies();
    server.waits_until("ada is gone", |status| status.connected == 2);
    // Her name is free once her session has ended, which is a moment after the server has let go of her.
    let entered = (0..).find_map(|_| {
        let mut eve = server.connects();
        let _ = eve.tries_to_send(b"eve\n");
        match eve.hears_next() {
            line if line.contains("the server is full") => None,
            line => Some(line),
        }
    });
    assert_eq!(entered.as_deref(), Some("* you are in lobby with bob, eve"));
}

#[test]
fn limits_that_are_lifted_with_the_longest_time_there_is_are_not_hit() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.name_timeout = Some(Duration::MAX);
            settings.limits.ping_after = Some(Duration::MAX - Duration::from_secs(1));
            settings.limits.gone_after = Some(Duration::MAX);
            settings.limits.stalled_after = Some(Duration::MAX);
            settings.server.stop_timeout = Duration::MAX;
        })
        .open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters_json("bob");
    ada.says("hello");
    bob.hears_said("hello");
}

#[test]
fn a_rate_that_passes_the_check_breaks_no_session() {
    for (burst, per_second) in [
        (u32::MAX, 1e-9),
        (1, 1e-300),
        (u32::MAX, 1e-300),
        (1, f64::MIN_POSITIVE),
        (u32::MAX, f64::MAX),
    ] {
        let opened = TestServer::builder()
            .settings(|settings| {
                settings.limits.rate = Some(salotto::protocol::Rate { burst, per_second });
            })
            .try_open();
        // Refusing it is fine as well.
        if let Ok(server) = opened {
            let mut ada = server.connects();
            ada.says("ada");
            ada.hears("* you are in lobby with ada");
        }
    }
}
