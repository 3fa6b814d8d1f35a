//! Connecting, coming back and finding one's way, by label and key.

use std::time::Duration;

use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::Queryable;
use salotto::client::{Problem, Update};
use salotto_gui::model::{Action, ConnectionSettings, Effect, Theme};

use crate::server::Window;

#[test]
fn the_form_connects_with_what_was_typed() {
    let mut screen = Window::new().on_screen(800.0, 600.0);
    screen.run();
    screen.get_by_label("Address").type_text("chat.example:4000");
    screen.get_by_label("Name").type_text("grüß");
    screen.get_by_label("Room").type_text("dev");
    screen.run();
    screen.get_by_label("Connect").click();
    screen.run();
    let connected = screen.state().effects.iter().any(|effect| match effect {
        Effect::Connect(options) => {
            options.address == "chat.example:4000"
                && options.name == "grüß"
                && options.rooms == ["dev"]
        }
        _ => false,
    });
    assert!(connected, "{:?}", screen.state().effects);
    screen.get_by_label("Connecting …");
}

#[test]
fn a_refusal_says_what_to_do_and_keeps_what_was_typed() {
    let mut screen = Window::new().on_screen(800.0, 600.0);
    screen.run();
    screen.get_by_label("Address").type_text("chat.exmple");
    screen.get_by_label("Name").type_text("ada");
    screen.run();
    screen.press_key(Key::Enter);
    screen.run();
    let problem = Problem::NoSuchHost("chat.exmple:53000".into());
    let retry_in = Some(Duration::from_secs(1));
    screen.state_mut().network(Update::Broken { problem, retry_in });
    screen.run();
    screen.get_by_label("There is no host `chat.exmple:53000`; check the address");
    assert_eq!(screen.get_by_label("Address").value(), Some("chat.exmple".into()));
    assert_eq!(screen.get_by_label("Name").value(), Some("ada".into()));
}

#[test]
fn a_bad_port_and_a_missing_name_are_found_before_anything_is_asked() {
    let mut screen = Window::new().on_screen(800.0, 600.0);
    screen.run();
    screen.get_by_label("Address").type_text("chat.example:x");
    screen.run();
    screen.get_by_label("Connect").click();
    screen.run();
    screen.get_by_label_contains("The port is `x`");
    screen.get_by_label("Address").type_text("chat.example");
    screen.run();
    assert!(screen.state().effects.iter().all(|effect| !matches!(effect, Effect::Connect(_))));
}

#[test]
fn a_taken_name_is_asked_for_again_in_the_form() {
    let mut window = Window::new();
    window.connect();
    window.network(Update::NameRefused { text: "the name `ada` is taken; choose another".into() });
    let mut screen = window.on_screen(800.0, 600.0);
    screen.run();
    screen.get_by_label("The name `ada` is taken; choose another");
    // What is typed takes the place of the name that was refused.
    screen.input_mut().events.push(Event::Text("ada_2".into()));
    screen.run();
    screen.get_by_label("Use this name").click();
    screen.run();
    assert!(screen.state().effects.contains(&Effect::OfferName("ada_2".into())));
}

#[test]
fn a_password_is_asked_for_until_it_is_right_with_the_rest_kept() {
    let mut window = Window::new();
    window.connect();
    let ask = |text: &str, wrong| Update::PasswordWanted { text: text.into(), wrong };
    window.network(ask("say hello with it", false));
    let mut screen = window.on_screen(800.0, 600.0);
    screen.run();
    screen.get_by_label("This server asks for a password");
    // The field has the keyboard, and shows nobody what is typed.
    let typed = |screen: &mut egui_kittest::Harness<'_, Window>, text: &str| {
        screen.input_mut().events.push(Event::Text(text.into()));
        screen.run();
    };
    typed(&mut screen, "sword");
    screen.press_key(Key::Enter);
    screen.run();
    screen.state_mut().network(ask("that is not the password", true));
    screen.run();
    screen.get_by_label("That is not the password");
    assert_eq!(screen.get_by_label("Name").value(), Some("ada".into()));
    assert_eq!(screen.get_by_label("Password").value(), Some("•••••".into()));
    typed(&mut screen, "swordfish");
    screen.get_by_label("Use this password").click();
    screen.run();
    let offered: Vec<_> = screen.state().effects.iter().filter_map(offered).collect();
    // What is typed takes the place of what was wrong.
    assert_eq!(offered, ["sword", "swordfish"]);
}

fn offered(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::OfferPassword(password) => Some(&password.0),
        _ => None,
    }
}

#[test]
fn a_new_password_is_asked_for_above_the_talk() {
    let mut window = Window::in_the_lobby();
    window.broken(5);
    window.network(Update::PasswordWanted { text: "that is not the password".into(), wrong: true });
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("That is not the password. Password:").type_text("new one");
    screen.run();
    screen.get_by_label("Use this password").click();
    screen.run();
    let offered: Vec<_> = screen.state().effects.iter().filter_map(offered).collect();
    assert_eq!(offered, ["new one"]);
}

#[test]
fn where_one_was_recently_is_entered_by_a_click() {
    let mut before = Window::new();
    for (host, name, room) in [("one.example", "ada", ""), ("two.example", "eve", "dev")] {
        let host_is_one = host == "one.example";
        let (host, name, room) = (host.into(), name.into(), room.into());
        let settings =
            ConnectionSettings { host, port: 53000, name, room, ..ConnectionSettings::default() };
        before.act(Action::Connect(settings));
        before.welcome("ada", "run 1");
        before.enter(if host_is_one { "lobby" } else { "dev" }, &["ada"]);
    }
    let remembered = before.model().preferences().clone();
    let mut screen = Window::remembering(remembered).on_screen(800.0, 600.0);
    screen.run();
    screen.get_by_label("two.example as ada: dev");
    screen.get_by_label("one.example as ada: lobby").click();
    screen.run();
    let connected = screen.state().effects.iter().find_map(|effect| match effect {
        Effect::Connect(options) => Some((options.address.clone(), options.rooms.clone())),
        _ => None,
    });
    assert_eq!(connected, Some(("one.example:53000".into(), vec!["lobby".into()])));
    assert_eq!(screen.get_by_label("Address").value(), Some("one.example".into()));
}

/// Clicks in the middle of what has this label.
fn click(screen: &mut egui_kittest::Harness<'_, Window>, label: &str, button: PointerButton) {
    let bounds = screen.get_by_label(label).raw_bounds().unwrap();
    let pos =
        egui::pos2((bounds.x0 + bounds.x1) as f32 / 2.0, (bounds.y0 + bounds.y1) as f32 / 2.0);
    screen.input_mut().events.push(Event::PointerMoved(pos));
    screen.step();
    for pressed in [true, false] {
        let modifiers = Modifiers::NONE;
        let event = Event::PointerButton { pos, button, pressed, modifiers };
        screen.input_mut().events.push(event);
        screen.step();
    }
}

#[test]
fn one_talks_to_a_person_by_two_clicks_or_the_menu() {
    let active = |screen: &egui_kittest::Harness<'_, Window>| {
        screen.state().model().active().unwrap().title().to_owned()
    };
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    screen.run();
    click(&mut screen, "bob", PointerButton::Primary);
    assert_eq!(active(&screen), "lobby");
    click(&mut screen, "bob", PointerButton::Primary);
    assert_eq!(active(&screen), "bob");
    screen.press_key_modifiers(Modifiers::ALT, Key::Num1);
    screen.run();
    click(&mut screen, "eve", PointerButton::Secondary);
    screen.run();
    screen.get_by_label("Talk to eve").click();
    screen.run();
    assert_eq!(active(&screen), "eve");
}

#[test]
fn a_conversation_is_closed_by_its_menu() {
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    screen.run();
    click(&mut screen, "lobby", PointerButton::Secondary);
    screen.run();
    screen.get_by_label("Leave this room").click();
    screen.run();
    let room = Some("lobby".to_owned());
    assert_eq!(
        screen.state_mut().requests(),
        [salotto::Request::Leave { room, farewell: String::new() }]
    );
}

#[test]
fn a_room_is_shown_by_a_click_or_a_key() {
    let mut window = Window::in_the_lobby();
    window.enter("dev", &["ada"]);
    window.say_in("dev", "bob", "over here", None);
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    assert!(screen.query_by_label("bob: over here").is_none());
    screen.get_by_label("dev, 1 unread").click();
    screen.run();
    screen.get_by_label("bob: over here");
    screen.press_key_modifiers(Modifiers::ALT, Key::Num1);
    screen.run();
    assert_eq!(screen.state().model().active().unwrap().title(), "lobby");
    screen.press_key_modifiers(Modifiers::ALT, Key::ArrowDown);
    screen.run();
    assert_eq!(screen.state().model().active().unwrap().title(), "dev");
}

#[test]
fn the_switcher_joins_a_room_and_finds_people() {
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    screen.run();
    screen.press_key_modifiers(Modifiers::COMMAND, Key::K);
    screen.run();
    screen.get_by_label("Go to").type_text("bo");
    screen.run();
    screen.get_by_label("Talk to bob").click();
    screen.run();
    assert_eq!(screen.state().model().active().unwrap().title(), "bob");
    screen.press_key_modifiers(Modifiers::COMMAND, Key::K);
    screen.run();
    screen.get_by_label("Go to").type_text("garden");
    screen.run();
    screen.press_key(Key::Enter);
    screen.run();
    let requests = screen.state_mut().requests();
    assert!(
        requests.contains(&salotto::Request::Join { room: "garden".into(), key: None }),
        "{requests:?}"
    );
    assert!(screen.query_by_label("Go to").is_none());
}

#[test]
fn a_break_shows_a_countdown_and_a_way_to_hurry() {
    let mut window = Window::in_the_lobby();
    window.broken(5);
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label_contains("Again in 5 s");
    screen.state_mut().wait(2);
    screen.run();
    screen.get_by_label_contains("Again in 3 s");
    screen.get_by_label("Now").click();
    screen.run();
    assert!(screen.state().effects.contains(&Effect::RetryNow));
    screen.state_mut().welcome("ada", "run 1");
    screen.run();
    assert!(screen.query_by_label("Now").is_none());
    screen.get_by_label_contains("connected");
}

#[test]
fn after_a_kick_the_reason_is_shown_with_a_way_back() {
    let mut window = Window::in_the_lobby();
    window.ended(salotto::protocol::LeaveReason::Kicked { by: None, why: "spam".into() });
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("You were kicked: spam.");
    screen.get_by_label("Connect again").click();
    screen.run();
    assert!(screen.state().effects.iter().any(|effect| matches!(effect, Effect::Connect(_))));
}

#[test]
fn the_people_are_folded_away_where_there_is_no_space() {
    let screen_of = |width| {
        let mut screen = Window::in_the_lobby().on_screen(width, 600.0);
        screen.run();
        screen
    };
    screen_of(900.0).get_by_label("bob");
    let mut narrow = screen_of(480.0);
    assert!(narrow.query_by_label("bob").is_none());
    narrow.get_by_label("People 3").click();
    narrow.run();
    narrow.get_by_label("bob");
    assert!(narrow.query_by_label("lobby").is_none());
    narrow.get_by_label("Rooms").click();
    narrow.run();
    narrow.get_by_label("lobby").click();
    narrow.run();
    assert!(narrow.query_by_label("lobby").is_none());
}

#[test]
fn zoom_theme_and_keys_are_at_hand() {
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    screen.run();
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Plus);
    screen.run();
    assert_eq!(screen.state().model().preferences().zoom, 1.1);
    assert!((screen.ctx.zoom_factor() - 1.1).abs() < 1e-3);
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Num0);
    screen.run();
    assert_eq!(screen.state().model().preferences().zoom, 1.0);
    screen.get_by_label("Menu").click();
    screen.run();
    screen.get_by_label("Light colours").click();
    screen.run();
    assert_eq!(screen.state().model().preferences().theme, Theme::Light);
    assert!(!screen.ctx.style().visuals.dark_mode);
    screen.press_key(Key::F1);
    screen.run();
    screen.get_by_label("complete a name, or a command after !; again for the next one");
    screen.press_key(Key::Escape);
    screen.run();
    assert!(screen.query_by_label("Close").is_none());
}

#[test]
fn an_idle_window_asks_for_no_frames() {
    let mut window = Window::in_the_lobby();
    for number in 0..200 {
        window.say("bob", &format!("message {number}"));
    }
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    let delay = screen.output().viewport_output.values().map(|viewport| viewport.repaint_delay);
    assert_eq!(delay.min(), Some(Duration::MAX), "the cursor is in the entry and nothing blinks");
}

#[test]
fn a_message_that_failed_can_be_edited_again() {
    let mut window = Window::in_the_lobby();
    window.send("helo");
    window.ended(salotto::protocol::LeaveReason::Lost);
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("ada: helo (not sent)");
    screen.get_by_label("Edit").click();
    screen.run();
    assert!(screen.query_by_label("ada: helo (not sent)").is_none());
    assert!(screen.get_all_by_value("helo").next().is_some());
    screen.state_mut().act(Action::Exit);
}

#[test]
fn after_a_refusal_one_types_where_it_has_to_be_put_right() {
    let mut window = Window::new();
    window.connect();
    let mut screen = window.on_screen(800.0, 600.0);
    screen.run();
    let problem = Problem::Refused("chat.example:53000".into());
    screen.state_mut().network(Update::Broken { problem, retry_in: None });
    screen.run();
    screen.input_mut().events.push(Event::Text("other.example".into()));
    screen.run();
    assert_eq!(screen.get_by_label("Address").value(), Some("other.example".into()));
}

#[test]
fn the_conversation_in_front_is_seen_in_a_long_list() {
    let mut window = Window::in_the_lobby();
    for number in 0..60 {
        window.enter(&format!("room{number}"), &["ada"]);
    }
    let last = window.model().conversations().last().unwrap().id();
    let mut screen = window.on_screen(900.0, 500.0);
    screen.run();
    screen.state_mut().act(Action::Show(last));
    screen.run();
    let bounds = screen.get_by_label("room59").raw_bounds().unwrap();
    assert!(bounds.y0 > 0.0 && bounds.y1 < 500.0, "{bounds:?}");
}
