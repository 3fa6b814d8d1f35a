//! Pictures of the window for people to look at: light and dark, narrow and wide, few people and many, easy names and hard ones.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use salotto::{Participant, Server};
use tempfile::TempDir;

use crate::desk::{Desk, pause};
use crate::guest::{house, port};
use crate::home;
use crate::program::Program;

/// Lets somebody in who talks through the house's own door.
fn guest(house: &Server, name: &str) -> Participant {
    smol::block_on(house.handle().join(name)).expect("the name is free")
}

fn say(guest: &Participant, text: &str) {
    smol::block_on(guest.say(text)).expect("the house is open");
}

/// A home in which the window remembers colours and a size.
fn home_with(theme: &str, width: u16, height: u16) -> TempDir {
    let home = home();
    let folder = home.path().join("salotto");
    fs::create_dir_all(&folder).expect("there is a place for it");
    let text = format!("(theme: {theme}, window: ({width}.0, {height}.0))");
    fs::write(folder.join("gui.ron"), text).expect("there is a place for it");
    home
}

fn talk(house: &Server, people: &[Participant]) {
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
    for (number, line) in lines.iter().enumerate() {
        say(&people[number % people.len()], line);
    }
    smol::block_on(house.handle().execute("topic lobby Board games on Thursdays, bring snacks"))
        .ok();
}

#[test]
fn all_sizes_and_colours() {
    let desk = Desk::new(1500, 1000);
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
        let house = house(0);
        let people: Vec<_> = names.iter().map(|name| guest(&house, name)).collect();
        let home = home_with(theme, width, height);
        let address = format!("127.0.0.1:{}", port(&house));
        let mut program = Program::start(&desk, &home, &[&address, "--name", "ada"]);
        program.wait_log("received an entry");
        talk(&house, &people);
        pause(Duration::from_millis(1500));
        desk.keep(name);
        smol::block_on(house.stop());
    }
}

/// Takes the picture for the README: `gui/screenshot.sh`.
#[test]
#[ignore = "writes into the repository"]
fn the_picture_for_the_readme() {
    let (desk, home, house) = (Desk::new(1100, 800), home_with("Dark", 900, 560), house(0));
    let people = ["bob", "carla", "dario", "élodie"].map(|name| guest(&house, name));
    let address = format!("127.0.0.1:{}", port(&house));
    let mut program = Program::start(&desk, &home, &[&address, "--name", "ada"]);
    program.wait_log("received an entry");
    for (who, line) in [
        (0, "evening! who is in for the game tonight?"),
        (1, "me, if it starts after eight"),
        (2, "I can bring the big table, the new rules are at https://example.org/rules"),
        (3, "parfait, à ce soir"),
        (0, "ada: you still have my dice, don't you?"),
    ] {
        say(&people[who], line);
    }
    pause(Duration::from_millis(800));
    desk.keys("I do, and I bring them. Eight it is.");
    desk.key("Return");
    pause(Duration::from_millis(500));
    say(&people[1], "eight it is");
    pause(Duration::from_millis(1000));
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::create_dir_all(&docs).expect("the repository can be written");
    let taken = Command::new("import")
        .env("DISPLAY", &desk.display)
        .args(["-window", &program.window.to_string(), "-frame", "-strip"])
        .arg(docs.join("window.png"))
        .status();
    assert!(taken.is_ok_and(|status| status.success()));
    smol::block_on(house.stop());
}
