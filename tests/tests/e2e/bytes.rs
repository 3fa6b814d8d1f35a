//! Whatever bytes come in whatever pieces, the server lives and the line after is answered.

use proptest::prelude::*;
use salotto_tests::{Client, TestServer};

/// Lines, and beginnings of lines, that mean something.
const MEANT: &[&[u8]] = &[
    b"{\"type\":\"hello\",\"name\":\"eve\"}\n",
    b"{\"type\":\"hello\",\"name\":\"eve\",\"resume\":{\"epoch\":\"x\",\"rooms\":{\"lobby\":18446744073709551615}}}\n",
    b"{\"type\":\"say\",\"text\":\"\\ud800\\u0000\"}\n",
    b"{\"type\":\"members\",\"after\":\"\\uffff\"}\n",
    b"{\"type\":\"ping\"",
    b"!quit now\n",
    b"\xff\xfa\x18",
    b"\xef\xbb\xbfeve\n",
];

/// Bytes that mean something somewhere, and any others.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        2 => prop::collection::vec(prop::sample::select(&b"\n\r\x00\xff\xfa\xf0\xfb{}[]\":!/ a\\u"[..]), 0..40),
        2 => "[a-zA-Z0-9 !äß]{0,60}\n".prop_map(String::into_bytes),
        1 => prop::sample::select(MEANT).prop_map(<[u8]>::to_vec),
        1 => (4090_usize..4102).prop_map(|length| vec![b'x'; length]),
    ]
}

/// Sends what the server may answer with a goodbye at any piece.
fn sends_all(client: &mut Client, pieces: &[Vec<u8>]) {
    for piece in pieces {
        if client.tries_to_send(piece).is_err() {
            return;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_the_server_lives(pieces in prop::collection::vec(piece(), 0..12)) {
        let server = TestServer::open();
        let mut witness = server.enters("witness");
        let mut eve = server.connects();
        sends_all(&mut eve, &pieces);
        let _ = eve.tries_to_send(b"\n");
        eve.half_closes();
        // Every line that comes is looked at by the harness; the connection ends and nobody else is harmed.
        eve.hears_eof();
        witness.says("I am still here");
        witness.hears("witness: I am still here");
        server.waits_until("eve is gone", |status| status.connected == 1);
    }

    #[test]
    fn after_garbage_of_somebody_with_a_name_the_next_line_is_said(
        pieces in prop::collection::vec(
            prop::collection::vec(any::<u8>().prop_filter("an end of line", |byte| *byte != b'\n'), 0..200),
            0..8,
        ),
    ) {
        let server = TestServer::open();
        let mut ada = server.enters("ada");
        for piece in &pieces {
            // A `!` would call something, which is not what this is about.
            let piece: Vec<u8> = piece.iter().copied().filter(|byte| *byte != b'!').collect();
            ada.sends(&piece);
            ada.sends(b"\n");
        }
        ada.says("after");
        ada.hears("ada: after");
    }

    #[test]
    fn cut_anywhere_a_conversation_is_the_same(cuts in prop::collection::vec(0_usize..60, 0..6)) {
        let server = TestServer::open();
        let mut ada = server.connects();
        // The empty line in front is the first newline: without one, what stands alone for a while would be a line.
        let bytes = "\nada\r\nhällo\n\nzwei wörter\n!!\nlast\n".as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < bytes.len()).collect();
        cuts.extend([0, 1, bytes.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            ada.sends(&bytes[pair[0]..pair[1]]);
        }
        ada.hears_exactly(&[
            "* you are in lobby with ada",
            "ada: hällo",
            "ada: zwei wörter",
            "ada: !!",
            "ada: last",
        ]);
    }
}
