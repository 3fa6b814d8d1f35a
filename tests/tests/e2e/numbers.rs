//! What the server counts.

use salotto::{Context, LimitHit, MemberId, Plugin};
use salotto_tests::{TestServer, soon};

#[test]
fn connections_that_ended_are_counted_by_their_reason() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.line_bytes = None;
            settings.limits.unended_bytes = Some(64);
        })
        .enable("quit")
        .open();
    for name in ["ada", "bob"] {
        let mut guest = server.enters(name);
        guest.says("!quit");
        guest.hears_eof();
    }
    let mut eve = server.enters("eve");
    server.types("kick eve");
    eve.hears_eof();
    let mut flood = server.connects();
    flood.sends(&[b'x'; 65]);
    flood.hears_eof();
    server.enters("dan").dies();
    server.waits_until("all are gone", |status| status.connected == 0);
    let left: Vec<(String, u64)> = server.status().left.into_iter().collect();
    let expected = [("kicked", 1), ("lost", 1), ("quit", 2), ("refused", 1)];
    assert_eq!(left, expected.map(|(why, count)| (why.to_owned(), count)));
}

#[test]
fn a_connection_that_a_plugin_refuses_is_counted_too() {
    struct Full;
    impl Plugin for Full {
        fn before_connect(
            &mut self,
            _: &mut Context<'_>,
            _: &mut salotto::ConnectDraft,
        ) -> salotto::Verdict {
            salotto::Verdict::Deny("full".into())
        }
    }
    let server = TestServer::builder().plugin("full", Full).open();
    server.connects().hears_eof();
    assert_eq!(server.status().left["refused"], 1);
}

#[test]
fn bytes_and_limits_are_counted() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    ada.sends(b"hello\n");
    ada.hears("ada: hello");
    ada.sends(b"\xc3(\n");
    ada.hears_about("not UTF-8");
    let status = server.status();
    assert_eq!(status.bytes_received, ("ada\n".len() + "hello\n".len() + 3) as u64);
    assert_eq!(status.limit_hits[&LimitHit::BadUtf8], 1);
    assert_eq!(status.limit_hits.len(), LimitHit::ALL.len());
    assert_eq!(status.limit_hits[&LimitHit::TooSlow], 0);
    assert!(cfg!(not(target_os = "linux")) || status.memory_bytes > Some(100_000));
}

#[test]
fn what_each_member_was_handed_is_counted_for_each() {
    let server = TestServer::open();
    let (mut ada, mut bob) = (server.enters("ada"), server.enters("bob"));
    ada.says("hello");
    ada.hears("ada: hello");
    bob.hears("ada: hello");
    let heard =
        "* you are in lobby with ada\nada: hello\n* you are in lobby with ada, bob\nada: hello\n";
    server.waits_until("every byte is counted", |status| status.bytes_sent == heard.len() as u64);
    // For each: you are in, somebody joined (which text does not tell), hello; and for ada that bob joined.
    server.waits_until("every copy is counted", |status| status.deliveries >= 4);
}

#[test]
fn numbers_are_read_back_as_they_were_written() {
    let server = TestServer::builder().enable("quit").open();
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    let mut status = server.status();
    // Seconds in JSON are decimal; the last nanosecond may differ.
    status.plugins[0].time = std::time::Duration::from_micros(1500);
    let json = serde_json::to_string(&status).expect("numbers and texts");
    assert!(json.contains(r#""time":0.0015"#), "{json}");
    assert_eq!(serde_json::from_str::<salotto::Status>(&json).expect("as written"), status);
    let members = soon("the members", server.handle().members()).expect("the server is running");
    let json = serde_json::to_string(&members).expect("numbers and texts");
    assert!(json.contains(r#""peer":"127.0.0.1:"#), "{json}");
}

#[test]
fn a_plugin_sees_the_numbers_in_its_hooks() {
    struct Gauge;
    impl Plugin for Gauge {
        fn after_named(&mut self, context: &mut Context<'_>, _: MemberId) {
            let status = context.status();
            let calls = status.plugins.iter().map(|plugin| plugin.calls > 0).collect::<Vec<_>>();
            let (members, memory) = (status.members, status.memory_bytes);
            context.report(format!("{members} members, called {calls:?}, memory {memory:?}"));
        }
    }
    let server = TestServer::builder().enable("quit").plugin("gauge", Gauge).open();
    let mut reports = server.handle().watch();
    let _ada = server.enters("ada");
    soon("the report", async {
        loop {
            if let salotto::Report::Plugin { text, .. } = reports.next().await.expect("open") {
                return assert_eq!(text, "1 members, called [true, true], memory None");
            }
        }
    });
}
