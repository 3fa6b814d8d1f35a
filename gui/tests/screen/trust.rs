//! Whom the person believes to be a server, what they are asked, and who can read along.

use std::time::Duration;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use salotto::Event;
use salotto::client::{Options, Problem, Trust, Update};
use salotto::protocol::{Certificate, ErrorCode, Fingerprint, LeaveReason};
use salotto_gui::model::{
    Action, Believed, Connection, ConnectionSettings, Doubt, Effect, Preferences, Privacy,
};

use crate::server::Window;

/// One that nobody vouches for; each key has another.
fn certificate(key: &str) -> Box<Certificate> {
    let fingerprint = Fingerprint::of(key.as_bytes());
    let text = format!(
        "(fingerprint: \"{fingerprint}\", names: [\"chat.example\"], is_self_signed: true, from: \"2026-01-01T00:00:00Z\", until: \"2036-01-01T00:00:00Z\")"
    );
    Box::new(ron::from_str(&text).unwrap())
}

fn untrusted(key: &str) -> Problem {
    let why = "nobody who is known vouches for it".to_owned();
    Problem::Untrusted { certificate: certificate(key), why }
}

fn changed(known: &str, found: &str) -> Problem {
    let known = Fingerprint::of(known.as_bytes());
    Problem::CertificateChanged { known, found: certificate(found) }
}

fn no_tls() -> Problem {
    Problem::NoTls("chat.example:53000".into())
}

impl Window {
    fn problem(&mut self, problem: Problem, retry_in: Option<u64>) {
        let retry_in = retry_in.map(Duration::from_secs);
        self.network(Update::Broken { problem, retry_in });
    }

    /// The attempts since the last look.
    fn attempts(&mut self) -> Vec<Options> {
        let effects = std::mem::take(&mut self.effects);
        let attempts = effects.into_iter().filter_map(|effect| match effect {
            Effect::Connect(options) => Some(options),
            _ => None,
        });
        attempts.collect()
    }

    /// Whom the only attempt since the last look believes.
    fn believes(&mut self) -> Option<Trust> {
        let [options] = &self.attempts()[..] else { panic!("there was no one attempt") };
        options.trust.clone()
    }

    /// Connects, shakes hands with whom the window believes, and is in.
    fn enter_encrypted(&mut self, key: &str) {
        self.connect();
        self.network(Update::Encrypted(certificate(key)));
        self.welcome("ada", "run 1");
        self.enter("lobby", &["ada", "bob"]);
        self.effects.clear();
    }
}

/// What the next run of the window knows after this one.
fn next_run(window: &Window) -> Window {
    Window::remembering(window.model().preferences().clone())
}

/// Somebody who has accepted the certificate of `old`.
fn accepted() -> Window {
    let mut window = Window::new();
    window.connect();
    window.problem(untrusted("old"), None);
    window.act(Action::Accept(Fingerprint::of(b"old")));
    window.effects.clear();
    window
}

#[test]
fn tls_is_tried_first_and_a_server_without_is_entered_in_the_clear_and_shown_so() {
    let mut window = Window::new();
    window.connect();
    assert_eq!(window.believes(), Some(Trust::System));
    window.problem(no_tls(), Some(3));
    assert_eq!(window.believes(), None);
    assert!(matches!(window.model().connection(), Connection::Connecting { .. }));
    window.welcome("ada", "run 1");
    assert_eq!(window.model().privacy(), Some(Privacy::InClear));
    assert!(window.model().preferences().met.is_empty());
}

#[test]
fn what_does_not_leave_this_machine_is_encrypted_only_where_one_says_so() {
    for (address, believes) in [
        ("localhost", None),
        ("127.0.0.1:4000", None),
        ("[::1]:4000", None),
        ("tls://localhost", Some(Trust::System)),
        ("localhost.example", Some(Trust::System)),
    ] {
        let mut window = Window::new();
        let settings = ConnectionSettings::at(address).unwrap();
        window.act(Action::Connect(ConnectionSettings { name: "ada".into(), ..settings }));
        assert_eq!(window.believes(), believes, "{address}");
        if believes.is_none() {
            window.welcome("ada", "run 1");
            assert_eq!(window.model().privacy(), Some(Privacy::Local));
        }
    }
}

#[test]
fn who_wants_tls_and_gets_none_is_told_and_nothing_else_is_tried() {
    let mut window = Window::new();
    let settings = ConnectionSettings::at("tls://chat.example").unwrap();
    window.act(Action::Connect(ConnectionSettings { name: "ada".into(), ..settings }));
    window.effects.clear();
    window.problem(no_tls(), Some(3));
    assert_eq!(window.attempts(), []);
    assert!(window.model().refusal().is_some_and(|text| text.contains("speaks no TLS")));
}

#[test]
fn a_new_server_is_asked_about_once_and_is_remembered() {
    let mut window = Window::new();
    window.connect();
    window.effects.clear();
    window.problem(untrusted("old"), None);
    assert!(matches!(window.model().doubt(), Some(Doubt::New { .. })));
    assert_eq!(window.effects, [Effect::Disconnect]);
    window.act(Action::Accept(Fingerprint::of(b"old")));
    assert!(window.effects.iter().any(|effect| matches!(effect, Effect::Save(_))));
    let pinned = Some(Trust::Pinned(Fingerprint::of(b"old")));
    assert_eq!(window.believes(), pinned);
    window.network(Update::Encrypted(certificate("old")));
    window.welcome("ada", "run 1");
    let privacy = window.model().privacy();
    assert!(
        matches!(privacy, Some(Privacy::Encrypted(_, Believed::Accepted { .. }))),
        "{privacy:?}"
    );
    let mut later = next_run(&window);
    later.connect();
    assert_eq!((later.believes(), later.model().doubt()), (pinned, None));
}

#[test]
fn what_a_stranger_has_put_into_a_certificate_is_shown_clean_and_short() {
    let mut window = Window::new();
    window.connect();
    let why = "it is for \u{1b}[2J\u{202e}evil\n".to_owned() + &"x".repeat(5_000);
    let certificate = certificate("old");
    window.problem(Problem::Untrusted { certificate, why }, None);
    let Some(Doubt::New { why, .. }) = window.model().doubt() else { panic!("nothing is asked") };
    assert!(why.starts_with("it is for [2Jevil x") && why.len() <= 310, "{why:?}");
}

#[test]
fn what_was_not_shown_is_not_accepted() {
    let mut window = Window::new();
    window.connect();
    window.problem(untrusted("old"), None);
    window.effects.clear();
    window.act(Action::Accept(Fingerprint::of(b"another")));
    window.act(Action::GoOnInClear);
    assert_eq!((window.attempts(), window.model().preferences().met.len()), (vec![], 0));
}

#[test]
fn whoever_is_vouched_for_is_not_asked_about_and_never_spoken_to_in_the_clear_again() {
    let mut window = Window::new();
    window.enter_encrypted("old");
    assert!(matches!(window.model().privacy(), Some(Privacy::Encrypted(_, Believed::Vouched))));
    let mut later = next_run(&window);
    later.connect();
    assert_eq!(later.believes(), Some(Trust::System));
    later.problem(no_tls(), Some(3));
    assert_eq!(later.model().doubt(), Some(&Doubt::InClear));
    assert_eq!(later.attempts(), []);
    // Only who says so goes on, and is asked no more.
    later.act(Action::GoOnInClear);
    later.effects.clear();
    later.problem(no_tls(), Some(3));
    assert_eq!((later.believes(), later.model().doubt()), (None, None));
}

#[test]
fn a_server_that_was_vouched_for_and_is_no_more_is_no_new_one() {
    let mut window = Window::new();
    window.enter_encrypted("old");
    let mut later = next_run(&window);
    later.connect();
    later.problem(untrusted("new"), None);
    let doubt = later.model().doubt();
    assert!(matches!(doubt, Some(Doubt::Changed { known: Believed::Vouched, .. })), "{doubt:?}");
}

#[test]
fn a_server_that_comes_back_without_tls_is_waited_for_and_not_spoken_to() {
    let mut window = Window::new();
    window.enter_encrypted("old");
    window.problem(no_tls(), Some(3));
    let Connection::Waiting { problem, .. } = window.model().connection() else {
        panic!("{:?}", window.model().connection())
    };
    assert!(problem.contains("speaks no TLS, so nothing was sent"), "{problem}");
    assert_eq!((window.attempts(), window.model().doubt()), (vec![], None));
}

#[test]
fn a_certificate_that_changes_while_one_talks_ends_it() {
    let mut window = accepted();
    window.network(Update::Encrypted(certificate("old")));
    window.welcome("ada", "run 1");
    window.effects.clear();
    window.problem(changed("old", "new"), None);
    assert!(matches!(window.model().connection(), Connection::Ended { .. }));
    assert!(matches!(window.model().doubt(), Some(Doubt::Changed { .. })));
    assert_eq!(window.effects, [Effect::Disconnect]);
    window.act(Action::Accept(Fingerprint::of(b"new")));
    assert_eq!(window.believes(), Some(Trust::Pinned(Fingerprint::of(b"new"))));
    assert_eq!(window.model().preferences().met.len(), 1);
}

#[test]
fn whom_one_has_met_is_known_for_good_and_however_it_is_written() {
    let mut window = accepted();
    for number in 0..40 {
        let host = format!("host{number}.example");
        let settings = ConnectionSettings { host, ..window.model().connection_settings().clone() };
        window.act(Action::Connect(settings));
        window.welcome("ada", "run 1");
    }
    let recent = &window.model().preferences().recent;
    assert!(!recent.iter().any(|server| server.host == "chat.example"), "it is not listed");
    // What is set meanwhile, from an older state, changes nothing about it.
    window.act(Action::Prefer(Box::default()));
    for host in ["chat.example", "Chat.Example", "chat.example."] {
        let mut later = next_run(&window);
        let settings = ConnectionSettings::at(host).unwrap();
        later.act(Action::Connect(ConnectionSettings { name: "ada".into(), ..settings }));
        assert_eq!(later.believes(), Some(Trust::Pinned(Fingerprint::of(b"old"))), "{host}");
    }
    let mut other = next_run(&window);
    let settings = ConnectionSettings::at("chat.example:4000").unwrap();
    other.act(Action::Connect(ConnectionSettings { name: "ada".into(), ..settings }));
    assert_eq!(other.believes(), Some(Trust::System), "another port is another server");
}

#[test]
fn a_password_that_is_not_taken_in_the_clear_leads_to_tls_in_one_click() {
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    let text = "others can read what you send".to_owned();
    let refusal = Event::Error { code: ErrorCode::EncryptionWanted, text, nonce: None };
    screen.state_mut().event(refusal.clone());
    screen.run();
    screen.get_by_label("Not now").click();
    screen.run();
    assert!(screen.query_by_label("Connect encrypted").is_none());
    screen.state_mut().event(refusal);
    screen.run();
    screen.get_by_label("Connect encrypted").click();
    screen.run();
    assert_eq!(screen.state_mut().believes(), Some(Trust::System));
    // Nothing else will do now.
    screen.state_mut().problem(no_tls(), Some(3));
    assert_eq!(screen.state_mut().attempts(), []);
}

#[test]
fn the_form_leads_there_too() {
    let mut screen = Window::new().on_screen(900.0, 700.0);
    screen.state_mut().connect();
    screen.state_mut().problem(Problem::EncryptionWanted("connect with TLS".into()), None);
    screen.state_mut().effects.clear();
    screen.run();
    screen.get_by_label("Connect with TLS");
    screen.get_by_label("Connect encrypted").click();
    screen.run();
    assert_eq!(screen.state_mut().believes(), Some(Trust::System));
}

/// A window that asks.
fn asking(window: Window) -> Harness<'static, Window> {
    let mut screen = window.on_screen(800.0, 700.0);
    screen.run();
    screen.state_mut().effects.clear();
    screen
}

fn press(screen: &mut Harness<'static, Window>, key: Key) {
    screen.press_key(key);
    screen.run();
}

#[test]
fn the_first_question_shows_the_fingerprint_and_only_a_click_on_trust_connects() {
    let mut window = Window::new();
    window.connect();
    window.problem(untrusted("old"), None);
    let mut screen = asking(window);
    let fingerprint = Fingerprint::of(b"old").to_string();
    screen.get_by_label_contains(&fingerprint[..39]);
    screen.get_by_label_contains(&fingerprint[40..]);
    screen.get_by_label("Trust and connect").click();
    screen.run();
    assert_eq!(screen.state_mut().believes(), Some(Trust::Pinned(Fingerprint::of(b"old"))));
}

#[test]
fn enter_and_escape_leave_whatever_is_asked() {
    for key in [Key::Enter, Key::Escape] {
        let mut new = Window::new();
        new.connect();
        new.problem(untrusted("old"), None);
        let mut other = accepted();
        other.problem(changed("old", "new"), None);
        let mut in_clear = accepted();
        in_clear.problem(no_tls(), Some(3));
        for window in [new, other, in_clear] {
            let met = window.model().preferences().met.clone();
            let mut screen = asking(window);
            assert!(screen.state().model().doubt().is_some());
            press(&mut screen, key);
            assert_eq!(screen.state().model().doubt(), None);
            assert_eq!(screen.state().model().connection(), &Connection::Idle);
            assert_eq!(screen.state_mut().attempts(), []);
            assert_eq!(screen.state().model().preferences().met, met);
        }
    }
}

#[test]
fn another_certificate_is_accepted_by_two_acts_of_which_enter_is_none() {
    let mut window = accepted();
    window.problem(changed("old", "new"), None);
    let mut screen = asking(window);
    screen.get_by_label("This may be somebody else");
    let (old, new) = (Fingerprint::of(b"old").to_string(), Fingerprint::of(b"new").to_string());
    screen.get_by_label_contains(&old[..39]);
    screen.get_by_label_contains(&new[..39]);
    screen.get_by_label("Trust the new one").click();
    screen.run();
    assert_eq!(screen.state_mut().attempts(), [], "not before one says that one has asked");
    // On the box, and on the button behind it, Enter does nothing; the space bar does.
    press(&mut screen, Key::Tab);
    let told = "I have asked, and the new fingerprint is right";
    let checkbox = |screen: &Harness<'static, Window>| screen.get_by_label(told).is_focused();
    while !checkbox(&screen) {
        press(&mut screen, Key::Tab);
    }
    press(&mut screen, Key::Enter);
    assert!(screen.state().model().doubt().is_some());
    screen.get_by_label("Trust the new one").click();
    screen.run();
    assert_eq!(screen.state_mut().attempts(), []);
    press(&mut screen, Key::Space);
    let button =
        |screen: &Harness<'static, Window>| screen.get_by_label("Trust the new one").is_focused();
    while !button(&screen) {
        press(&mut screen, Key::Tab);
    }
    press(&mut screen, Key::Enter);
    assert_eq!(screen.state_mut().attempts(), []);
    press(&mut screen, Key::Space);
    assert_eq!(screen.state_mut().believes(), Some(Trust::Pinned(Fingerprint::of(b"new"))));
}

#[test]
fn a_server_that_speaks_no_tls_any_more_is_entered_by_two_acts() {
    let mut window = accepted();
    window.problem(no_tls(), Some(3));
    let mut screen = asking(window);
    screen.get_by_label("Connect without encryption").click();
    screen.run();
    assert_eq!(screen.state_mut().attempts(), []);
    screen.get_by_label("Others may read what I write, and my passwords").click();
    screen.run();
    screen.get_by_label("Connect without encryption").click();
    screen.run();
    assert_eq!(screen.state_mut().believes(), Some(Trust::System), "tried first, as always");
    assert!(screen.state().model().preferences().met.is_empty());
}

#[test]
fn who_said_that_they_know_says_it_anew_at_the_next_question() {
    let mut window = accepted();
    window.problem(no_tls(), Some(3));
    let mut screen = asking(window);
    screen.get_by_label("Others may read what I write, and my passwords").click();
    screen.run();
    press(&mut screen, Key::Escape);
    screen.state_mut().connect();
    screen.state_mut().problem(changed("old", "new"), None);
    screen.state_mut().effects.clear();
    screen.run();
    screen.get_by_label("Trust the new one").click();
    screen.run();
    assert_eq!(screen.state_mut().attempts(), []);
}

#[test]
fn the_lock_says_what_it_means() {
    for width in [900.0, 500.0] {
        let mut window = Window::new();
        window.enter_encrypted("old");
        let mut screen = window.on_screen(width, 600.0);
        screen.run();
        screen.get_by_label("Encrypted").click();
        screen.run();
        screen.get_by_label_contains("An authority that your system trusts");
        screen.get_by_label_contains("1 January 2036");
        screen.get_by_label("Copy the fingerprint").click();
        screen.run();
        let copied = Effect::Copy(Fingerprint::of(b"old").to_string());
        assert_eq!(screen.state().effects.last(), Some(&copied));
        assert!(screen.query_by_label("Copy the fingerprint").is_none());

        let mut screen = Window::in_the_lobby().on_screen(width, 600.0);
        screen.run();
        screen.get_by_label("Not encrypted").click();
        screen.run();
        screen.get_by_label_contains("Whoever is on the way can read");
        press(&mut screen, Key::Escape);
        assert!(screen.query_by_label("Connect encrypted").is_none());
    }
}

#[test]
fn there_is_no_lock_where_nothing_leaves_the_machine_or_nobody_is_connected() {
    let mut window = Window::new();
    let settings = ConnectionSettings::at("127.0.0.1").unwrap();
    window.act(Action::Connect(ConnectionSettings { name: "ada".into(), ..settings }));
    window.welcome("ada", "run 1");
    window.enter("lobby", &["ada"]);
    let mut ended = Window::in_the_lobby();
    ended.ended(LeaveReason::Kicked { by: None, why: String::new() });
    for window in [window, ended] {
        let mut screen = window.on_screen(900.0, 600.0);
        screen.run();
        let lock = |label| screen.query_by_label(label).is_some();
        assert!(!lock("Encrypted") && !lock("Not encrypted"));
    }
}

#[test]
fn what_is_remembered_is_read_again() {
    let preferences = accepted().model().preferences().clone();
    let text = ron::to_string(&preferences).unwrap();
    assert_eq!(ron::from_str::<Preferences>(&text).unwrap(), preferences);
}
