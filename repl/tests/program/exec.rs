//! Commands for a server that runs in another process.

use std::io::Write;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::console::Console;
use crate::harness::{Folder, Guest, user};

#[test]
fn the_exit_status_tells_what_has_become_of_it() {
    let folder = Folder::new();
    let none = folder.exec(&["status"]);
    let path = folder.socket();
    let path = path.display();
    assert_eq!(
        (none.status, none.err),
        (
            3,
            format!(
                "no server runs at `{path}`; `salotto serve` starts one, `--control PATH` names another\n"
            )
        )
    );
    let (_serve, _) = folder.serve(&[]);
    let done = folder.exec(&["rooms"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(done.out.starts_with("room   members"), "{}", done.out);
    let failed = folder.exec(&["kick nobody"]);
    assert_eq!((failed.status, failed.out.as_str()), (1, ""));
    assert_eq!(failed.err, "no user `nobody`; `users` lists users\n");
    assert_eq!(folder.exec(&["--nonsense"]).status, 2);
    let mut at_terminal = Console::open(&folder, &["exec"]);
    assert_eq!(at_terminal.exit_status(), Some(2));
    at_terminal.sees("no command is given");
}

#[test]
fn each_argument_is_a_command_and_so_is_each_line_of_a_pipe() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    let ended = folder.exec(&["say one", "usrs", "say two"]);
    assert_eq!(ended.status, 1);
    assert_eq!(ended.err, "line 2: there is no command `usrs`; did you mean `users`?\n");
    ada.lines.expect("host: one");
    ada.lines.expect("host: two");
    let ended =
        folder.run(&["exec"], "# a comment\n\nsay three\nkick ada off you go\nquit\nnonsense");
    assert_eq!((ended.status, ended.out.as_str(), ended.err.as_str()), (0, "ada was kicked\n", ""));
    ada.lines.expect(&format!("goodbye (kicked by {}: off you go)", user()));
    // The server is where it was.
    assert_eq!(folder.exec(&["status"]).status, 0);
    // What needs more takes the name of a command, too.
    let help = folder.exec(&["help", "kick"]);
    assert!(help.out.starts_with("kick NAME [REASON]\n"), "{}", help.out);
    assert_eq!(folder.exec(&["kick", "status"]).err, "no user `status`; `users` lists users\n");
}

#[test]
fn what_is_watched_comes_through_the_pipe_until_the_server_ends() {
    let folder = Folder::new();
    let (serve, address) = folder.serve(&[]);
    let mut exec = folder.start(&["exec"]);
    exec.say("watch rooms\nwatch");
    exec.out.expect("watching rooms");
    let _ada = Guest::join(address, "ada");
    assert_eq!(exec.out.expect("ada"), "#lobby * ada joined");
    serve.signal(Signal::TERM);
    let ended = exec.wait();
    assert_eq!((ended.status, ended.err.as_str()), (3, "the server has ended\n"));
}

#[test]
fn programs_are_answered_one_json_value_for_each_command() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let _ada = Guest::join(address, "ada");
    let ended =
        folder.exec(&["--json", "status", "users", "rooms", "plugins", "say hello", "kick eve"]);
    assert_eq!((ended.status, ended.err.as_str()), (1, ""));
    let values: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [status, users, rooms, plugins, said, failed] = &values[..] else {
        panic!("{values:#?}");
    };
    assert_eq!(status["addresses"], json!([address.to_string()]));
    assert_eq!((&status["members"], &status["rooms"]), (&json!(1), &json!(1)));
    assert_eq!(users[0]["name"], "ada");
    assert_eq!(users[0]["rooms"], json!(["lobby"]));
    assert!(users[0]["idle"].is_number() && users[0]["peer"].is_string());
    assert_eq!((&rooms[0]["room"], &rooms[0]["members"]), (&json!("lobby"), &json!(1)));
    let is_notices = |plugin: &&Value| plugin["name"] == "notices";
    let notices = plugins.as_array().unwrap().iter().find(is_notices).unwrap();
    assert_eq!(notices["state"], "running");
    assert_eq!(said, &Value::Null);
    let error = "no user `eve`; `users` lists users";
    assert_eq!(failed, &json!({ "error": error }));
}

#[test]
fn a_table_is_a_list_of_objects_by_its_headings() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    ada.say(&"x".repeat(3000));
    ada.lines.expect("the message has 3000 characters");
    assert_eq!(folder.json("limits"), json!([{ "limit": "message too long", "hits": "1" }]));
    assert_eq!(
        folder.json("help status"),
        "status\n  Shows how the server is doing\n  needs the role operator"
    );
}

#[test]
fn a_server_that_ends_before_it_answers_is_told_apart() {
    let folder = Folder::new();
    let (mut serve, _) = folder.serve(&[]);
    serve.signal(Signal::STOP);
    // The system completes the connection, and nobody says hello.
    let exec = folder.start(&["exec", "status"]);
    let socket = std::os::unix::net::UnixStream::connect(folder.socket()).unwrap();
    serve.signal(Signal::KILL);
    serve.wait();
    let mut exec = exec;
    let ended = exec.wait();
    assert_eq!(ended.status, 3, "{}", ended.err);
    drop(socket);
}

#[test]
fn bytes_that_are_no_command_are_refused_one_by_one() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    folder.write("lines", "");
    let mut file = std::fs::File::create(folder.path().join("lines")).unwrap();
    file.write_all(b"say \xff\nrooms\n").unwrap();
    let input = std::fs::File::open(folder.path().join("lines")).unwrap();
    let output = folder.command(&["exec"]).stdin(input).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "line 1: this line is not UTF-8; save the script as UTF-8\n"
    );
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("room "));
}

#[test]
fn one_command_needs_no_quotes() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut bob = Guest::join(address, "bob");
    assert_eq!(folder.exec(&["kick", "bob", "enough"]).out, "bob was kicked\n");
    bob.lines.expect("enough");
    assert_eq!(folder.exec(&["plugins", "disable", "notices"]).out, "notices is disabled\n");
    // These are two.
    let both = folder.exec(&["users", "limits"]).out;
    assert_eq!(both, "nobody is connected\nno limit was hit\n");
}
