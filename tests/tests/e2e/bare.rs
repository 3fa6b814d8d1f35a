//! Bare clients: they send chunks without a newline, and show whatever one `recv` of 1024 bytes brings as one row.

use std::time::{Duration, Instant};

use salotto::LimitHit;
use salotto_tests::{BareClient, PATIENCE, TestServer, pause, soon};

#[test]
fn chunks_that_follow_one_another_are_lines_of_their_own() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    for word in ["si", "no", "forse", "x"] {
        gino.sends(word);
        ada.hears(&format!("gino: {word}"));
    }
}

#[test]
fn what_comes_at_once_is_shown_row_by_row() {
    let server = TestServer::builder().enable("notices").open();
    let mut gino = BareClient::enters(&server, "gino");
    let room = "lobby".parse().expect("a name");
    for line in 0..10 {
        soon("a notice", server.handle().notice(&room, &format!("number {line}"))).unwrap();
    }
    for line in 0..10 {
        assert_eq!(gino.shows_about("number"), format!("* number {line}"));
    }
    let long = "però ".repeat(330);
    let mut ada = server.enters("ada");
    ada.says(&long);
    let first = gino.shows_about("ada: però");
    let second = gino.row().expect("the rest");
    assert!(first.len() <= 1024 && second.len() <= 1024, "{first:?} {second:?}");
    assert_eq!(format!("{first}{second}").trim_end(), format!("ada: {}", long.trim_end()));
}

#[test]
fn a_newcomer_is_shown_the_last_ten_rows_of_what_was() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 50).open();
    let mut ada = server.enters("ada");
    for line in 0..30 {
        ada.says(&format!("line {line}"));
    }
    ada.hears("ada: line 29");
    let mut gino = BareClient::enters(&server, "gino");
    for line in 20..30 {
        let row = gino.shows_about("ada:");
        assert!(row.ends_with(&format!("] ada: line {line}")), "{row}");
    }
}

#[test]
fn who_only_reads_slowly_costs_nobody_else_a_pause() {
    let server = TestServer::open();
    let mut gino = BareClient::enters(&server, "gino");
    let (mut ada, mut bob) = (server.enters("ada"), server.enters("bob"));
    let started = Instant::now();
    for number in 0..9 {
        ada.says(&number.to_string());
    }
    bob.hears("ada: 8");
    let (for_bob, _) = (started.elapsed(), gino.shows_about("ada: 8"));
    assert!(started.elapsed() >= Duration::from_millis(8 * 25), "a pause between rows");
    assert!(for_bob < PATIENCE);
}

#[test]
fn a_chunk_that_is_too_long_is_answered_when_it_stops_and_the_next_one_counts() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    gino.sends(&"x".repeat(40_000));
    gino.shows_about("longer than 32768 bytes");
    gino.sends("here I am");
    ada.hears("gino: here I am");
    assert_eq!(server.hits(LimitHit::LineBytes), 1);
}

#[test]
fn braces_are_words_like_others() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    gino.sends("{ciao}");
    ada.hears("gino: {ciao}");
    // Before a name they are no name, and the next line may be one.
    let mut nc = server.connects();
    nc.says("{quit}");
    nc.hears_about("! a name cannot contain `{`");
    nc.says("bea");
    nc.hears_about("* you are in lobby with");
    let mut bare = BareClient::connects(&server);
    bare.sends("{hello");
    bare.shows_about("cannot contain `{`");
    bare.sends("rosa");
    bare.shows_about("* you are in lobby");
}

#[test]
fn the_goodbye_of_a_bare_client_ends_its_connection() {
    let server = TestServer::builder().enable("notices").enable("quit").open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    // He has much to read yet, and closes nothing.
    for line in 0..100 {
        ada.says(&format!("line {line}"));
    }
    ada.hears("ada: line 99");
    for goodbye in ["{quit}", "!quit"] {
        let started = Instant::now();
        gino.sends(goodbye);
        ada.hears("* gino left (quit)");
        assert!(started.elapsed() < Duration::from_secs(1), "it took {:?}", started.elapsed());
        gino.shows_about("* goodbye (quit)");
        gino = BareClient::enters(&server, "gino");
    }
}

#[test]
fn who_sends_nothing_more_has_left() {
    let server = TestServer::builder().enable("notices").open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    gino.sends("ciao");
    let started = Instant::now();
    gino.half_closes();
    ada.hears("gino: ciao");
    ada.hears("* gino left (connection lost)");
    assert!(started.elapsed() < Duration::from_secs(1), "it took {:?}", started.elapsed());
}

#[test]
fn who_sends_nothing_more_is_not_shown_thousands_of_rows_one_by_one() {
    let server = TestServer::open();
    let mut gino = BareClient::enters(&server, "gino");
    // A minute and a half of rows.
    for line in 0..3500 {
        gino.sends(&format!("{line}\n"));
    }
    gino.half_closes();
    server.waits_until("he is gone", |status| status.connected == 0);
}

#[test]
fn three_chunks_in_a_moment_are_three_messages() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    for word in ["si", "no", "forse"] {
        gino.sends(word);
        // Less than it takes for a chunk to count as a line before a name; enough for the server to read each by itself.
        pause(Duration::from_millis(40));
    }
    for word in ["si", "no", "forse"] {
        ada.hears_exactly(&[&format!("gino: {word}")]);
    }
}

#[test]
fn a_goodbye_before_a_name_chooses_nothing() {
    let server = TestServer::open();
    for (sent, name) in [("{quit}\n", "ada\n"), ("{quit}\r\n", "bob\r\n")] {
        let mut nc = server.connects();
        nc.sends(sent.as_bytes());
        nc.hears_about("! a name cannot contain `{`");
        nc.sends(name.as_bytes());
        nc.hears_about("* you are in lobby with");
    }
}

#[test]
fn a_goodbye_before_a_name_is_a_goodbye() {
    let server = TestServer::builder().enable("quit").enable("roles").enable("floods").open();
    let mut guest = BareClient::connects(&server);
    guest.sends("{quit}");
    guest.shows_about("* goodbye (quit)");
    for (sent, goodbye) in
        [("{quit}", "* goodbye (quit)"), ("{Quit} ciao", "* goodbye (quit: ciao)")]
    {
        let mut nc = server.connects();
        nc.says(sent);
        assert_eq!(nc.hears_eof(), [goodbye]);
        server.waits_until("the connection is over", |status| status.connected == 0);
    }
    assert_eq!(server.hits(LimitHit::BadName), 0);
    // One that is part of something else is not.
    let mut guest = BareClient::connects(&server);
    guest.sends("{quitter}");
    guest.shows_about("cannot contain `{`");
}

#[test]
fn the_rate_holds_for_chunks_too() {
    let server = TestServer::builder()
        .settings(|settings| {
            let rate = salotto::protocol::Rate { burst: 3, per_second: 100.0 };
            settings.limits.rate = Some(rate);
        })
        .open();
    let mut ada = server.enters("ada");
    let mut gino = BareClient::enters(&server, "gino");
    for word in ["one", "two", "three", "four", "five"] {
        gino.sends(word);
        // One after the other, or the kernel joins them.
        ada.hears_about("gino: ");
    }
    assert!(server.hits(LimitHit::Rate) > 0);
}

#[test]
fn chunks_beyond_the_rate_wait_and_hold_up_nobody_else() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.rate = Some(salotto::Rate { burst: 3, per_second: 2.0 });
            // All on one thread, as in a small server.
            settings.server.threads = Some(1);
        })
        .open();
    let (mut ada, mut bob) = (server.enters("ada"), server.enters("bob"));
    let mut gino = BareClient::enters(&server, "gino");
    for word in ["one", "two"] {
        gino.sends(word);
        ada.hears(&format!("gino: {word}"));
    }
    // The bucket is empty now; this one waits, and longer than a chunk stands alone.
    gino.sends("three");
    ada.hears("gino: three");
    gino.sends("four");
    bob.hears_about("gino: three");
    for word in ["still", "here"] {
        bob.says(word);
        ada.hears_about(&format!("bob: {word}"));
    }
    server.waits_until("the limit is hit", |_| server.hits(LimitHit::Rate) > 0);
    ada.hears_about("gino: four");
}
