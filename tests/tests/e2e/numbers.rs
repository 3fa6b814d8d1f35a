//! What the house counts.

use salotto::{Host, MemberId, Plugin, Strike};
use salotto_tests::{House, soon};

#[test]
fn connections_that_ended_are_counted_by_their_reason() {
    let house = House::builder()
        .settings(|settings| settings.limits.unended_bytes = Some(64))
        .enable("quit")
        .open();
    for name in ["ada", "bob"] {
        let mut guest = house.enters(name);
        guest.says("!quit");
        guest.hears_eof();
    }
    let mut eve = house.enters("eve");
    house.types("kick eve");
    eve.hears_eof();
    let mut flood = house.connects();
    flood.sends(&[b'x'; 65]);
    flood.hears_eof();
    house.enters("dan").dies();
    house.waits_until("all are gone", |status| status.connected == 0);
    let left: Vec<(String, u64)> = house.status().left.into_iter().collect();
    let expected = [("kicked", 1), ("lost", 1), ("quit", 2), ("refused", 1)];
    assert_eq!(left, expected.map(|(why, count)| (why.to_owned(), count)));
}

#[test]
fn a_connection_that_a_plugin_refuses_is_counted_too() {
    struct Full;
    impl Plugin for Full {
        fn before_connect(
            &mut self,
            _: &mut Host<'_>,
            _: &mut salotto::ConnectDraft,
        ) -> salotto::Verdict {
            salotto::Verdict::Deny("full".into())
        }
    }
    let house = House::builder().plugin("full", Full).open();
    house.connects().hears_eof();
    assert_eq!(house.status().left["refused"], 1);
}

#[test]
fn bytes_and_limits_are_counted() {
    let house = House::open();
    let mut ada = house.enters("ada");
    ada.sends(b"hello\n");
    ada.hears("ada: hello");
    ada.sends(b"\xc3(\n");
    ada.hears_about("not UTF-8");
    let status = house.status();
    assert_eq!(status.bytes_received, ("ada\n".len() + "hello\n".len() + 3) as u64);
    assert_eq!(status.strikes[&Strike::BadUtf8], 1);
    assert_eq!(status.strikes.len(), Strike::ALL.len());
    assert_eq!(status.strikes[&Strike::TooSlow], 0);
    assert!(cfg!(not(target_os = "linux")) || status.memory_bytes > Some(100_000));
}

#[test]
fn numbers_are_read_back_as_they_were_written() {
    let house = House::builder().enable("quit").open();
    let mut ada = house.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    let mut status = house.status();
    // Seconds in JSON are decimal; the last nanosecond may differ.
    status.plugins[0].time = std::time::Duration::from_micros(1500);
    let json = serde_json::to_string(&status).expect("numbers and texts");
    assert!(json.contains(r#""time":0.0015"#), "{json}");
    assert_eq!(serde_json::from_str::<salotto::Status>(&json).expect("as written"), status);
    let members = soon("the members", house.handle().members()).expect("the house is open");
    let json = serde_json::to_string(&members).expect("numbers and texts");
    assert!(json.contains(r#""peer":"127.0.0.1:"#), "{json}");
}

#[test]
fn a_plugin_sees_the_numbers_in_its_hooks() {
    struct Gauge;
    impl Plugin for Gauge {
        fn after_named(&mut self, host: &mut Host<'_>, _: MemberId) {
            let status = host.status();
            let calls = status.plugins.iter().map(|plugin| plugin.calls > 0).collect::<Vec<_>>();
            let (members, memory) = (status.members, status.memory_bytes);
            host.report(format!("{members} members, called {calls:?}, memory {memory:?}"));
        }
    }
    let house = House::builder().enable("quit").plugin("gauge", Gauge).open();
    let reports = house.handle().watch();
    let _ada = house.enters("ada");
    soon("the report", async {
        loop {
            if let salotto::Report::Plugin { text, .. } = reports.recv().await.expect("open") {
                return assert_eq!(text, "1 members, called [true, true], memory None");
            }
        }
    });
}
