//! Servers on the local network, in the form.

use egui_kittest::kittest::Queryable;
use salotto::client::Update;
use salotto::discovery::{Found, Sighting};
use salotto::protocol::LeaveReason;
use salotto_gui::model::{Action, ConnectionSettings, Effect, Input, Preferences};

use crate::server::Window;

fn found(id: u64, name: &str, address: &str, has_password: bool) -> Input {
    let address = address.parse().unwrap();
    Input::Nearby(Sighting::Found(Found::new(id, name, vec![address], has_password)))
}

fn names(window: &Window) -> Vec<&str> {
    window.model().nearby().iter().map(|server| server.name.as_str()).collect()
}

/// What the search was asked to do, in order.
fn searches(window: &Window) -> Vec<bool> {
    let searches = window.effects.iter().filter_map(|effect| match effect {
        Effect::Search(is_wanted) => Some(*is_wanted),
        _ => None,
    });
    searches.collect()
}

#[test]
fn servers_are_looked_for_only_while_the_form_is_shown() {
    let mut window = Window::new();
    assert_eq!(searches(&window), [true]);
    window.input(found(1, "Salotto", "192.168.1.5:53000", false));
    window.connect();
    assert_eq!(names(&window), ["Salotto"]);
    window.welcome("ada", "run 1");
    assert_eq!(searches(&window), [true, false]);
    // What was on its way is not kept.
    window.input(found(2, "Late", "192.168.1.6:53000", false));
    window.broken(5);
    window.ended(LeaveReason::Kicked { by: None, why: String::new() });
    window.network(Update::Connecting { attempt: 1 });
    assert_eq!((names(&window), searches(&window)), (vec![], vec![true, false]));
    window.act(Action::Disconnect);
    assert_eq!(searches(&window), [true, false, true]);
    assert_eq!(names(&window), [""; 0]);
}

#[test]
fn a_server_is_listed_once_changes_in_its_place_and_goes() {
    let mut window = Window::new();
    window.input(found(1, "One", "192.168.1.5:53000", false));
    window.input(found(2, "Two", "[fd00::5]:4000", false));
    window.input(found(1, "One anew", "192.168.1.5:53000", true));
    assert_eq!(names(&window), ["One anew", "Two"]);
    let addresses: Vec<String> =
        window.model().nearby().iter().map(|server| server.address()).collect();
    assert_eq!(addresses, ["192.168.1.5", "[fd00::5]:4000"]);
    window.input(Input::Nearby(Sighting::Gone(1)));
    window.input(Input::Nearby(Sighting::Gone(7)));
    assert_eq!(names(&window), ["Two"]);
}

#[test]
fn a_click_fills_the_form_and_waits_for_what_is_missing() {
    let preferences = Preferences::default();
    let mut screen = Window::remembering(preferences).on_screen(800.0, 700.0);
    screen.run();
    assert!(screen.query_by_label("On this network").is_none());
    screen.state_mut().input(found(1, "Salotto", "192.168.1.5:4000", true));
    screen.run();
    screen.get_by_label("On this network");
    screen.get_by_label("Name").type_text("ada");
    screen.get_by_label("Password").type_text("for another");
    screen.run();
    screen.get_by_label("Salotto at 192.168.1.5:4000, needs a password").click();
    screen.run();
    assert_eq!(screen.get_by_label("Address").value(), Some("192.168.1.5".into()));
    assert_eq!(screen.get_by_label("Port").value(), Some("4000".into()));
    assert_eq!(screen.get_by_label("Name").value(), Some("ada".into()));
    // Nothing was sent; what is typed now is the password of this one.
    assert!(!screen.state().effects.iter().any(|effect| matches!(effect, Effect::Connect(_))));
    screen.get_by_label("Password").type_text("swordfish");
    screen.run();
    screen.get_by_label("Connect").click();
    screen.run();
    let connected = screen.state().effects.iter().find_map(|effect| match effect {
        Effect::Connect(options) => Some((options.address.clone(), options.password.clone())),
        _ => None,
    });
    assert_eq!(connected, Some(("192.168.1.5:4000".into(), Some("swordfish".into()))));
}

#[test]
fn a_server_that_says_that_it_encrypts_has_to() {
    let mut screen = Window::new().on_screen(800.0, 700.0);
    let address = vec!["192.168.1.5:53000".parse().unwrap()];
    let mut found = Found::new(1, "Salotto", address, false);
    found.has_tls = true;
    screen.state_mut().input(Input::Nearby(Sighting::Found(found)));
    screen.run();
    screen.get_by_label("Salotto at 192.168.1.5, encrypted").click();
    screen.run();
    assert_eq!(screen.get_by_label("Address").value(), Some("tls://192.168.1.5".into()));
    screen.get_by_label("Name").type_text("ada");
    screen.run();
    screen.get_by_label("Connect").click();
    screen.run();
    assert!(screen.state().model().connection_settings().encrypted);
}

#[test]
fn a_hostile_name_is_shown_clean_and_leaves_the_address_in_sight() {
    let hostile = "\u{1b}[2J\u{202e}evil\r\n\u{7}".to_owned() + &"x".repeat(300);
    let mut screen = Window::new().on_screen(500.0, 700.0);
    screen.state_mut().input(found(1, &hostile, "192.168.1.5:53000", false));
    screen.run();
    let model = screen.state().model();
    let name = &model.nearby()[0].name;
    assert!(name.starts_with("[2Jevil xxx") && name.len() <= 200, "{name:?}");
    assert!(!name.chars().any(char::is_control));
    screen.get_by_label_contains("x… at 192.168.1.5");
}

#[test]
fn what_was_typed_for_a_server_is_not_given_to_another() {
    let mut screen = Window::new().on_screen(800.0, 700.0);
    screen.state_mut().input(found(1, "Salotto", "192.168.1.5:53000", false));
    screen.run();
    screen.get_by_label("Password").type_text("for another");
    screen.get_by_label("Room").type_text("theirs");
    screen.run();
    screen.get_by_label("Salotto at 192.168.1.5").click();
    screen.run();
    screen.get_by_label("Name").type_text("ada");
    screen.run();
    screen.get_by_label("Connect").click();
    screen.run();
    let settings = screen.state().model().connection_settings();
    let expected = ConnectionSettings {
        host: "192.168.1.5".into(),
        port: 53000,
        name: "ada".into(),
        ..ConnectionSettings::default()
    };
    assert_eq!(settings, &expected);
}
