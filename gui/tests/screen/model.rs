//! The model as a function: what happened goes in, what is to be done comes out.

use std::time::Duration;

use salotto::client::{Problem, Update};
use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{EntryKind, Event, NoticeKind, Reply, Request};
use salotto_gui::model::log::LineKind;
use salotto_gui::model::{
    Action, Connection, ConnectionSettings, Effect, Input, Preferences, Secret,
};

use crate::server::{Window, name, room};

#[test]
fn connecting_asks_for_the_address_the_name_and_the_room() {
    let mut window = Window::new();
    let (host, name, room) = ("::1".into(), " ada ".into(), "dev".into());
    let settings =
        ConnectionSettings { host, port: 4000, name, room, ..ConnectionSettings::default() };
    window.act(Action::Connect(settings));
    let Some(Effect::Connect(options)) = window.effects.last() else {
        panic!("{:?}", window.effects)
    };
    assert_eq!((options.address.as_str(), options.name.as_str()), ("[::1]:4000", "ada"));
    assert_eq!(options.rooms, ["dev"]);
    assert!(options.reconnect);
}

/// The server asks for its password, of somebody who has filled in the form.
fn asked_for_the_password() -> (Window, ConnectionSettings) {
    let mut window = Window::new();
    window.connect();
    let text = "say hello with it".to_owned();
    window.network(Update::PasswordWanted { text, wrong: false });
    let settings = ConnectionSettings {
        password: Secret("swordfish".into()),
        ..window.model().connection_settings().clone()
    };
    (window, settings)
}

#[test]
fn a_password_is_handed_in_asked_for_the_password_and_written_nowhere() {
    let (mut window, settings) = asked_for_the_password();
    assert_eq!(window.model().refusal(), Some("this server asks for a password"));
    window.act(Action::Connect(settings));
    let offered = Effect::OfferPassword(Secret("swordfish".into()));
    assert_eq!(window.effects.last(), Some(&offered));
    window.welcome("ada", "run 1");
    assert!(window.effects.iter().any(|effect| matches!(effect, Effect::Save(_))));
    assert!(!format!("{:?} {:?}", window.effects, window.model()).contains("swordfish"));
    let saved = window.model().preferences().connection_settings();
    assert_eq!(saved.password, Secret::default());
    // Whoever was sent out and comes back in the same run need not know it by heart.
    window.ended(LeaveReason::Kicked { by: None, why: String::new() });
    window.act(Action::Connect(window.model().connection_settings().clone()));
    let Some(Effect::Connect(options)) = window.effects.last() else { panic!() };
    assert_eq!(options.password.as_deref(), Some("swordfish"));
}

#[test]
fn whoever_changes_more_than_the_password_connects_anew() {
    for change in [
        |settings: &mut ConnectionSettings| settings.name = "eve".into(),
        |settings: &mut ConnectionSettings| settings.room = "dev".into(),
        |settings: &mut ConnectionSettings| settings.port = 4000,
    ] {
        let (mut window, mut settings) = asked_for_the_password();
        change(&mut settings);
        window.act(Action::Connect(settings.clone()));
        let Some(Effect::Connect(options)) = window.effects.last() else {
            panic!("{settings:?}: {:?}", window.effects)
        };
        assert_eq!((&options.address, &options.name), (&settings.address(), &settings.name));
        assert_eq!(options.password.as_deref(), Some("swordfish"));
    }
}

#[test]
fn what_can_be_typed_changes_with_what_one_may_do() {
    let mut window = Window::in_the_lobby();
    let ban = salotto::Command::new("ban", "Keeps somebody out");
    window.event(Event::Commands { commands: vec![ban] });
    let paths: Vec<&str> =
        window.model().commands().iter().map(|command| command.path.as_str()).collect();
    assert_eq!(paths, ["ban"]);
}

#[test]
fn a_command_is_run_and_never_said_with_either_mark_and_what_looks_like_one_stays() {
    let mut window = Window::in_the_lobby();
    for line in ["/kick bob no", "!KICK bob no", "\u{200b}/kick bob no"] {
        window.send(line);
        let requests = window.requests();
        let [Request::Command { line, .. }] = &requests[..] else { panic!("{requests:?}") };
        assert!(line.eq_ignore_ascii_case("kick bob no"), "{line}");
    }
    for line in ["! kick bob", "!!kick bob", "login ada swordfish", "/ login swordfish"] {
        let question = window.model().question(line);
        assert!(question.is_some_and(|text| text.starts_with("did you mean `!")), "{line}");
        window.send(line);
        assert_eq!(window.requests(), [], "{line}");
    }
    for line in ["!!!", "/path/to/file", "//!kick is a command"] {
        window.send(line);
        let requests = window.requests();
        let [Request::Say { text, .. }] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(text, line);
    }
    window.send("/quit so long");
    assert!(window.requests().iter().all(|request| matches!(request, Request::Quit { .. })));
}

#[test]
fn a_message_that_was_deleted_is_shown_no_more() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "one");
    window.say("bob", "secret");
    window.say("bob", "three");
    let shown = |window: &Window| -> Vec<String> {
        let lines = window.model().active().unwrap().log().iter_from(0);
        lines.map(|line| format!("{}: {}", line.what.author, line.what.text)).collect()
    };
    assert_eq!(shown(&window), ["bob: one", "bob: secret", "bob: three"]);
    let id = window.last_id() - 1;
    for id in [id, id, 4711] {
        window.event(Event::Deleted { room: room("lobby"), id });
    }
    assert_eq!(shown(&window), ["bob: one", ": a message was removed", "bob: three"]);
}

#[test]
fn a_first_attempt_that_fails_is_not_repeated_and_says_what_to_do() {
    let mut window = Window::new();
    window.connect();
    window.network(Update::Broken {
        problem: Problem::NoSuchHost("chat.example".into()),
        retry_in: Some(Duration::from_secs(1)),
    });
    assert_eq!(window.effects.last(), Some(&Effect::Disconnect));
    let refusal = window.model().refusal().unwrap();
    assert!(refusal.contains("no host `chat.example`; check the address"), "{refusal}");
    assert!(!window.model().is_talking());
}

#[test]
fn another_name_is_offered_on_the_same_connection() {
    let mut window = Window::new();
    window.connect();
    window.network(Update::NameRefused { text: "the name `ada` is taken; choose another".into() });
    window.effects.clear();
    let settings =
        ConnectionSettings { name: "ada_2".into(), ..window.model().connection_settings().clone() };
    window.act(Action::Connect(settings));
    assert_eq!(window.effects, [Effect::OfferName("ada_2".into())]);
    window.welcome("ada_2", "run 1");
    assert_eq!(window.model().name(), Some(&name("ada_2")));
}

#[test]
fn where_one_was_is_remembered_once_and_the_last_first() {
    let mut window = Window::in_the_lobby();
    window.act(Action::Disconnect);
    window.connect();
    window.welcome("ada", "run 1");
    let saved = window.effects.iter().rev().find_map(|effect| match effect {
        Effect::Save(preferences) => Some(preferences.clone()),
        _ => None,
    });
    let saved = saved.unwrap();
    assert_eq!(saved.recent.len(), 1);
    let text = ron::to_string(&saved).unwrap();
    assert_eq!(ron::from_str::<Preferences>(&text).unwrap(), saved);
    assert_eq!(ron::from_str::<Preferences>("(zoom: 1.5)").unwrap().zoom, 1.5);
}

#[test]
fn what_one_says_is_pending_until_its_echo_comes_in_the_order_of_the_server() {
    let mut window = Window::in_the_lobby();
    window.send("hello");
    let nonce = window.last_nonce();
    let say =
        Request::Say { text: "hello".into(), room: Some("lobby".into()), kind: Default::default() };
    assert_eq!(window.requests(), [say]);
    window.say_in("lobby", "bob", "first", Some(&nonce));
    assert_eq!(window.model().active().unwrap().pending().len(), 1, "the nonce is bob's own");
    window.say_in("lobby", "ada", "hello", Some(&nonce));
    assert!(window.model().active().unwrap().pending().is_empty());
    assert_eq!(window.lines("lobby"), ["first", "hello"]);
}

#[test]
fn a_message_that_the_server_refuses_is_marked_and_can_be_sent_again() {
    let mut window = Window::in_the_lobby();
    window.send("x");
    let nonce = Some(window.last_nonce());
    let text = "the message is too long".to_owned();
    window.event(Event::Error { code: ErrorCode::TooLong, text: text.clone(), nonce });
    let pending = window.model().active().unwrap().pending()[0].clone();
    assert_eq!(pending.failed, Some(text));
    window.requests();
    window.act(Action::Resend(vec![pending.ticket]));
    assert_eq!(window.requests().len(), 1);
    let pending = window.model().active().unwrap().pending()[0].clone();
    assert_eq!(pending.failed, None);
}

#[test]
fn a_client_that_takes_nothing_more_marks_the_message() {
    let mut window = Window::in_the_lobby();
    let conversation = window.model().active().unwrap().id();
    let effects =
        window.servers.update(Input::Action(Action::Send { conversation, text: "x".into() }));
    let Some((_, Effect::Request { ticket, .. })) = effects.first() else { panic!("{effects:?}") };
    window.servers.update(Input::Sent { ticket: *ticket, nonce: None });
    assert!(window.model().active().unwrap().pending()[0].failed.is_some());
}

#[test]
fn what_was_sent_before_a_break_is_found_among_what_was_missed_or_marked() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "hi");
    window.send("arrived");
    let arrived = window.last_nonce();
    window.send("lost");
    window.broken(3);
    window.welcome("ada", "run 1");
    window.enter_with_history("lobby", &["ada", "bob"], 1);
    assert_eq!(window.model().active().unwrap().pending()[1].failed, None);
    window.say_in("lobby", "ada", "arrived", Some(&arrived));
    let pending = window.model().active().unwrap().pending();
    assert_eq!(pending.len(), 1);
    assert!(pending[0].text == "lost" && pending[0].failed.is_some());
}

#[test]
fn an_old_message_with_the_same_nonce_confirms_nothing() {
    let mut window = Window::new();
    window.connect();
    window.welcome("ada", "run 1");
    window.enter_with_history("lobby", &["ada"], 1);
    window.send("new");
    let nonce = window.last_nonce();
    window.say_in("lobby", "ada", "from yesterday", Some(&nonce));
    assert_eq!(window.model().active().unwrap().pending().len(), 1);
}

#[test]
fn what_was_seen_is_not_doubled_and_what_is_gone_is_said_to_be() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "one");
    window.broken(1);
    window.welcome("ada", "run 1");
    window.restart_ids(1);
    window.enter_with_history("lobby", &["ada", "bob"], 1);
    window.say("bob", "one");
    assert_eq!(window.lines("lobby"), ["one"]);
    window.broken(1);
    window.welcome("ada", "run 1");
    window.skip_ids(5);
    window.enter_with_history("lobby", &["ada", "bob"], 1);
    window.say("bob", "seven");
    window.refuse(ErrorCode::Failed, "what is said in `lobby` is not kept");
    let lines = window.lines("lobby");
    assert!(lines[1].contains("are missing") && lines[2] == "seven", "{lines:?}");
    // Another run of the server counts from 1 again.
    window.broken(1);
    window.welcome("ada", "run 2");
    window.restart_ids(1);
    window.enter("lobby", &["ada"]);
    window.say("bob", "again");
    assert_eq!(window.lines("lobby").last().unwrap(), "again");
}

#[test]
fn the_countdown_is_told_second_by_second() {
    let mut window = Window::in_the_lobby();
    window.broken(3);
    assert_eq!(window.model().countdown(), Some(3));
    assert_eq!(window.model().wake_at(), Some(window.model().now() + Duration::from_secs(1)));
    window.wait(1);
    assert_eq!(window.model().countdown(), Some(2));
    window.wait(2);
    assert_eq!(window.model().wake_at(), None);
    window.effects.clear();
    window.act(Action::RetryNow);
    assert_eq!(window.effects, [Effect::RetryNow]);
}

#[test]
fn nothing_wakes_a_quiet_window() {
    let window = Window::in_the_lobby();
    assert_eq!(window.model().wake_at(), None);
}

#[test]
fn after_a_kick_the_reason_stays_and_nothing_is_tried() {
    let mut window = Window::in_the_lobby();
    window.send("on its way");
    window.effects.clear();
    window.ended(LeaveReason::Kicked { by: Some(name("host")), why: "spam".into() });
    let Connection::Ended { reason } = window.model().connection() else { panic!() };
    assert_eq!(reason, "You were kicked by host: spam");
    assert!(window.model().is_talking());
    assert!(
        window.effects.iter().all(|effect| matches!(effect, Effect::Title(_) | Effect::Save(_)))
    );
    assert!(window.model().active().unwrap().pending()[0].failed.is_some());
}

#[test]
fn quitting_says_goodbye_and_waits_for_it_but_not_long() {
    for (action, farewell) in [(None, "so long"), (Some(Action::Exit), "")] {
        let mut window = Window::in_the_lobby();
        match action {
            None => window.send("!quit so long"),
            Some(action) => window.act(action),
        }
        assert_eq!(window.effects.last(), Some(&Effect::Quit(farewell.into())));
        let wake = window.model().wake_at().unwrap();
        assert!(wake > window.model().now());
        let mut patient = window.servers.update(Input::Tick(wake));
        assert_eq!(patient.pop().map(|(_, effect)| effect), Some(Effect::Exit));
        window.ended(LeaveReason::Quit { farewell: String::new() });
        assert_eq!(window.effects.last(), Some(&Effect::Exit));
    }
    let mut window = Window::new();
    window.act(Action::Exit);
    assert_eq!(window.effects.last(), Some(&Effect::Exit));
}

#[test]
fn what_is_not_looked_at_is_unread_and_counted_in_the_title() {
    let mut window = Window::in_the_lobby();
    window.enter("dev", &["ada", "bob"]);
    window.say_in("dev", "bob", "one", None);
    window.say_in("dev", "bob", "Ada: two", None);
    let dev = &window.model().conversations()[1];
    let first = dev.log().first_seq();
    assert_eq!((dev.unread(), dev.mentions(), dev.first_unread()), (2, 1, Some(first)));
    assert_eq!(window.title(), "(2) lobby \u{2013} Salotto");
    assert!(!window.effects.contains(&Effect::Urgent), "the window is looked at");
    let dev = dev.id();
    window.act(Action::Show(dev));
    assert_eq!(window.title(), "dev \u{2013} Salotto");
    assert_eq!(window.model().active().unwrap().first_unread(), Some(first), "the line stays");
    window.input(Input::Focus(false));
    window.say_in("dev", "bob", "hello ada", None);
    assert!(window.effects.contains(&Effect::Urgent));
    assert_eq!(window.model().active().unwrap().first_unread(), Some(first + 2));
    window.input(Input::Focus(true));
    assert_eq!(window.model().active().unwrap().unread(), 0);
}

#[test]
fn the_history_shown_to_a_newcomer_is_not_unread_but_what_was_missed_is() {
    let mut window = Window::in_the_lobby();
    window.enter_with_history("dev", &["ada"], 1);
    window.say_in("dev", "bob", "long ago", None);
    assert_eq!(window.model().conversations()[1].unread(), 0);
    window.broken(1);
    window.welcome("ada", "run 1");
    window.enter_with_history("dev", &["ada"], 1);
    window.say_in("dev", "bob", "meanwhile", None);
    assert_eq!(window.model().conversations()[1].unread(), 1);
}

#[test]
fn people_come_and_go_and_change_names_but_not_in_the_history() {
    let mut window = Window::in_the_lobby();
    let names = |window: &Window| {
        window.model().active().unwrap().members().map(ToString::to_string).collect::<Vec<_>>()
    };
    window.entry("lobby", EntryKind::Joined { who: name("Carl") });
    window.entry("lobby", EntryKind::Left { who: name("bob"), reason: LeaveReason::Lost });
    window.entry("lobby", EntryKind::Renamed { from: name("eve"), who: name("Dora") });
    assert_eq!(names(&window), ["ada", "Carl", "Dora"]);
    assert_eq!(window.model().active().unwrap().member_count(), 3);
    window.broken(1);
    window.welcome("ada", "run 1");
    window.enter_with_history("lobby", &["ada", "zoe"], 1);
    window.entry("lobby", EntryKind::Joined { who: name("long_gone") });
    assert_eq!(names(&window), ["ada", "zoe"]);
}

#[test]
fn a_large_room_is_asked_for_page_by_page() {
    let mut window = Window::in_the_lobby();
    window.event(Event::Entered {
        room: room("dev"),
        topic: String::new(),
        members: vec![name("ada")],
        count: 3,
        first_id: 1,
        history: 0,
        shown: 0,
        epoch: None,
    });
    let page =
        |after: &str| Request::Members { room: Some("dev".into()), after: Some(after.into()) };
    assert_eq!(window.requests(), [page("ada")]);
    for (member, more) in [("bob", true), ("eve", false)] {
        let members = vec![name(member)];
        window.event(Event::Members { room: room("dev"), members, count: 3, more, nonce: None });
        assert_eq!(window.requests(), if more { vec![page("bob")] } else { vec![] });
    }
    assert_eq!(window.model().conversations()[1].members().len(), 3);
}

#[test]
fn a_direct_message_opens_a_talk_that_follows_the_name() {
    let mut window = Window::in_the_lobby();
    let direct = |from: &str, to: &str, text: &str, nonce| Event::Direct {
        from: name(from),
        to: name(to),
        text: text.into(),
        time: std::time::SystemTime::UNIX_EPOCH.into(),
        tags: Default::default(),
        nonce,
    };
    window.event(direct("bob", "ada", "psst", None));
    let bob = &window.model().conversations()[1];
    assert_eq!((bob.title(), bob.unread(), bob.mentions()), ("bob", 1, 1));
    let id = bob.id();
    window.act(Action::Show(id));
    window.requests();
    window.send("yes?");
    assert_eq!(window.requests(), [Request::Direct { to: "bob".into(), text: "yes?".into() }]);
    let nonce = Some(window.last_nonce());
    window.event(direct("ada", "bob", "yes?", nonce));
    assert!(window.model().active().unwrap().pending().is_empty());
    window.entry("lobby", EntryKind::Renamed { from: name("bob"), who: name("rob") });
    assert_eq!(window.model().active().unwrap().title(), "rob");
}

#[test]
fn answers_go_where_the_command_was_typed() {
    let mut window = Window::in_the_lobby();
    window.enter("dev", &["ada"]);
    window.send("!who");
    let nonce = Some(window.last_nonce());
    let dev = window.model().conversations()[1].id();
    window.act(Action::Show(dev));
    window.event(Event::Reply { reply: Reply::text("ada, bob"), nonce });
    assert_eq!(window.lines("lobby"), ["ada, bob"]);
    window.event(Event::DirectNotice { text: "welcome".into(), kind: NoticeKind::Welcome });
    assert_eq!(window.lines("dev"), ["welcome"]);
}

#[test]
fn a_room_that_was_asked_for_comes_to_the_front_and_goes_when_left() {
    let mut window = Window::in_the_lobby();
    window.act(Action::Join("#Dev".into()));
    window.enter("dev", &["ada"]);
    assert_eq!(window.model().active().unwrap().title(), "dev");
    let dev = window.model().active().unwrap().id();
    window.requests();
    window.act(Action::Close(dev));
    assert_eq!(
        window.requests(),
        [Request::Leave { room: Some("dev".into()), farewell: String::new() }]
    );
    window.event(Event::Exited {
        room: room("dev"),
        reason: LeaveReason::Parted { farewell: String::new() },
    });
    assert_eq!(window.model().active().unwrap().title(), "lobby");
}

#[test]
fn text_from_the_network_cannot_steer_or_disguise() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "a\u{1b}[31mb\u{202e}c");
    window.entry("lobby", EntryKind::Topic { topic: "x\u{202e}\ny".into(), who: None });
    window.notice("one\u{7}\ntwo", NoticeKind::Info);
    assert_eq!(window.lines("lobby"), ["a[31mbc", "The server set the topic: x y", "one\ntwo"]);
    assert_eq!(window.model().active().unwrap().topic(), "x y");
}

#[test]
fn pasted_lines_are_said_and_never_run() {
    let mut window = Window::in_the_lobby();
    let conversation = window.model().active().unwrap().id();
    let lines = vec!["!quit".into(), "  ".into(), "b\u{1b}".into()];
    window.act(Action::Say { conversation, lines });
    let texts: Vec<_> = window
        .requests()
        .into_iter()
        .map(|request| match request {
            Request::Say { text, .. } => text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["!quit", "b"]);
}

#[test]
fn the_round_trip_is_measured_right_after_the_welcome() {
    let mut window = Window::new();
    window.connect();
    window.welcome("ada", "run 1");
    let nonce = Some(window.last_nonce());
    window.wait(2);
    window.event(Event::Pong { nonce });
    assert_eq!(window.model().round_trip(), Some(Duration::from_secs(2)));
}

#[test]
fn a_notice_of_an_arrival_is_known_as_one() {
    let mut window = Window::in_the_lobby();
    window.notice("zoe joined", NoticeKind::Joined);
    let log = window.model().active().unwrap().log();
    assert_eq!(log.get(log.first_seq()).unwrap().what.kind, LineKind::Came);
    assert_eq!(window.model().active().unwrap().unread(), 0);
}
