//! Reading back: what was said before, and what was missed.

use egui::{Event, Key, Modifiers, Vec2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use salotto::client::NoPage;
use salotto::protocol::{ErrorCode, Place};
use salotto::{EntryKind, Event as Told, Name, Request};
use salotto_gui::model::log::{LineKind, MAX_LINES};
use salotto_gui::model::{Action, Input};

use crate::server::{Window, room};

/// In the lobby, where `count` messages were said before, of which the last ten are shown.
fn after(count: u64) -> Window {
    let mut window = Window::new();
    for number in 1..=count {
        window.keep_said(
            "bob",
            &format!("message {number} {}", "and on ".repeat(number as usize % 30)),
            None,
        );
    }
    window.connect();
    window.come_back(count - 9);
    window
}

/// The number that each line begins with.
fn numbers(window: &Window) -> Vec<u64> {
    let lines = window.lines("lobby");
    lines.iter().filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect()
}

/// The lines that are about what can be read, with their texts.
fn edges(window: &Window) -> Vec<(u64, LineKind, String)> {
    let active = window.model().active().unwrap().id();
    let all = window.model().conversations().iter();
    edges_of(window, all.take_while(|conversation| conversation.id() != active).count())
}

fn edges_of(window: &Window, at: usize) -> Vec<(u64, LineKind, String)> {
    let lines = window.model().conversations()[at].log().iter_from(0);
    let edges = lines.filter(|line| line.what.kind.is_edge());
    edges.map(|line| (line.seq, line.what.kind, line.what.text.to_owned())).collect()
}

/// Somebody looks where lines are missing.
fn look(window: &mut Window) {
    let conversation = window.model().active().unwrap().id();
    let line = edges(window).first().map_or(0, |(line, ..)| *line);
    window.act(Action::ReadBack { conversation, line });
}

#[test]
fn pages_are_put_above_in_order_without_doubles_until_the_history_begins() {
    let mut window = after(250);
    assert_eq!(window.asked, [], "nobody has looked there");
    assert_eq!(numbers(&window), (241..=250).collect::<Vec<_>>());
    for (before, first) in [(241, 141), (141, 41), (41, 1)] {
        look(&mut window);
        assert_eq!(edges(&window)[0].1, LineKind::Loading);
        look(&mut window);
        assert_eq!(window.asked.len(), 1, "one at a time");
        // What is said meanwhile stands where it belongs.
        window.say("bob", &format!("message {}", window.last_id() + 1));
        assert_eq!(window.serve(), Some(Place::Before(before)));
        assert_eq!(numbers(&window), (first..=window.last_id()).collect::<Vec<_>>());
    }
    let [(_, LineKind::Edge, text)] = &edges(&window)[..] else { panic!() };
    assert_eq!(text, "this is where the history begins");
    look(&mut window);
    assert_eq!(window.asked, []);
    assert_eq!(window.model().active().unwrap().unread(), 0);
}

#[test]
fn a_room_that_is_shown_from_its_beginning_has_nothing_to_ask_for() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "the first");
    assert_eq!(edges(&window), []);
    look(&mut window);
    assert_eq!(window.asked, []);
}

#[test]
fn a_server_that_keeps_nothing_is_asked_once_and_says_so_in_one_line() {
    let mut window = after(50);
    look(&mut window);
    window.refuse(ErrorCode::Failed, "what is said in `lobby` is not kept");
    let [(_, LineKind::Edge, text)] = &edges(&window)[..] else { panic!() };
    assert_eq!(text, "what is said in `lobby` is not kept");
    look(&mut window);
    assert_eq!(window.asked, []);
}

#[test]
fn a_page_that_was_lost_or_refused_for_the_moment_is_asked_for_again() {
    let mut window = after(50);
    look(&mut window);
    window.answer(Err(NoPage::NoConnection));
    window.broken(1);
    look(&mut window);
    assert_eq!(window.asked, [], "there is no connection");
    window.come_back(window.last_id() + 1);
    look(&mut window);
    window.refuse(ErrorCode::Limit, "256 pages are being read; ask again in a moment");
    assert_eq!(edges(&window)[0].1, LineKind::Missing);
    look(&mut window);
    window.serve();
    assert_eq!(numbers(&window), (1..=50).collect::<Vec<_>>());
}

#[test]
fn what_a_long_break_left_out_is_filled_in_by_itself_each_line_once() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "message 1");
    window.send("message 2");
    let arrived = window.last_nonce();
    window.send("never arrived");
    window.input(Input::Focus(false));
    window.broken(1);
    window.keep_said("ada", "message 2", Some(&arrived));
    for number in 3..=260 {
        let text = if number == 150 { "message 150 for ada" } else { &format!("message {number}") };
        window.keep_said("bob", text, None);
        window.keep("lobby", EntryKind::Joined { who: "eve".parse::<Name>().unwrap() });
    }
    let last = window.last_id();
    window.come_back(last - 9);
    // The last five are told at once.
    assert_eq!(numbers(&window), [1, 256, 257, 258, 259, 260]);
    let pending = |window: &Window| {
        let pending = window.model().active().unwrap().pending().iter();
        pending.map(|pending| (pending.text.clone(), pending.failed.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(pending(&window), [("message 2".into(), false), ("never arrived".into(), false)]);
    assert_eq!(window.serve(), Some(Place::After(1)));
    assert_eq!(pending(&window), [("never arrived".to_owned(), false)]);
    window.say("bob", "message 261");
    // The first was asked for when the window came back, and each of the others when one had come.
    let mut pages = 1;
    while window.serve().is_some() {
        pages += 1;
    }
    assert_eq!(pages, 6);
    assert_eq!(numbers(&window), (1..=261).collect::<Vec<_>>());
    assert_eq!(edges(&window), []);
    assert_eq!(pending(&window), [("never arrived".to_owned(), true)]);
    let active = window.model().active().unwrap();
    assert_eq!((active.unread(), active.mentions()), (259, 1));
    let first_unread = active.log().get(active.first_unread().unwrap()).unwrap();
    assert_eq!(first_unread.what.text, "message 3");
}

#[test]
fn a_break_while_a_gap_is_filled_loses_nothing_and_leaves_two_gaps_to_fill() {
    let mut window = Window::in_the_lobby();
    let keep = |window: &mut Window, until: u64| {
        while window.last_id() < until {
            window.keep_said("bob", &format!("message {}", window.last_id() + 1), None);
        }
    };
    window.say("bob", "message 1");
    window.broken(1);
    keep(&mut window, 400);
    window.come_back(395);
    window.serve();
    window.answer(Err(NoPage::NoConnection));
    window.broken(1);
    keep(&mut window, 800);
    window.come_back(700);
    while window.serve().is_some() {}
    assert_eq!(numbers(&window), (1..=800).collect::<Vec<_>>());
    assert_eq!(edges(&window), []);
}

#[test]
fn what_was_on_its_way_is_settled_where_what_was_missed_cannot_be_had_now() {
    for code in [ErrorCode::Limit, ErrorCode::Failed] {
        let mut window = Window::in_the_lobby();
        window.say("bob", "message 1");
        window.send("on its way");
        window.broken(1);
        for number in 2..=300 {
            window.keep_said("bob", &format!("message {number}"), None);
        }
        window.come_back(290);
        assert_eq!(window.model().active().unwrap().pending()[0].failed, None);
        window.refuse(code, "not now");
        assert!(window.model().active().unwrap().pending()[0].failed.is_some(), "{code:?}");
        assert_eq!(window.asked, []);
    }
}

#[test]
fn of_a_very_long_break_the_rest_is_filled_in_where_somebody_looks() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "message 1");
    window.broken(1);
    for number in 2..=6_000 {
        window.keep_said("bob", &format!("message {number}"), None);
    }
    window.come_back(5_900);
    while window.serve().is_some() {}
    assert_eq!(edges(&window).len(), 1);
    assert_eq!(numbers(&window).len(), 1 + 5_000 + 101);
    look(&mut window);
    while window.serve().is_some() {
        look(&mut window);
    }
    assert_eq!(numbers(&window), (1..=6_000).collect::<Vec<_>>());
    assert_eq!(edges(&window), []);
}

#[test]
fn a_message_that_came_with_a_page_is_deleted_like_any() {
    let mut window = after(50);
    look(&mut window);
    window.serve();
    window.event(Told::Deleted { room: room("lobby"), id: 7 });
    let lines = window.lines("lobby");
    assert_eq!(lines[7], "a message was removed");
    assert_eq!(numbers(&window).len(), 49);
}

#[test]
fn what_another_epoch_calls_by_the_same_ids_is_not_mixed_in() {
    let mut window = after(50);
    window.broken(1);
    window.welcome("ada", "run 2");
    let [(_, LineKind::Edge, text)] = &edges(&window)[..] else { panic!() };
    assert_eq!(text, "what was before is not on the server any more");
    look(&mut window);
    assert_eq!(window.asked, []);
    window.restart_ids(1);
    window.enter("lobby", &["ada"]);
    assert_eq!(edges(&window).len(), 1);
}

#[test]
fn a_window_that_is_full_asks_for_nothing_older_and_says_so() {
    let mut window = after(50);
    for number in 0..MAX_LINES as u64 {
        window.say("bob", &format!("message {number}"));
    }
    look(&mut window);
    assert_eq!(window.asked, []);
    assert!(edges(&window)[0].2.contains("100,000 lines"), "{:?}", edges(&window));
}

fn on_screen(window: Window) -> Harness<'static, Window> {
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen
}

/// The rows of messages that are seen: how far down they end (they may begin with a date), and what they say.
fn rows(screen: &Harness<'_, Window>) -> Vec<(f64, String)> {
    let nodes = screen.get_all_by_label_contains("bob: message ");
    let mut rows: Vec<_> =
        nodes.map(|node| (node.raw_bounds().unwrap().y1, node.value().unwrap())).collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    rows
}

fn assert_unmoved(before: &[(f64, String)], after: &[(f64, String)]) {
    for row in before {
        assert!(after.contains(row), "{row:?} moved:\n{before:?}\n{after:?}");
    }
}

fn wheel_up(screen: &mut Harness<'_, Window>, by: f32) {
    screen.input_mut().events.push(Event::PointerMoved(pos2(400.0, 300.0)));
    screen.input_mut().events.push(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: Vec2::new(0.0, by),
        modifiers: Modifiers::NONE,
    });
    // It glides.
    screen.run_steps(16);
}

#[test]
fn what_is_read_stays_where_it_is_when_a_page_comes() {
    let mut screen = on_screen(after(300));
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    for _ in 0..3 {
        // The line that says so is on the screen, too.
        screen.get_by_label("loading …");
        let before = rows(&screen);
        assert!(screen.state_mut().serve().is_some());
        screen.run();
        assert_unmoved(&before, &rows(&screen));
        screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
        screen.run();
    }
    screen.get_by_label("this is where the history begins");
    screen.get_by_label_contains("bob: message 1 ");
    assert_eq!(screen.state().asked, []);
    screen.press_key_modifiers(Modifiers::COMMAND, Key::End);
    screen.run();
    screen.get_by_label_contains("bob: message 300");
}

#[test]
fn the_wheel_leads_up_to_the_first_message_past_every_other() {
    let mut screen = on_screen(after(500));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        for (_, text) in rows(&screen) {
            seen.insert(text.split(' ').nth(2).unwrap().parse::<u64>().unwrap());
        }
        if seen.contains(&1) {
            break;
        }
        wheel_up(&mut screen, 250.0);
        while screen.state_mut().serve().is_some() {
            screen.run();
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), (1..=500).collect::<Vec<_>>());
    assert_eq!(numbers(screen.state()), (1..=500).collect::<Vec<_>>());
}

#[test]
fn a_refusal_for_the_moment_is_not_answered_with_the_same_question_frame_by_frame() {
    let mut screen = on_screen(after(300));
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    screen.state_mut().refuse(ErrorCode::Limit, "256 pages are being read");
    screen.run();
    screen.get_by_label("more is on the server");
    assert_eq!(screen.state().asked, []);
    screen.press_key_modifiers(Modifiers::COMMAND, Key::End);
    screen.run();
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    assert_eq!(screen.state().asked.len(), 1, "somebody looks there again");
}

#[test]
fn nothing_is_asked_for_while_there_is_no_connection() {
    let mut screen = on_screen(after(300));
    screen.state_mut().broken(5);
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    assert_eq!(screen.state().asked, []);
    let next = screen.state().last_id() + 1;
    screen.state_mut().come_back(next);
    screen.run();
    assert_eq!(screen.state().asked.len(), 1);
}

#[test]
fn what_was_found_and_selected_stays_so_when_a_page_comes() {
    let mut screen = on_screen(after(200));
    screen.press_key_modifiers(Modifiers::COMMAND, Key::F);
    screen.run();
    screen.get_by_label("Search").type_text("message 195");
    screen.run();
    screen.get_by_label("1 of 1");
    let before = rows(&screen);
    look(screen.state_mut());
    screen.state_mut().serve();
    screen.run();
    assert_unmoved(&before, &rows(&screen));
    screen.get_by_label("1 of 1");
}

#[test]
fn a_search_goes_on_to_the_server_where_it_has_the_command() {
    let mut screen = on_screen(after(200));
    screen.press_key_modifiers(Modifiers::COMMAND, Key::F);
    screen.run();
    screen.get_by_label("Search").type_text("message 7");
    screen.run();
    assert!(screen.query_by_label("On the server").is_none());
    let commands = vec![salotto::Command::new("search", "Finds").arg(salotto::Arg::text("words"))];
    screen.state_mut().event(Told::Commands { commands });
    screen.run();
    screen.state_mut().effects.clear();
    screen.get_by_label("On the server").click();
    screen.run();
    let requests = screen.state_mut().requests();
    let [Request::Command { line, room: Some(room) }] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!((line.as_str(), room.as_str()), ("search message 7", "lobby"));
}

#[test]
fn what_was_missed_while_another_room_was_shown_is_in_its_place_when_one_comes_back() {
    let mut screen = on_screen(after(300));
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    let lobby = screen.state().model().active().unwrap().id();
    screen.state_mut().enter("dev", &["ada"]);
    let dev = screen.state().model().conversations()[1].id();
    screen.state_mut().act(Action::Show(dev));
    screen.run();
    // Two pages come while nobody sees them.
    screen.state_mut().serve();
    let line = edges_of(screen.state(), 0)[0].0;
    screen.state_mut().act(Action::ReadBack { conversation: lobby, line });
    screen.state_mut().serve();
    screen.state_mut().act(Action::Show(lobby));
    screen.run();
    let texts: Vec<String> = rows(&screen).into_iter().map(|(_, text)| text).collect();
    assert!(texts.iter().any(|text| text.starts_with("bob: message 292 ")), "{texts:?}");
    let tops: Vec<f64> = rows(&screen).into_iter().map(|(end, _)| end).collect();
    assert!(tops.is_sorted_by(|one, other| one < other), "{tops:?}");
}
