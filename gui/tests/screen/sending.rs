//! What is said on its way to the server, and who is at the other end of a private talk.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{EntryKind, Event, NoticeKind};
use salotto_gui::model::Action;

use crate::server::{Window, name};

#[test]
fn many_lines_are_sent_at_the_pace_of_the_server_and_stop_at_a_refusal() {
    let mut window = Window::in_the_lobby();
    let conversation = window.model().active().unwrap().id();
    let lines = (0..60).map(|number| format!("line {number}")).collect();
    window.act(Action::Say { conversation, lines });
    let mut said = window.requests().len();
    assert_eq!(said, 5, "a few at once");
    let arrives = |window: &mut Window, number: usize| {
        let nonce = window.nonce_of(&format!("line {number}"));
        window.say_in("lobby", "ada", &format!("line {number}"), nonce.as_deref());
    };
    (0..5).for_each(|number| arrives(&mut window, number));
    assert_eq!(window.requests().len(), 0, "not before a second has passed");
    for _ in 0..10 {
        assert!(window.model().wake_at().is_some());
        window.wait(1);
        assert_eq!(window.requests().len(), 1);
        arrives(&mut window, said);
        said += 1;
    }
    window.wait(1);
    let refusal = Event::Error {
        code: ErrorCode::Denied,
        text: "you are sending too fast".into(),
        nonce: window.nonce_of(&format!("line {said}")),
    };
    window.requests();
    window.event(refusal);
    window.wait(60);
    assert_eq!((window.requests().len(), window.model().wake_at()), (0, None));
    let queue = window.model().active().unwrap().queue();
    assert_eq!((queue.len(), queue.stopped()), (44, Some("you are sending too fast")));
    let pending = window.model().active().unwrap().pending()[0].ticket;
    window.act(Action::Discard(vec![pending]));
    window.act(Action::GoOn(conversation));
    assert_eq!(window.requests().len(), 1);
    window.act(Action::Stop(conversation));
    window.wait(60);
    assert!(window.model().active().unwrap().queue().is_empty());
}

#[test]
fn a_server_that_takes_a_line_in_four_seconds_is_sent_no_more() {
    let mut window = Window::new();
    window.connect();
    window.welcome_with(Some(1), Some(0.25));
    window.enter("lobby", &["ada"]);
    window.requests();
    let conversation = window.model().active().unwrap().id();
    window.act(Action::Say { conversation, lines: vec!["one".into(), "two".into()] });
    window.say_in("lobby", "ada", "one", window.nonce_of("one").as_deref());
    window.wait(3);
    assert_eq!(window.requests().len(), 1);
    window.wait(1);
    assert_eq!(window.requests().len(), 1);
}

#[test]
fn what_is_longer_than_the_server_takes_is_not_sent() {
    let window = Window::in_the_lobby();
    let lobby = window.model().active().unwrap();
    assert_eq!(window.model().too_long(lobby, &"你".repeat(2000)), None);
    let reason = window.model().too_long(lobby, &"x".repeat(2149)).unwrap();
    assert!(reason.starts_with("2149 characters; this server takes 2000"), "{reason}");
}

#[test]
fn whoever_left_and_whoever_takes_the_name_are_told_apart_in_a_private_talk() {
    let mut window = Window::in_the_lobby();
    window.direct("bob", "the key is under the mat");
    let reason = LeaveReason::Quit { farewell: String::new() };
    window.entry("lobby", EntryKind::Left { who: name("bob"), reason });
    window.direct("bob", "where was the key?");
    window.direct("bob", "hello?");
    assert_eq!(
        window.lines("bob"),
        [
            "the key is under the mat",
            "bob left",
            "somebody is called bob again; it may be another person",
            "where was the key?",
            "hello?"
        ]
    );
}

#[test]
fn a_private_talk_with_somebody_who_only_left_the_room_goes_on() {
    let mut window = Window::in_the_lobby();
    window.direct("bob", "one");
    window.entry("lobby", EntryKind::Left { who: name("bob"), reason: LeaveReason::Parted });
    window.direct("bob", "two");
    assert_eq!(window.lines("bob"), ["one", "two"]);
}

#[test]
fn a_server_that_does_not_answer_is_said_to_be_silent() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "hello");
    assert_eq!(window.model().wake_at(), None);
    window.send("are you there?");
    window.wait(9);
    assert!(!window.model().is_silent() && window.model().wake_at().is_some());
    window.wait(1);
    assert!(window.model().is_silent());
    assert_eq!(window.model().wake_at(), None);
    window.say("bob", "yes");
    assert!(!window.model().is_silent());
}

#[test]
fn a_message_that_was_not_sent_stands_where_it_was_said_until_it_is_sent_again() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "before");
    window.send("on its way");
    window.send("too much");
    window.say("bob", "between");
    window.say_in("lobby", "ada", "on its way", window.nonce_of("on its way").as_deref());
    window.say("bob", "after");
    window.event(Event::Error {
        code: ErrorCode::Denied,
        text: "you are sending too fast".into(),
        nonce: window.nonce_of("too much"),
    });
    window.requests();
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    in_order(
        &screen,
        &[
            "bob: before",
            "bob: between",
            "ada: on its way",
            "ada: too much (not sent)",
            "not sent",
            "bob: after",
        ],
    );
    screen.get_by_label("Retry").click();
    screen.run();
    assert_eq!(screen.state_mut().requests().len(), 1);
    assert!(screen.query_by_label("not sent").is_none());
    in_order(&screen, &["ada: on its way", "bob: after", "ada: too much (being sent)"]);
}

#[test]
fn what_failed_among_arrivals_is_seen_whether_they_are_folded_or_not() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "before");
    ["one joined", "two joined"].iter().for_each(|text| window.notice(text, NoticeKind::Joined));
    window.send("lost");
    window.event(Event::Error {
        code: ErrorCode::Denied,
        text: "not now".into(),
        nonce: window.nonce_of("lost"),
    });
    ["three joined", "four joined"].iter().for_each(|text| window.notice(text, NoticeKind::Joined));
    window.say("bob", "after");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    in_order(&screen, &["bob: before", LOST, "not sent", FOLDED, "bob: after"]);
    let fold = screen.get_by_label(FOLDED).raw_bounds().unwrap();
    click_at(&mut screen, egui::pos2(fold.x0 as f32 + 200.0, fold.y0 as f32 + 8.0));
    in_order(&screen, &["two joined", LOST, "not sent", "three joined", "bob: after"]);
}

const LOST: &str = "ada: lost (not sent)";
const FOLDED: &str = "+ 4 came (click to show)";

/// Whether these stand one below the other.
fn in_order(screen: &Harness<'_, Window>, labels: &[&str]) {
    let bounds = labels.iter().map(|label| screen.get_by_label(label).raw_bounds().unwrap());
    let bounds: Vec<_> = bounds.collect();
    let apart = bounds.windows(2).all(|two| two[0].y1 <= two[1].y0 + 0.5);
    assert!(apart, "{labels:?} stand at {bounds:?}");
}

fn click_at(screen: &mut Harness<'_, Window>, pos: egui::Pos2) {
    let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
    for pressed in [true, false] {
        let click = egui::Event::PointerButton { pos, button, pressed, modifiers };
        screen.input_mut().events.push(click);
        screen.run();
    }
}

#[test]
fn what_is_still_to_be_sent_stands_above_the_entry_and_can_be_stopped() {
    let mut window = Window::in_the_lobby();
    let conversation = window.model().active().unwrap().id();
    let lines = (0..60).map(|number| format!("line {number}")).collect();
    window.act(Action::Say { conversation, lines });
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let above = screen.get_by_label_contains("55 lines still to be sent").raw_bounds().unwrap();
    let entry = screen.get_by_label("Send").raw_bounds().unwrap();
    assert!(above.y1 <= entry.y0 && entry.y0 - above.y1 < 30.0 && entry.y1 < 600.0, "{entry:?}");
    screen.get_by_label("Stop").click();
    screen.run();
    assert!(screen.query_by_label_contains("still to be sent").is_none());
}
