//! Pictures of the window for people to look at: light and dark, narrow and wide, few people and many, easy names and hard ones.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use salotto::{Entry, EntryKind, Event, Participant, Server};
use tempfile::TempDir;

use crate::desktop::Desktop;
use crate::guest::{port, server};
use crate::home;
use crate::program::{ENTRY, Program};

/// Lets somebody in who talks through the library.
fn guest(server: &Server, name: &str) -> Participant {
    smol::block_on(server.handle().join(name)).expect("the name is free")
}

/// Says something and waits until the server has written it down. Returns under which id.
fn say(guest: &mut Participant, text: &str) -> u64 {
    smol::block_on(async {
        guest.say(text).await.expect("the server is running");
        loop {
            match guest.next().await.expect("the server is running") {
                Event::Entry(Entry { id, what: EntryKind::Message { text: said, .. }, .. })
                    if said == text =>
                {
                    return id;
                }
                _ => {}
            }
        }
    })
}

/// A home in which the window remembers colours and a size.
pub(crate) fn home_with(theme: &str, width: u16, height: u16) -> TempDir {
    let home = home();
    let folder = home.path().join("salotto");
    fs::create_dir_all(&folder).expect("the folder can be written");
    let text = format!("(theme: {theme}, window: ({width}.0, {height}.0))");
    fs::write(folder.join("gui.ron"), text).expect("the folder can be written");
    home
}

fn talk(server: &Server, people: &mut [Participant]) -> u64 {
    let topic = "topic lobby Board games on Thursdays, bring snacks";
    smol::block_on(server.handle().execute(topic)).expect("the server is running");
    let lines = [
        "Evening all! Who is in for the game tonight?",
        "me, if it starts after eight",
        "I can bring the big table. See https://example.org/rules?edition=3 for the new rules.",
        "ada: you still have my dice, don't you?",
        "A longer one, so that it has to be wrapped somewhere: we could play the short version first and then decide whether \
         anybody still wants the long one, and if not there is always the card game that nobody ever finished.",
        "Grüße aus Köln! Привет. Ελλάδα. → ✓ ☃ 你好 שלום مرحبا",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurfsbesprechungsprotokollunterschriftenmappe\
         undnocheinmaldasselbeohneleerzeichen",
        "(°_°)",
        "eight is fine",
    ];
    let mut last = 0;
    for (number, line) in lines.iter().enumerate() {
        last = say(&mut people[number % people.len()], line);
    }
    last
}

#[test]
fn all_sizes_and_colours() {
    let desktop = Desktop::new(1500, 1000);
    let crowd: Vec<String> = (0..300).map(|number| format!("guest{number}")).collect();
    let few = ["bob", "Carla", "Maximilian-Alexander"].map(String::from).to_vec();
    let many: Vec<String> = few.iter().cloned().chain(crowd).collect();
    for (name, theme, width, height, names) in [
        ("dark-wide", "Dark", 1200, 700, &few),
        ("light-wide", "Light", 1200, 700, &few),
        ("dark-narrow", "Dark", 480, 640, &few),
        ("light-narrow", "Light", 480, 640, &few),
        ("dark-crowd", "Dark", 960, 640, &many),
        ("light-crowd", "Light", 960, 640, &many),
    ] {
        let server = server(0);
        let mut people: Vec<_> = names.iter().map(|name| guest(&server, name)).collect();
        let home = home_with(theme, width, height);
        let address = format!("127.0.0.1:{}", port(&server));
        let mut program = Program::start(&desktop, &home, &[&address, "--name", "ada"]);
        let last = talk(&server, &mut people);
        program.wait_for_all(&["looked through the fonts", &format!("{ENTRY} id={last} ")]);
        program.wait_rest();
        program.keep(&desktop, name);
        smol::block_on(server.stop());
    }
}

/// Takes the picture for the README: `gui/screenshot.sh`.
#[test]
#[ignore = "writes into the repository"]
fn the_picture_for_the_readme() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home_with("Dark", 900, 560), server(0));
    let mut people = ["bob", "carla", "dario", "élodie"].map(|name| guest(&server, name));
    let address = format!("127.0.0.1:{}", port(&server));
    let mut program = Program::start(&desktop, &home, &[&address, "--name", "ada"]);
    for (who, line) in [
        (0, "evening! who is in for the game tonight?"),
        (1, "me, if it starts after eight"),
        (2, "I can bring the big table, the new rules are at https://example.org/rules"),
        (3, "parfait, à ce soir"),
        (0, "ada: you still have my dice, don't you?"),
    ] {
        let said = say(&mut people[who], line);
        program.wait_entry(said);
    }
    desktop.keys("I do, and I bring them. Eight it is.");
    desktop.key("Return");
    program.wait_log(ENTRY);
    let last = say(&mut people[1], "eight it is");
    program.wait_entry(last);
    program.wait_rest();
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::create_dir_all(&docs).expect("the repository can be written");
    let taken = Command::new("import")
        .env("DISPLAY", &desktop.display)
        .args(["-window", &program.window.to_string(), "-frame", "-strip"])
        .arg(docs.join("window.png"))
        .status();
    assert!(taken.is_ok_and(|status| status.success()));
    smol::block_on(server.stop());
}
