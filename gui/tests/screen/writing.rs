//! Writing: sending, completion, history, pasting, the counter.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use salotto::Request;
use salotto_gui::model::Effect;

use crate::server::Window;

fn screen() -> Harness<'static, Window> {
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    screen.run();
    screen
}

fn type_text(screen: &mut Harness<'_, Window>, text: &str) {
    screen.input_mut().events.push(Event::Text(text.into()));
    screen.run();
}

fn press(screen: &mut Harness<'_, Window>, key: Key) {
    screen.press_key(key);
    screen.run();
}

/// What stands in the entry.
fn entry(screen: &Harness<'_, Window>) -> String {
    screen.get_by_role(Role::TextInput).value().unwrap_or_default()
}

fn said(screen: &mut Harness<'_, Window>) -> Vec<String> {
    let requests = screen.state_mut().requests();
    requests
        .into_iter()
        .filter_map(|request| match request {
            Request::Say { text, .. } => Some(text),
            Request::Command { line, .. } => Some(format!("!{line}")),
            _ => None,
        })
        .collect()
}

#[test]
fn one_types_at_once_and_enter_or_the_button_sends() {
    let mut screen = screen();
    type_text(&mut screen, "grüß dich");
    press(&mut screen, Key::Enter);
    assert_eq!(said(&mut screen), ["grüß dich"]);
    assert_eq!(entry(&screen), "");
    screen.get_by_label("ada: grüß dich (being sent)");
    type_text(&mut screen, "again");
    screen.get_by_label("Send").click();
    screen.run();
    assert_eq!(said(&mut screen), ["again"]);
    type_text(&mut screen, "still here");
    assert_eq!(entry(&screen), "still here");
}

#[test]
fn tab_completes_the_last_speaker_first_and_goes_on() {
    let mut screen = screen();
    screen.state_mut().enter("lobby", &["ada", "bea", "bert", "bob"]);
    screen.state_mut().say("bert", "one");
    screen.state_mut().say("bob", "two");
    screen.run();
    type_text(&mut screen, "b");
    for expected in ["bob: ", "bert: ", "bea: ", "bob: "] {
        press(&mut screen, Key::Tab);
        assert_eq!(entry(&screen), expected);
    }
    screen.press_key_modifiers(Modifiers::SHIFT, Key::Tab);
    screen.run();
    assert_eq!(entry(&screen), "bea: ");
    type_text(&mut screen, "and BO");
    press(&mut screen, Key::Tab);
    assert_eq!(entry(&screen), "bea: and bob ");
}

#[test]
fn commands_are_completed_and_explained() {
    let mut screen = screen();
    type_text(&mut screen, "!ki");
    press(&mut screen, Key::Tab);
    assert_eq!(entry(&screen), "!kick ");
    screen.get_by_label("!kick NAME [REASON] \u{2013} Disconnects a user");
    type_text(&mut screen, "e");
    press(&mut screen, Key::Tab);
    press(&mut screen, Key::Enter);
    assert_eq!(said(&mut screen), ["!kick eve"]);
}

#[test]
fn history_comes_back_and_the_draft_is_kept() {
    let mut screen = screen();
    for text in ["one", "two"] {
        type_text(&mut screen, text);
        press(&mut screen, Key::Enter);
    }
    type_text(&mut screen, "draft");
    for (key, expected) in [
        (Key::ArrowUp, "two"),
        (Key::ArrowUp, "one"),
        (Key::ArrowUp, "one"),
        (Key::ArrowDown, "two"),
        (Key::ArrowDown, "draft"),
        (Key::ArrowDown, "draft"),
    ] {
        press(&mut screen, key);
        assert_eq!(entry(&screen), expected);
    }
}

#[test]
fn a_login_is_seen_and_kept_by_nobody() {
    let mut screen = screen();
    type_text(&mut screen, "before");
    press(&mut screen, Key::Enter);
    type_text(&mut screen, "!login  ada swordfish ");
    screen.get_by_label_contains("!login  •••••••••••••");
    assert!(screen.query_by_label_contains("swordfish").is_none());
    press(&mut screen, Key::Enter);
    assert_eq!(said(&mut screen), ["before", "!login  ada swordfish"]);
    press(&mut screen, Key::ArrowUp);
    assert_eq!(entry(&screen), "before");
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Z);
    screen.run();
    assert!(!entry(&screen).contains("swordfish"), "{}", entry(&screen));
}

#[test]
fn of_a_line_only_what_follows_the_command_is_secret() {
    let window = Window::in_the_lobby();
    for (line, hidden) in [
        ("!login swordfish", Some("swordfish")),
        (" !login  ada  sword ", Some("ada  sword ")),
        ("!login ", None),
        ("!kick bob", None),
        ("login swordfish", Some("swordfish")),
    ] {
        assert_eq!(window.model().secret_from(line).map(|at| &line[at..]), hidden, "{line}");
    }
}

#[test]
fn a_draft_stays_in_its_conversation() {
    let mut screen = screen();
    screen.state_mut().enter("dev", &["ada"]);
    screen.run();
    type_text(&mut screen, "for the lobby");
    screen.press_key_modifiers(Modifiers::ALT, Key::Num2);
    screen.run();
    assert_eq!(entry(&screen), "");
    screen.press_key_modifiers(Modifiers::ALT, Key::Num1);
    screen.run();
    assert_eq!(entry(&screen), "for the lobby");
}

#[test]
fn several_pasted_lines_are_asked_about() {
    let mut screen = screen();
    let paste = |screen: &mut Harness<'_, Window>, text: &str| {
        screen.input_mut().events.push(Event::Paste(text.into()));
        screen.run();
    };
    paste(&mut screen, "just\u{1b} one\r\n");
    assert_eq!(entry(&screen), "just one");
    paste(&mut screen, "one\n\n!quit\r\nthree\n");
    screen.get_by_label("Paste 3 lines?");
    assert_eq!(said(&mut screen), [] as [&str; 0]);
    screen.get_by_label("Send 3 messages").click();
    screen.run();
    assert_eq!(said(&mut screen), ["one", "!quit", "three"]);
    paste(&mut screen, "a\nb");
    screen.get_by_label("Put on one line").click();
    screen.run();
    assert_eq!(entry(&screen), "just onea b");
    paste(&mut screen, "a\nb");
    press(&mut screen, Key::Escape);
    assert!(screen.query_by_label("Paste 2 lines?").is_none());
}

#[test]
fn the_length_is_shown_near_the_limit_only() {
    let mut screen = screen();
    type_text(&mut screen, &"ä".repeat(1700));
    assert!(screen.query_by_label_contains("of 2000").is_none());
    type_text(&mut screen, &"ä".repeat(301));
    screen.get_by_label("2001 of 2000");
}

#[test]
fn where_nobody_hears_one_a_text_stays_in_the_entry() {
    let mut window = Window::in_the_lobby();
    window.event(salotto::Event::Exited {
        room: crate::server::room("lobby"),
        reason: salotto::protocol::LeaveReason::Kicked { by: None, why: String::new() },
    });
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    type_text(&mut screen, "hello?");
    press(&mut screen, Key::Enter);
    assert_eq!(entry(&screen), "hello?");
    assert_eq!(said(&mut screen), [] as [&str; 0]);
    assert!(screen.state().effects.iter().all(|effect| !matches!(effect, Effect::Exit)));
}

#[test]
fn what_is_too_long_stays_and_says_by_how_much() {
    let mut screen = screen();
    type_text(&mut screen, &"ä".repeat(2149));
    press(&mut screen, Key::Enter);
    screen.get_by_label_contains("2149 characters; this server takes 2000");
    assert_eq!(said(&mut screen), [] as [&str; 0]);
    assert_eq!(entry(&screen).chars().count(), 2149);
}

#[test]
fn what_is_typed_in_the_frame_of_the_click_is_sent_with_the_rest() {
    let mut screen = screen();
    type_text(&mut screen, "whol");
    screen.input_mut().events.push(Event::Text("e".into()));
    let bounds = screen.get_by_label("Send").raw_bounds().unwrap();
    let pos =
        egui::pos2((bounds.x0 + bounds.x1) as f32 / 2.0, (bounds.y0 + bounds.y1) as f32 / 2.0);
    screen.input_mut().events.push(Event::PointerMoved(pos));
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        screen.input_mut().events.push(Event::PointerButton { pos, button, pressed, modifiers });
    }
    screen.run();
    assert_eq!(said(&mut screen), ["whole"]);
}

#[test]
fn the_entry_has_a_menu_to_cut_copy_paste_and_select_all() {
    let mut screen = screen();
    type_text(&mut screen, "some words");
    let open = |screen: &mut Harness<'_, Window>| {
        let bounds = screen.get_by_role(Role::TextInput).raw_bounds().unwrap();
        let pos = egui::pos2(bounds.x0 as f32 + 200.0, (bounds.y0 + bounds.y1) as f32 / 2.0);
        screen.input_mut().events.push(Event::PointerMoved(pos));
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Secondary, Modifiers::NONE);
            let click = Event::PointerButton { pos, button, pressed, modifiers };
            screen.input_mut().events.push(click);
        }
        screen.run();
    };
    open(&mut screen);
    screen.get_by_label("Select all").click();
    screen.run();
    open(&mut screen);
    screen.get_by_label("Cut").click();
    screen.run();
    assert_eq!(entry(&screen), "");
    open(&mut screen);
    screen.get_by_label("Paste").click();
    screen.run();
    let effects = &screen.state().effects;
    assert!(effects.contains(&Effect::Copy("some words".into())), "{effects:?}");
    assert!(effects.contains(&Effect::Paste));
}
