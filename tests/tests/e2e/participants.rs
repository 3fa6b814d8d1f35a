//! Members that are code: how they join, speak, listen and leave, and what becomes of those who do not listen.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use salotto::protocol::{LeaveReason, Rate, TryNextError};
use salotto::{
    ConnectDraft, Context, EntryKind, Event, JoinError, JoinOptions, LeaveDraft, LimitHit,
    NameDraft, Peer, Plugin, Request, TrySayError, Verdict,
};
use salotto_tests::{TestServer, soon};
use smol::future::poll_once;

/// Whether an event is this message.
fn says(event: &Event, expected: &str) -> bool {
    let Event::Entry(entry) = event else { return false };
    matches!(&entry.what, EntryKind::Message { text, .. } if text == expected)
}

#[test]
fn a_participant_joins_from_where_and_into_which_rooms_it_says() {
    let server = TestServer::open();
    let peer = Peer::Network("192.0.2.7:4711".parse().expect("an address"));
    let options = JoinOptions::default().peer(peer).rooms(["dev", "no room!", "ops"]);
    let mut ada = soon("joining", server.handle().join_with("ada", options)).expect("a free name");
    let members = soon("the members", server.handle().members()).expect("it is running");
    let [member] = &members[..] else { panic!("she alone is there: {members:?}") };
    let rooms: Vec<&str> = member.rooms.iter().map(|room| room.as_str()).collect();
    assert_eq!((member.peer, &rooms[..]), (peer, &["dev", "ops"][..]));
    assert_eq!(member.current.as_ref().map(|room| room.as_str()), Some("ops"));
    soon("the room that cannot be", async {
        while !matches!(ada.next().await, Some(Event::Error { .. })) {}
    });
}

#[test]
fn a_name_is_free_when_leaving_has_returned() {
    let server = TestServer::open();
    soon("two hundred rounds", async {
        for round in 0..200 {
            let bot = server.handle().join("bot").await;
            let bot = bot.unwrap_or_else(|error| panic!("round {round}: {error}"));
            bot.say("I am gone in a moment").await.expect("it is running");
            match round % 2 {
                0 => bot.leave().await,
                _ => {
                    let (speaker, listener) = bot.split();
                    speaker.leave().await;
                    drop(listener);
                }
            }
        }
    });
    assert_eq!(server.status().connected, 0);
}

#[test]
fn no_plugin_keeps_a_participant_that_leaves() {
    struct Jailer;
    impl Plugin for Jailer {
        fn before_leave(&mut self, _: &mut Context<'_>, _: &mut LeaveDraft) -> Verdict {
            Verdict::Deny("nobody leaves".into())
        }
    }
    let server = TestServer::builder().plugin("jailer", Jailer).open();
    let bot = soon("joining", server.handle().join("bot")).expect("a free name");
    soon("leaving", bot.leave());
    assert_eq!(server.status().connected, 0);
}

#[test]
fn leaving_a_server_that_has_stopped_waits_for_nothing() {
    let mut server = TestServer::open();
    let bot = soon("joining", server.handle().join("bot")).expect("a free name");
    server.stops();
    soon("leaving", bot.leave());
}

#[test]
fn one_half_speaks_while_the_other_listens() {
    let server = TestServer::open();
    let (speaker, mut listener) =
        soon("joining", server.handle().join("bot")).expect("a free name").split();
    assert_eq!((speaker.id(), speaker.name().as_str()), (listener.id(), "bot"));
    std::thread::scope(|scope| {
        let twin = speaker.clone();
        scope.spawn(move || soon("saying", twin.say("one")).expect("it is running"));
        soon("one", async { while !says(&listener.next().await.expect("it is here"), "one") {} });
    });
    // Who only listens is still here.
    drop(speaker);
    soon("two", async {
        server.handle().say("lobby", "two").await.expect("there is a lobby");
        while !says(&listener.next().await.expect("it is here"), "two") {}
    });
    assert_eq!(server.status().members, 1);
    drop(listener);
    server.waits_until("it has left", |status| status.connected == 0);
}

#[test]
fn what_is_here_is_told_apart_from_what_has_ended() {
    let server = TestServer::open();
    let mut bot = soon("joining", server.handle().join("bot")).expect("a free name");
    while bot.try_next().is_ok() {}
    assert_eq!(bot.try_next(), Err(TryNextError::Empty));
    soon("saying", bot.say("hello")).expect("it is running");
    soon("hearing", async { while !says(&bot.next().await.expect("it is here"), "hello") {} });
    assert_eq!(bot.try_next(), Err(TryNextError::Empty));
    server.types("kick bot");
    let mut told = Vec::new();
    soon("the end", async {
        while let Some(event) = bot.next().await {
            told.push(event);
        }
    });
    assert!(matches!(told.last(), Some(Event::Bye { .. })), "{told:?}");
    assert_eq!(bot.try_next(), Err(TryNextError::Ended));
}

/// Keeps the hub from going on until it is let.
struct Gate(mpsc::Receiver<()>);

impl Plugin for Gate {
    fn before_message(
        &mut self,
        _: &mut Context<'_>,
        draft: &mut salotto::MessageDraft,
    ) -> Verdict {
        if draft.text == "wait" {
            self.0.recv().expect("somebody lets it");
        }
        Verdict::Pass
    }
}

#[test]
fn who_does_not_wait_has_the_text_back_when_the_server_is_behind() {
    let (open, gate) = mpsc::channel();
    let mut server = TestServer::builder().plugin("gate", Gate(gate)).open();
    let mut bot = soon("joining", server.handle().join("bot")).expect("a free name");
    bot.try_say("wait").expect("nothing waits");
    let refused = (0..10_000).find_map(|number| bot.try_say(number.to_string()).err());
    let refused = refused.expect("what waits is bounded");
    open.send(()).expect("it waits");
    let TrySayError::Full(text) = refused else { panic!("{refused:?}") };
    // Whatever was not refused is said, and the rest is not.
    let number: usize = text.parse().expect("what was to be said");
    assert!((1000..=1100).contains(&number), "{number}");
    soon("saying", bot.say("the last")).expect("it is running");
    let mut heard = 0;
    soon("hearing", async {
        loop {
            match bot.next().await.expect("it is here") {
                event if says(&event, "the last") => return,
                event if says(&event, &heard.to_string()) => heard += 1,
                _ => {}
            }
        }
    });
    assert_eq!(heard, number);
    server.stops();
    assert_eq!(bot.try_say("hello"), Err(TrySayError::Closed("hello".into())));
    assert_eq!(bot.try_say("hello").expect_err("it is stopped").into_text(), "hello");
}

#[test]
fn what_is_beyond_the_rate_waits_and_is_not_lost() {
    let server = TestServer::open();
    let options = JoinOptions::default().rate(Rate { burst: 2, per_second: 10.0 });
    let mut bot = soon("joining", server.handle().join_with("bot", options)).expect("a free name");
    let started = Instant::now();
    soon("saying", async {
        bot.try_say("0").expect("within the burst");
        for number in 1..4 {
            bot.say(number.to_string()).await.expect("it is running");
        }
    });
    assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
    soon("hearing", async {
        for number in 0..4 {
            while !says(&bot.next().await.expect("it is here"), &number.to_string()) {}
        }
    });
    assert_eq!(server.hits(LimitHit::Rate), 2);
}

#[test]
fn who_does_not_wait_has_the_text_back_when_the_rate_is_used_up() {
    let server = TestServer::open();
    let options = JoinOptions::default().rate(Rate { burst: 1, per_second: 0.001 });
    let bot = soon("joining", server.handle().join_with("bot", options)).expect("a free name");
    let (speaker, _listener) = bot.split();
    speaker.try_say("one").expect("within the burst");
    assert_eq!(speaker.try_say("two"), Err(TrySayError::TooFast("two".into())));
    // Clones share the rate, and so does everything else that is asked.
    let twin = speaker.clone();
    assert_eq!(twin.try_say("two"), Err(TrySayError::TooFast("two".into())));
    assert!(soon("a look", poll_once(twin.say("two"))).is_none());
    assert!(soon("a look", poll_once(twin.send(Request::Ping))).is_none());
    assert!(soon("a look", poll_once(twin.type_line("two"))).is_none());
}

#[test]
fn a_participant_that_nobody_looks_at_is_cut_off_and_its_name_is_free() {
    let server =
        TestServer::builder().settings(|settings| settings.rooms.timeline_entries = 16).open();
    let mut lazy = soon("joining", server.handle().join("lazy")).expect("a free name");
    let mut ada = server.enters("ada");
    for line in 0..40 {
        ada.says(&line.to_string());
        ada.hears(&format!("ada: {line}"));
    }
    server.waits_until("it is out", |status| status.members == 1);
    assert_eq!(server.hits(LimitHit::TooSlow), 1);
    let again = soon("joining", server.handle().join("lazy")).expect("the name is free");
    // Should it look after all, it learns why.
    let mut last = None;
    soon("the end", async {
        while let Some(event) = lazy.next().await {
            last = Some(event);
        }
    });
    assert_eq!(last, Some(Event::Bye { reason: LeaveReason::TooSlow }));
    assert_eq!(server.hits(LimitHit::TooSlow), 1, "it is found out once");
    soon("leaving", again.leave());
}

#[test]
fn a_participant_that_does_not_look_at_a_room_it_has_entered_since_is_cut_off() {
    let server =
        TestServer::builder().settings(|settings| settings.rooms.timeline_entries = 16).open();
    let lazy = soon("joining", server.handle().join("lazy")).expect("a free name");
    soon("asking", lazy.send(Request::Join { room: "dev".into(), key: None }))
        .expect("it is running");
    let mut ada = server.connects_json().enters_with("ada", &["dev"], None);
    for line in 0..40 {
        let line = line.to_string();
        ada.asks(Request::Say {
            text: line.clone(),
            room: Some("dev".into()),
            kind: Default::default(),
        });
        ada.hears_said(&line);
    }
    server.waits_until("it is out", |status| status.members == 1);
    drop(lazy);
}

#[test]
fn a_join_that_a_plugin_deals_with_is_over_and_says_so() {
    /// Takes whoever knocks, or whoever offers a name.
    struct Butler {
        at_name: bool,
    }
    impl Plugin for Butler {
        fn before_connect(&mut self, _: &mut Context<'_>, _: &mut ConnectDraft) -> Verdict {
            if self.at_name { Verdict::Pass } else { Verdict::Take }
        }

        fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
            match draft.name.as_str() {
                "prince" => {
                    context.rename(draft.member, "frog");
                    Verdict::Take
                }
                "frog" => Verdict::Pass,
                "witch" => Verdict::Deny("not today".into()),
                _ => Verdict::Take,
            }
        }
    }
    for at_name in [false, true] {
        let server = TestServer::builder().plugin("butler", Butler { at_name }).open();
        let taken = soon("joining", server.handle().join("ada"));
        assert_eq!(taken.expect_err("nobody is let in"), JoinError::Handled);
        assert_eq!(server.status().connected, 0);
    }
    let server = TestServer::builder().plugin("butler", Butler { at_name: true }).open();
    let denied = soon("joining", server.handle().join("witch"));
    let JoinError::Refused(refusal) = denied.expect_err("she is not let in") else {
        panic!("she is told why");
    };
    assert_eq!(refusal.text, "not today");
    // What the plugin makes of it may well be another name.
    let frog = soon("joining", server.handle().join("prince")).expect("a plugin named him");
    assert_eq!(frog.name().as_str(), "frog");
    assert_eq!(server.status().connected, 1);
}

#[test]
fn a_participant_is_given_every_entry_of_the_past() {
    let server = TestServer::builder()
        .settings(|settings| settings.rooms.history = 4)
        .enable("notices")
        .open();
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    drop(server.enters("bob"));
    ada.hears("* bob left (connection lost)");
    let mut bot = soon("a bot", server.handle().join("bot")).expect("it may");
    let mut ids = Vec::new();
    loop {
        match soon("an event", bot.next()) {
            Some(Event::Entry(entry)) if matches!(&entry.what, EntryKind::Joined { who } if who == "bot") =>
            {
                break;
            }
            Some(Event::Entry(entry)) => ids.push(entry.id),
            Some(Event::Entered { first_id, history, .. }) => ids.extend([first_id - 1, history]),
            Some(_) => {}
            None => panic!("the server has ended"),
        }
    }
    let (first, history) = (ids.remove(0) + 1, ids.remove(0));
    assert_eq!(history, 4);
    assert_eq!(ids, (first..first + 4).collect::<Vec<_>>());
}
