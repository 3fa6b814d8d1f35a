//! Reading: scrolling, finding, folding, selecting, links.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use salotto::{EntryKind, NoticeKind};
use salotto_gui::model::Effect;

use crate::server::{Window, room};

fn with_messages(count: usize) -> Harness<'static, Window> {
    let mut window = Window::in_the_lobby();
    for number in 0..count {
        let text = format!("message {number} {}", "and so on ".repeat(number % 30));
        window.say("bob", text.trim());
    }
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen
}

/// Where the row with this text is.
fn row(screen: &Harness<'_, Window>, label: &str) -> Rect {
    let bounds = screen.get_by_label_contains(label).raw_bounds().unwrap();
    Rect::from_min_max(
        pos2(bounds.x0 as f32, bounds.y0 as f32),
        pos2(bounds.x1 as f32, bounds.y1 as f32),
    )
}

fn pointer(screen: &mut Harness<'_, Window>, at: Pos2, pressed: Option<bool>) {
    screen.input_mut().events.push(Event::PointerMoved(at));
    if let Some(pressed) = pressed {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        screen.input_mut().events.push(Event::PointerButton {
            pos: at,
            button,
            pressed,
            modifiers,
        });
    }
    screen.step();
}

fn copied(screen: &mut Harness<'_, Window>) -> Option<String> {
    screen.input_mut().events.push(Event::Copy);
    screen.run();
    screen.state().effects.iter().rev().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn the_end_is_shown_until_one_scrolls_away_and_a_button_leads_back() {
    let mut screen = with_messages(500);
    screen.get_by_label_contains("bob: message 499");
    screen.state_mut().say("eve", "the newest");
    screen.run();
    screen.get_by_label("eve: the newest");
    screen.press_key(Key::PageUp);
    screen.run();
    assert!(screen.query_by_label("eve: the newest").is_none());
    let before = row(&screen, "bob: message 481 and");
    screen.state_mut().say("eve", "newer still");
    screen.run();
    assert_eq!(row(&screen, "bob: message 481 and"), before, "nothing moves while one reads");
    screen.get_by_label("1 new message").click();
    screen.run();
    screen.get_by_label("eve: newer still");
}

#[test]
fn every_message_is_passed_when_paging_up_and_down() {
    let mut screen = with_messages(300);
    let mut seen = std::collections::BTreeSet::new();
    let mut look = |screen: &Harness<'_, Window>| {
        for node in screen.get_all_by_label_contains("bob: message ") {
            let label = node.value().or(node.label()).unwrap();
            seen.insert(label.split(' ').nth(2).unwrap().parse::<usize>().unwrap());
        }
    };
    for _ in 0..60 {
        look(&screen);
        screen.press_key(Key::PageUp);
        screen.run();
    }
    look(&screen);
    screen.get_by_label_contains("bob: message 0");
    assert_eq!(seen.len(), 300);
    screen.press_key_modifiers(Modifiers::COMMAND, Key::End);
    screen.run();
    screen.get_by_label_contains("bob: message 299");
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    screen.get_by_label_contains("bob: message 0");
}

#[test]
fn rows_neither_overlap_nor_leave_gaps() {
    let mut screen = with_messages(200);
    for _ in 0..3 {
        let mut rows: Vec<Rect> = screen
            .get_all_by_label_contains("bob: message ")
            .map(|node| {
                let bounds = node.raw_bounds().unwrap();
                Rect::from_min_max(
                    pos2(bounds.x0 as f32, bounds.y0 as f32),
                    pos2(bounds.x1 as f32, bounds.y1 as f32),
                )
            })
            .collect();
        rows.sort_by(|one, other| one.top().total_cmp(&other.top()));
        for pair in rows.windows(2) {
            assert!((pair[0].bottom() - pair[1].top()).abs() < 0.1, "{pair:?}");
        }
        screen.press_key(Key::PageUp);
        screen.run();
    }
}

#[test]
fn find_goes_from_the_newest_to_older_ones_and_around() {
    let mut screen = with_messages(100);
    for number in [1, 2] {
        screen.state_mut().say("eve", &format!("the Needle {number}"));
        for _ in 0..100 {
            screen.state_mut().say("bob", "hay");
        }
    }
    screen.run();
    screen.press_key_modifiers(Modifiers::COMMAND, Key::F);
    screen.run();
    screen.get_by_label("Search").type_text("needle");
    screen.run();
    screen.get_by_label("2 of 2");
    screen.get_by_label("eve: the Needle 2");
    screen.press_key(Key::Enter);
    screen.run();
    screen.get_by_label("1 of 2");
    screen.get_by_label("eve: the Needle 1");
    screen.press_key(Key::F3);
    screen.run();
    screen.get_by_label("2 of 2");
    screen.press_key(Key::Escape);
    screen.run();
    assert!(screen.query_by_label("Search").is_none());
    assert!(screen.query_by_label("2 of 2").is_none());
}

#[test]
fn many_arrivals_are_one_row_that_opens() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "before");
    for number in 0..6 {
        window.notice(&format!("guest{number} joined"), NoticeKind::Joined);
    }
    window.notice("guest1 left", NoticeKind::Left);
    window.say("bob", "after");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    assert!(screen.query_by_label("guest2 joined").is_none());
    let fold = row(&screen, "6 came, 1 left").center();
    pointer(&mut screen, fold, Some(true));
    pointer(&mut screen, fold, Some(false));
    screen.run();
    screen.get_by_label("guest1 left");
    // And closes again, by any of them, without going away from under the pointer.
    let one = row(&screen, "guest2 joined").center();
    pointer(&mut screen, one, Some(true));
    pointer(&mut screen, one, Some(false));
    screen.run();
    assert!(screen.query_by_label("guest2 joined").is_none());
    row(&screen, "6 came, 1 left");
    screen.get_by_label("bob: after");
}

#[test]
fn text_is_selected_across_messages_and_copied_with_times_and_names() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "one");
    window.say("eve", "two");
    window.say("bob", "three");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let (first, last) = (row(&screen, "bob: one"), row(&screen, "bob: three"));
    pointer(&mut screen, pos2(first.left() + 60.0, first.bottom() - 8.0), Some(true));
    pointer(&mut screen, last.center(), None);
    pointer(&mut screen, last.center(), Some(false));
    let text = "[12:00] bob: one\n[12:00] eve: two\n[12:00] bob: three";
    assert!(screen.state().effects.contains(&Effect::Select(text.into())), "for the middle button");
    assert_eq!(copied(&mut screen).unwrap(), text);
}

#[test]
fn what_runs_leftward_is_selected_and_copied_as_it_was_said() {
    let mut window = Window::in_the_lobby();
    let said = "שלום לכולם, see https://example.org/א";
    window.say("bob", said);
    window.say("eve", "two");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let (first, last) = (row(&screen, "bob: שלום"), row(&screen, "eve: two"));
    pointer(&mut screen, pos2(first.left() + 60.0, first.bottom() - 8.0), Some(true));
    pointer(&mut screen, last.center(), None);
    pointer(&mut screen, last.center(), Some(false));
    let text = copied(&mut screen).unwrap();
    assert_eq!(text, format!("[12:00] bob: {said}\n[12:00] eve: two"));
}

#[test]
fn a_word_is_selected_by_two_clicks() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "abracadabra");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let row = row(&screen, "bob: abracadabra");
    let at = pos2(row.left() + 190.0, row.bottom() - 8.0);
    pointer(&mut screen, at, None);
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        let event = Event::PointerButton { pos: at, button, pressed, modifiers };
        screen.input_mut().events.push(event);
    }
    screen.step();
    assert_eq!(copied(&mut screen).unwrap(), "abracadabra");
}

#[test]
fn a_link_is_opened_only_after_its_host_was_shown() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "http://bank.example@evil.example/login");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let row = row(&screen, "bob: http");
    let at = pos2(row.left() + 260.0, row.bottom() - 8.0);
    pointer(&mut screen, at, Some(true));
    pointer(&mut screen, at, Some(false));
    screen.run();
    screen.get_by_label("Open a page of evil.example?");
    assert!(screen.state().effects.iter().all(|effect| !matches!(effect, Effect::OpenLink(_))));
    screen.get_by_label("Open").click();
    screen.run();
    let link = "http://bank.example@evil.example/login".to_owned();
    assert!(screen.state().effects.contains(&Effect::OpenLink(link)));
}

#[test]
fn unread_messages_above_can_be_jumped_to() {
    let mut window = Window::in_the_lobby();
    window.enter("dev", &["ada"]);
    for number in 0..100 {
        window.say_in("dev", "bob", &format!("news {number}"), None);
    }
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("dev, 100 unread").click();
    screen.run();
    screen.get_by_label("bob: news 99");
    screen.get_by_label("Jump to unread").click();
    screen.run();
    screen.get_by_label("bob: news 0");
    screen.press_key_modifiers(Modifiers::COMMAND, Key::End);
    screen.run();
    screen.get_by_label("bob: news 99");
    assert!(screen.query_by_label("Jump to unread").is_none(), "one was there already");
}

#[test]
fn the_topic_and_what_the_server_tells_are_shown() {
    let mut window = Window::in_the_lobby();
    let topic = "Coffee at six".to_owned();
    window.entry("lobby", EntryKind::Topic { topic, who: None });
    window.event(salotto::Event::Exited {
        room: room("lobby"),
        reason: salotto::protocol::LeaveReason::Kicked { by: None, why: "rude".into() },
    });
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("Coffee at six");
    screen.get_by_label("! You are not in this room any more: kicked: rude");
}

#[test]
fn characters_without_a_picture_are_told_once() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "漢 and 漢 and é");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    assert_eq!(screen.state_mut().view.take_missing(), ['漢']);
    screen.run();
    assert_eq!(screen.state_mut().view.take_missing(), []);
}

#[test]
fn nothing_moves_when_the_oldest_lines_are_cut_off() {
    let mut screen = with_messages(0);
    for number in 0..100_000 {
        screen.state_mut().say("bob", &format!("number {number}."));
    }
    screen.run();
    screen.press_key(Key::PageUp);
    screen.run();
    let before = row(&screen, "bob: number 99960.");
    for number in 0..5_000 {
        screen.state_mut().say("eve", &format!("more {number}."));
    }
    screen.run();
    assert_eq!(row(&screen, "bob: number 99960."), before);
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Home);
    screen.run();
    assert!(screen.query_by_label("bob: number 0.").is_none());
    screen.get_by_label("bob: number 4096.");
}

#[test]
fn a_fold_takes_in_those_who_come_while_it_is_seen() {
    let mut window = Window::in_the_lobby();
    for number in 0..3 {
        window.notice(&format!("guest{number} joined"), NoticeKind::Joined);
    }
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("guest2 joined");
    for number in 3..8 {
        screen.state_mut().notice(&format!("guest{number} joined"), NoticeKind::Joined);
        screen.run();
        screen.get_by_label_contains(&format!("{} came", number + 1));
        assert!(screen.query_by_label("guest2 joined").is_none());
    }
}

#[test]
fn a_narrower_window_keeps_the_place() {
    let mut screen = with_messages(400);
    for _ in 0..10 {
        screen.press_key(Key::PageUp);
        screen.run();
    }
    let rows = |screen: &Harness<'_, Window>| {
        let nodes = screen.get_all_by_label_contains("bob: message ");
        let mut rows: Vec<_> =
            nodes.map(|node| (node.raw_bounds().unwrap().y0, node.value().unwrap())).collect();
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        rows.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    let first = rows(&screen)[0].clone();
    screen.set_size(egui::vec2(480.0, 600.0));
    screen.run();
    let after = rows(&screen);
    assert!(after.iter().take(2).any(|text| *text == first), "{first}\n{after:?}");
}

#[test]
fn what_passed_while_nobody_looked_can_be_jumped_to() {
    let mut screen = with_messages(50);
    screen.state_mut().input(salotto_gui::model::Input::Focus(false));
    for number in 0..60 {
        screen.state_mut().say("eve", &format!("news {number}"));
        screen.run();
    }
    screen.state_mut().input(salotto_gui::model::Input::Focus(true));
    screen.run();
    screen.get_by_label("Jump to unread").click();
    screen.run();
    screen.get_by_label("eve: news 0");
}

/// Clicks so many times at one place.
fn clicks(screen: &mut Harness<'_, Window>, pos: Pos2, times: usize, modifiers: Modifiers) {
    pointer(screen, pos, None);
    screen.input_mut().modifiers = modifiers;
    for pressed in [true, false].repeat(times) {
        let button = PointerButton::Primary;
        screen.input_mut().events.push(Event::PointerButton { pos, button, pressed, modifiers });
    }
    screen.step();
    screen.input_mut().modifiers = Modifiers::NONE;
}

#[test]
fn three_clicks_select_a_message_and_shift_extends_to_where_one_clicks() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "one two");
    window.say("eve", "three four");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let (first, last) = (row(&screen, "bob: one two"), row(&screen, "eve: three four"));
    let beside = |row: Rect| pos2(row.right() - 20.0, row.bottom() - 8.0);
    clicks(&mut screen, beside(first), 3, Modifiers::NONE);
    assert_eq!(copied(&mut screen).unwrap(), "one two");
    clicks(&mut screen, pos2(first.left() + 60.0, first.bottom() - 8.0), 1, Modifiers::NONE);
    screen.run();
    clicks(&mut screen, beside(last), 1, Modifiers::SHIFT);
    assert_eq!(copied(&mut screen).unwrap(), "[12:00] bob: one two\n[12:00] eve: three four");
}

#[test]
fn the_menu_of_a_message_copies_it_or_selects_all() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "one");
    window.say("eve", "two");
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let open = |screen: &mut Harness<'_, Window>| {
        let pos = row(screen, "eve: two").center();
        let (button, modifiers) = (PointerButton::Secondary, Modifiers::NONE);
        screen.input_mut().events.push(Event::PointerMoved(pos));
        for pressed in [true, false] {
            let click = Event::PointerButton { pos, button, pressed, modifiers };
            screen.input_mut().events.push(click);
        }
        screen.run();
    };
    open(&mut screen);
    screen.get_by_label("Talk to eve");
    screen.get_by_label("Copy this message").click();
    screen.run();
    assert!(screen.state().effects.contains(&Effect::Copy("two".into())));
    open(&mut screen);
    screen.get_by_label("Select all").click();
    screen.run();
    assert_eq!(copied(&mut screen).unwrap(), "[12:00] bob: one\n[12:00] eve: two");
}

#[test]
fn many_messages_that_failed_take_one_line_and_are_discarded_together() {
    let mut window = Window::in_the_lobby();
    for text in ["one", "two", "three"] {
        window.send(text);
    }
    window.ended(salotto::protocol::LeaveReason::Lost);
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("3 messages not sent");
    assert!(screen.query_by_label_contains("ada: one").is_none());
    screen.get_by_label("Discard all").click();
    screen.run();
    assert!(screen.query_by_label_contains("not sent").is_none());
}
