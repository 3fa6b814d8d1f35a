//! Input that is not a terminal.

use crate::harness::{Folder, Guest, Running};

const ANY_PORT: &[&str] = &["--listen", "127.0.0.1:0"];
const CLOSED: &[&str] = &["--no-start"];

#[test]
fn results_go_to_stdout_and_errors_to_stderr_with_their_line() {
    let script = "# a comment\n\n  help say\nkick nobody\n\tusrs\nkick\nusers\n";
    let ended = Folder::new().run(ANY_PORT, script);
    let (listening, rest) = ended.out.split_once('\n').unwrap();
    assert!(listening.starts_with("listening on 127.0.0.1:"));
    assert!(!listening.ends_with(":0"));
    assert!(rest.starts_with("say TEXT\n"), "{rest}");
    assert!(rest.ends_with("nobody is connected\n"), "{rest}");
    assert_eq!(
        ended.err,
        "line 4: no user `nobody`; `users` lists users\n\
         line 5: there is no command `usrs`; did you mean `users`?\n\
         line 6: NAME is missing; usage: kick NAME [REASON]\n"
    );
    assert_eq!(ended.status, 1);
}

#[test]
fn a_script_in_which_all_works_ends_with_success() {
    let ended = Folder::new().run(ANY_PORT, "status\nsay hello\nopen dev what we build\nrooms\n");
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert!(ended.out.contains("dev    0        "), "{}", ended.out);
    assert!(!ended.out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn quit_ends_a_script_before_its_end() {
    let ended = Folder::new().run(CLOSED, "quit\nnonsense\n");
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
}

#[test]
fn a_line_that_is_no_text_is_refused_and_the_next_is_executed() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("script"), b"say \xff\nwatch\n").unwrap();
    let script = std::fs::File::open(folder.path().join("script")).unwrap();
    let output = folder.command(CLOSED).stdin(script).output().unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(err, "line 1: this line is not UTF-8; save the script as UTF-8\n");
    assert_eq!(out, "watching none\n");
}

#[test]
fn what_needs_a_server_says_so_where_there_is_none() {
    let ended = Folder::new().run(CLOSED, "users\nstop\nrestart\nconfig reload\nkick bob\nusrs\n");
    let not_running = "the server is not running; `start` starts it";
    assert_eq!(
        ended.err,
        format!(
            "line 1: {not_running}\nline 2: {not_running}\nline 3: {not_running}\n\
             line 4: {not_running}\nline 5: {not_running}\n\
             line 6: there is no command `usrs`; did you mean `users`?\n"
        )
    );
    assert_eq!((ended.status, ended.out.as_str()), (1, ""));
}

#[test]
fn a_server_is_started_stopped_and_started() {
    let ended = Folder::new().run(
        CLOSED,
        "start 127.0.0.1:0\nstart\nsay one\nstop\nsay two\nstart\nsay three\nrestart\nstatus\n",
    );
    let listening = ended.out.matches("listening on 127.0.0.1:").count();
    assert_eq!(listening, 3, "{}", ended.out);
    assert!(ended.out.contains("the server is stopped"));
    assert_eq!(
        ended.err,
        "line 2: the server is running already; `restart` restarts it\n\
         line 5: the server is not running; `start` starts it\n"
    );
}

#[test]
fn start_takes_a_port_alone_as_the_command_line_does() {
    let folder = Folder::new();
    // The network need not hear of a server of a test.
    folder.write("salotto.ron", "(plugins: [(name: \"discovery\", enabled: false)])");
    let ended = folder.run(CLOSED, "start 53000\nstart :0\nx\n");
    assert!(ended.out.starts_with("listening on 0.0.0.0:"), "{}", ended.out);
    assert_eq!(
        ended.err,
        "line 1: expected an address with a port, such as 127.0.0.1:53000\n\
         line 3: there is no command `x`; `help` lists them\n"
    );
}

#[test]
fn a_second_server_on_a_port_names_it_and_fails() {
    let folder = Folder::new();
    folder.keeps_nothing();
    let mut first = folder.start(ANY_PORT);
    let address = Running::address(&mut first.out);
    let listen = address.to_string();
    let expected = format!(
        "port {} is in use on {}; another server runs there, so stop it or choose another port\n",
        address.port(),
        address.ip()
    );
    for args in [&["--listen", &listen][..], &["serve", "--listen", &listen]] {
        let second = folder.run(args, "status\n");
        assert_eq!((second.status, second.err.as_str()), (1, expected.as_str()));
        assert_eq!(second.out, "");
    }
    // A script may try, see that it fails and choose another.
    let script = format!("start {listen}\nstart 127.0.0.1:0\n");
    let third = folder.run(CLOSED, &script);
    assert_eq!(third.err, format!("line 1: {expected}"));
    assert!(third.out.starts_with("listening on 127.0.0.1:"));
}

#[test]
fn what_happens_is_shown_from_watch_on() {
    let folder = Folder::new();
    let mut running = folder.start(ANY_PORT);
    let address = Running::address(&mut running.out);
    let mut ada = Guest::join(address, "ada");
    ada.say("before");
    ada.lines.expect("ada: before");
    running.say("watch talk\nwatch");
    running.out.expect("watching talk");
    let _bob = Guest::join(address, "bob");
    ada.say("after");
    assert_eq!(running.out.expect("#lobby"), "#lobby ada: after");
    running.say("watch rooms\nkick ada enough");
    running.out.expect("#lobby * ada left (kicked by host: enough)");
    running.say("watch none\nsay nobody sees this here\ntrace on\nsay nor this");
    let trace = running.out.expect("trace ");
    assert!(trace.contains(" after_") || trace.contains(" before_"), "{trace}");
    let ended = running.end();
    assert!(!ended.out.contains("sees this"), "{}", ended.out);
}

#[test]
fn people_are_told_when_a_script_ends() {
    let folder = Folder::new();
    let mut running = folder.start(ANY_PORT);
    let address = Running::address(&mut running.out);
    let mut ada = Guest::join(address, "ada");
    running.say("status");
    assert_eq!(running.end().status, 0);
    ada.lines.expect("goodbye (server stopping)");
    assert_eq!(ada.lines.rest(), "");
}

#[test]
fn the_configuration_in_force_is_shown_with_its_origin() {
    let folder = Folder::new();
    let built_in = folder.run(CLOSED, "config\n");
    assert!(
        built_in.out.starts_with(
            "// the server is not running; `start` uses this, from the built-in defaults"
        ),
        "{}",
        built_in.out
    );
    folder.write("my.ron", "(server: (name: \"Ours\"), plugins: [(name: \"log\")])");
    let args = ["--config", "my.ron", "--listen", "127.0.0.1:0"];
    let shown = folder.run(&args, "config\n");
    let (_, config) = shown.out.split_once('\n').unwrap();
    assert!(config.starts_with("// in force, from my.ron; server.listen was given"), "{config}");
    assert!(config.contains("name: \"Ours\""));
    // What is shown can be used.
    folder.write("shown.ron", config);
    assert_eq!(folder.run(&["check", "shown.ron"], "").err, "");
}

#[test]
fn a_reload_takes_over_all_or_nothing_and_names_what_waits() {
    let folder = Folder::new();
    let file = |name: &str, listen: &str, plugins: &str| {
        let text = format!(
            "(server: (name: \"{name}\", listen: [\"{listen}\"]), plugins: [{plugins}], only_plugins: true)"
        );
        folder.write("salotto.ron", &text);
    };
    file("one", "127.0.0.1:0", "");
    let mut running = folder.start(&[]);
    Running::address(&mut running.out);
    let name = |running: &mut Running| {
        running.say("config");
        running.out.expect("    server: (");
        running.out.expect("name: ").trim().to_owned()
    };

    file("two", "127.0.0.1:0", "(name: \"nothing\")");
    running.say("config reload");
    running.err.expect("line 1: salotto.ron:1:67: unknown plugin `nothing`");
    assert_eq!(name(&mut running), "name: \"one\",");

    file("two", "127.0.0.2:0", "(name: \"log\", enabled: false), (name: \"quit\")");
    running.say("config reload");
    let line = running.out.expect("applied salotto.ron");
    assert_eq!(line, "applied salotto.ron; needs `restart`: server.listen");
    assert_eq!(name(&mut running), "name: \"two\",");
    running.say("status");
    running.out.expect("plugins        quit");

    file("three", "127.0.0.2:0", "(name: \"commands\"), (name: \"quit\")");
    running.say("plugins reload");
    running.out.expect("applied the plugins of salotto.ron: commands, quit");
    assert_eq!(name(&mut running), "name: \"two\",");

    running.say("restart");
    running.out.expect("listening on 127.0.0.2:");
    assert_eq!(name(&mut running), "name: \"three\",");

    folder.write("salotto.ron", "(");
    running.say("restart\nstatus");
    running.err.expect("salotto.ron:1:2: the file ends too early");
    running.out.expect("running since");
    assert_eq!(running.end().status, 1);
}

#[test]
fn a_reload_without_a_file_says_what_writes_one() {
    let ended = Folder::new().run(ANY_PORT, "config reload\nplugins reload\n");
    assert_eq!(
        ended.err,
        "line 1: there is no configuration file to read; `salotto init` writes one\n\
         line 2: there is no configuration file to read; `salotto init` writes one\n"
    );
}

#[test]
fn help_explains_every_command_and_those_of_several_words() {
    let folder = Folder::new();
    let all = folder.run(CLOSED, "help\n");
    for command in [
        "start",
        "stop",
        "restart",
        "status",
        "users",
        "rooms",
        "say",
        "msg",
        "kick",
        "limits",
        "trace",
        "plugins",
        "plugins enable",
        "plugins disable",
        "plugins reload",
        "config",
        "config reload",
        "watch",
        "help",
        "quit",
    ] {
        assert!(
            all.out.lines().any(|line| line.starts_with(&format!("{command} "))),
            "{command} is not listed"
        );
        let one = folder.run(CLOSED, &format!("help {command}\n"));
        assert!(one.out.starts_with(command), "{}", one.out);
        assert_eq!(one.status, 0);
    }
    let longest = all.out.lines().map(|line| line.chars().count()).max();
    assert!(longest.unwrap() <= 120, "{}", all.out);
}

#[test]
fn without_a_terminal_and_without_a_command_serve_is_named() {
    let folder = Folder::new();
    let none = folder.command(ANY_PORT).stdin(std::process::Stdio::null()).output().unwrap();
    let (out, err) =
        (String::from_utf8(none.stdout).unwrap(), String::from_utf8(none.stderr).unwrap());
    assert_eq!((none.status.code(), out.as_str()), (Some(2), ""));
    assert!(err.contains("`salotto serve` runs a server without either"), "{err}");
    let empty = folder.run(ANY_PORT, "");
    assert_eq!(empty.status, 2);
    assert!(empty.err.contains("`salotto serve`"), "{}", empty.err);
}

#[test]
fn what_could_not_be_printed_is_a_failure() {
    let folder = Folder::new();
    folder.write("salotto.ron", "()");
    let mut all: Vec<&[&str]> = vec![&["check"], &["--no-start"]];
    if cfg!(feature = "manual") {
        all.extend([&["man"][..], &["completions", "bash"]]);
    }
    for args in all {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        folder.write("input", "watch\n");
        let input = std::fs::File::open(folder.path().join("input")).unwrap();
        let ended = folder.command(args).stdin(input).stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{args:?}");
        let err = String::from_utf8(ended.stderr).unwrap();
        assert!(err.contains("the output could not be written"), "{err}");
    }
}

#[test]
fn words_of_other_programs_and_the_mark_of_an_editor_are_understood() {
    let folder = Folder::new();
    let ended = folder
        .run(ANY_PORT, "\u{feff}names\n? status\nsay #lobby\nhea\u{200b}lth\0\nexit\nnonsense");
    assert!(ended.out.contains("nobody is connected"), "{}", ended.out);
    assert!(ended.out.contains("all is well"), "what cannot be seen is no part: {}", ended.out);
    assert!(ended.out.contains("Shows how the server is doing"), "{}", ended.out);
    assert_eq!(ended.err, "line 3: the text is missing; usage: say #ROOM TEXT\n");
}
