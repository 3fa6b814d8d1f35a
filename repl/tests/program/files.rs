//! `init`, `check`, `completions` and where the configuration comes from.

use crate::harness::{Folder, Guest, Running};

#[test]
fn what_init_writes_passes_check() {
    let folder = Folder::new();
    let init = folder.run(&["init"], "");
    assert_eq!((init.status, init.out.as_str()), (0, "wrote salotto.ron\n"));
    let check = folder.run(&["check"], "");
    assert_eq!(
        (check.status, check.out.as_str(), check.err.as_str()),
        (
            0,
            "salotto.ron is fine\nplugins that are on: roles, notices, quit, commands, floods, rooms, moderation, history, irc, web, discovery; off: audit, cluster, log, metrics, tls\nthe database `salotto.db` will be made\n",
            ""
        )
    );
}

#[test]
fn init_overwrites_only_by_force() {
    let folder = Folder::new();
    folder.write("my.ron", "mine");
    let refused = folder.run(&["init", "my.ron"], "");
    assert_eq!(refused.status, 1);
    assert_eq!(refused.err, "`my.ron` exists already; `--force` overwrites it\n");
    assert_eq!(folder.read("my.ron"), "mine");
    assert_eq!(folder.run(&["init", "my.ron", "--force"], "").status, 0);
    assert_eq!(folder.run(&["check", "my.ron"], "").status, 0);
}

#[test]
fn check_names_every_mistake_and_opens_nothing() {
    let folder = Folder::new();
    folder.write(
        "salotto.ron",
        "(\n  rooms: (timeline_entries: 1),\n  plugins: [\n    (name: \"lgo\"),\n  ],\n)",
    );
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 2);
    let lines: Vec<_> = check.err.lines().collect();
    assert_eq!(lines[0], "salotto.ron:2:29: `rooms.timeline_entries` is 1; expected 16 or more");
    assert!(
        lines[1].starts_with(
            "salotto.ron:4:12: unknown plugin `lgo`; did you mean `log`? known plugins: "
        ),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn check_finds_what_cannot_be_seen_what_cannot_work_and_says_it_in_plain_words() {
    let folder = Folder::new();
    for (text, expected) in [
        (
            "(server: (),\n\u{a0}rooms: ())",
            "2:1: found the invisible character U+00A0; expected a word",
        ),
        ("(\u{200b}rooms: ())", "1:2: found the invisible character U+200B; expected a word"),
        ("()\0", "1:3: found the invisible character U+0000; expected nothing after the last `)`"),
        ("Config(server: ())", "1:1: found `Config`; no word stands before the first `(`"),
        (
            "(server: (listen: [\"[::]:5300\", \"[::0]:5300\"]))",
            "1:33: `server.listen` is \"[::0]:5300\"; expected each address once",
        ),
        (
            "(server: (listen: [\"127.0.0.1:5300\", \"0.0.0.0:5300\"]))",
            "1:38: `server.listen` is \"0.0.0.0:5300\"; expected each address once",
        ),
        (
            "(server: (name: \"\u{200b}\"))",
            "1:17: `server.name` is \"\\u{200b}\"; expected a name of one letter or more",
        ),
        (
            "(server: (threads: 5000))",
            "1:20: `server.threads` is 5000; expected 1 to 1024, or None",
        ),
        (
            "(server: (stop_timeout: 1e300))",
            "1:25: expected seconds, 0 or more, not 1e300, which is too much",
        ),
        (
            "(plugins: [(name: \"log\", settings: (rotate: Size(0)))])",
            "1:50: plugin `log`: expected a whole number, 1 or more, found `0`",
        ),
        (
            "(plugins: [(name: \"log\", settings: (keep: -1))])",
            "1:44: plugin `log`: the number `-1` is too large or too small here",
        ),
    ] {
        folder.write("salotto.ron", text);
        let check = folder.run(&["check"], "");
        assert_eq!((check.status, check.err), (2, format!("salotto.ron:{expected}\n")), "{text}");
    }
    folder.write(
        "salotto.ron",
        "(server: (listen: [\"0.0.0.0:5300\", \"[::]:5300\", \"[::]:0\", \"[::]:0\"]))",
    );
    assert_eq!(folder.run(&["check"], "").status, 0);
}

#[test]
fn a_mistake_in_the_settings_of_a_plugin_has_its_place_in_the_file() {
    let folder = Folder::new();
    let text = "(plugins: [\n  (name: \"notices\"),\n  (name: \"log\",\n   settings: (\n      nonsense: 1)),\n])";
    folder.write("salotto.ron", text);
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 2);
    assert!(check.err.starts_with("salotto.ron:5:7: plugin `log`: "), "{}", check.err);
    assert!(check.err.contains("nonsense"), "{}", check.err);
}

#[test]
fn without_a_file_check_says_what_writes_one() {
    let check = Folder::new().run(&["check"], "");
    assert_eq!(check.status, 2);
    assert_eq!(check.err, "there is no `salotto.ron` here; `salotto init` writes one\n");
}

#[test]
fn a_wrong_configuration_opens_no_server_in_any_mode() {
    let folder = Folder::new();
    folder.write("bad.ron", "(rooms: (open: maybe))");
    for args in [
        &["--config", "bad.ron"][..],
        &["--config", "bad.ron", "--no-start"],
        &["serve", "--config", "bad.ron"],
    ] {
        let ended = folder.run(args, "");
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{args:?}");
        assert_eq!(ended.err, "bad.ron:1:16: found `maybe`; expected true or false\n");
    }
    let missing = folder.run(&["--config", "none.ron"], "");
    assert_eq!(missing.status, 2);
    assert!(missing.err.ends_with("; `salotto init none.ron` creates it\n"));
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let folder = Folder::new();
    for args in [&["--listen", "53000"][..], &["serf"], &["--nonsense"]] {
        let ended = folder.run(args, "");
        assert_eq!(ended.status, 2, "{args:?}");
        assert!(!ended.err.is_empty());
    }
    let version = folder.run(&["--version"], "");
    assert_eq!((version.status, version.out.starts_with("salotto ")), (0, true));
}

#[cfg(feature = "manual")]
#[test]
fn every_shell_can_complete_the_command_line() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = folder.run(&["completions", shell], "");
        assert_eq!(ended.status, 0);
        assert!(ended.out.contains("completions"), "{shell}");
    }
}

#[test]
fn a_password_that_is_piped_in_is_hashed_and_the_configuration_takes_it() {
    let folder = Folder::new();
    let hashed = folder.run(&["hash-password"], "sword fish\r\nanother line");
    let advice = "the password has spaces, so `!login` needs it in double quotes\n";
    assert_eq!((hashed.status, hashed.err.as_str()), (0, advice));
    let around = folder.run(&["hash-password"], "  swordfish ");
    assert_eq!(around.err, "the spaces around the password were left out\n");
    let around: salotto::PasswordHash = around.out.trim_end().parse().unwrap();
    assert_eq!(smol::block_on(around.verify("swordfish".into())), Ok(true));
    let hash: salotto::PasswordHash = hashed.out.trim_end().parse().unwrap();
    assert_eq!(smol::block_on(hash.verify("sword fish".into())), Ok(true));
    let account = format!("(name: \"ada\", role: operator, password: \"{hash}\")");
    let text = format!(
        "(server: (password: \"{hash}\"), plugins: [(name: \"roles\", settings: (accounts: [{account}]))])"
    );
    folder.write("salotto.ron", &text);
    assert_eq!(folder.run(&["check"], "").status, 0);
}

#[test]
fn keys_for_scram_are_printed_beside_the_hash_and_the_configuration_takes_them() {
    let folder = Folder::new();
    let hashed = folder.run(&["hash-password", "--scram"], "swordfish\n");
    let lines: Vec<&str> = hashed.out.lines().collect();
    let [hash, scram] = lines[..] else { panic!("{lines:?}") };
    assert!(hash.starts_with("$argon2id$") && scram.starts_with("SCRAM-SHA-256$"), "{lines:?}");
    let with = |scram: &str| {
        let account = format!("(name: \"ada\", password: \"{hash}\", scram: Some(\"{scram}\"))");
        let text = format!("(plugins: [(name: \"roles\", settings: (accounts: [{account}]))])");
        folder.write("salotto.ron", &text);
        folder.run(&["check"], "")
    };
    assert_eq!(with(scram).status, 0);
    let refused = with("swordfish");
    assert_ne!(refused.status, 0);
    assert!(refused.err.contains("hash-password --scram") && !refused.err.contains("swordfish"));
}

#[test]
fn what_is_no_password_is_not_hashed() {
    let folder = Folder::new();
    for (input, answer) in [
        ("", "no password was given; type one, or pipe one line in\n"),
        ("\nsecond line", "no password was given; type one, or pipe one line in\n"),
        (
            &"x".repeat(5000),
            "the password is longer than 4096 bytes, the most that a server accepts; choose a shorter one\n",
        ),
    ] {
        let ended = folder.run(&["hash-password"], input);
        assert_eq!((ended.status, ended.out.as_str(), ended.err.as_str()), (1, "", answer));
    }
}

#[cfg(feature = "manual")]
#[test]
fn the_manual_page_names_every_task() {
    let ended = Folder::new().run(&["man"], "");
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert!(ended.out.contains(".TH salotto 1"), "{}", ended.out);
    for task in ["init", "check", "serve", "attach", "exec", "hash-password", "completions"] {
        let task = task.replace('-', "\\-");
        assert!(ended.out.contains(&format!("salotto\\-{task}(1)")), "{task}: {}", ended.out);
    }
}

#[test]
fn what_is_no_file_or_has_no_end_is_refused_at_once() {
    let folder = Folder::new();
    let pipe = folder.path().join("pipe.ron");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::create_dir(folder.path().join("folder.ron")).unwrap();
    folder.write("long.ron", &"x".repeat(5_000_000));
    std::fs::write(folder.path().join("latin.ron"), b"(\n  server: (name: \"\xe4\"))").unwrap();
    std::fs::write(folder.path().join("marked.ron"), "\u{feff}(server: (name: \"Ours\"))").unwrap();
    for (file, error) in [
        ("pipe.ron", "cannot read `pipe.ron`: it is not a file; name one, such as `salotto.ron`\n"),
        ("folder.ron", "cannot read `folder.ron`: it is a folder; name the file in it\n"),
        (
            "long.ron",
            "cannot read `long.ron`: it has more than 1 MiB, so it is not a configuration\n",
        ),
        ("latin.ron", "latin.ron:2:19: this is not UTF-8; save the file as UTF-8\n"),
        (
            "/dev/zero",
            "cannot read `/dev/zero`: it is not a file; name one, such as `salotto.ron`\n",
        ),
        ("marked.ron", ""),
    ] {
        let check = folder.run(&["check", file], "");
        assert_eq!(
            (check.status, check.err.as_str()),
            (if error.is_empty() { 0 } else { 2 }, error)
        );
    }
}

#[test]
fn a_broken_ban_file_is_found_by_check_and_by_serve() {
    let folder = Folder::new();
    folder.write("salotto.ron", "(server: (listen: [\"127.0.0.1:0\"]))");
    folder.write("salotto-bans.ron", "[(name: 5)]");
    let expected = "salotto-bans.ron:1:9: plugin `moderation`: expected a string in double quotes, found `5`\n";
    for args in [&["check"][..], &["serve"]] {
        let ended = folder.run(args, "");
        assert_eq!((ended.status, ended.err.as_str()), (2, expected), "{args:?}");
    }
}

#[test]
fn what_the_program_writes_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mode = |name: &str| {
        let found = std::fs::metadata(folder.path().join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    let program = env!("CARGO_BIN_EXE_salotto");
    let script = format!(
        "umask 0; '{program}' init; echo '(log: (file: \"program.log\"))' > log.ron; '{program}' --config log.ron --no-start < log.ron"
    );
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(script).current_dir(folder.path());
    command.output().unwrap();
    assert_eq!((mode("salotto.ron"), mode("program.log")), (0o600, 0o600));
    // One with hashes in it that others can read is named.
    let hash = salotto::PasswordHash::new("swordfish").unwrap();
    folder.write("loose.ron", &format!("(server: (password: \"{hash}\"))"));
    let path = folder.path().join("loose.ron");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let check = folder.run(&["check", "loose.ron"], "");
    assert!(check.out.contains("`chmod o-rw loose.ron`"), "{}", check.out);
    for mode in [0o640, 0o600] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let check = folder.run(&["check", "loose.ron"], "");
        assert!(!check.out.contains("chmod"), "{mode:o}: {}", check.out);
    }
    // One without is named where others can change it.
    folder.write("plain.ron", "()");
    std::fs::set_permissions(folder.path().join("plain.ron"), PermissionsExt::from_mode(0o666))
        .unwrap();
    let check = folder.run(&["check", "plain.ron"], "");
    assert!(check.out.contains("`chmod o-w plain.ron`"), "{}", check.out);
}

#[test]
fn a_server_that_runs_for_all_umasks_shows_nobody_what_it_keeps() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let folder = Folder::new();
    folder.write(
        "salotto.ron",
        r#"(
    server: (listen: ["127.0.0.1:0"]),
    store: (file: "kept/salotto.db"),
    plugins: [
        (name: "audit", settings: (path: "audit.jsonl")),
        (name: "log", settings: (path: "talk.log")),
    ],
)"#,
    );
    let program = folder.command(&[]);
    // The shell is replaced by the server.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "umask 0; exec \"$0\" serve"]).arg(program.get_program());
    shell.current_dir(folder.path());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut serve = Running::of(&mut shell);
    let mut ada = Guest::join(Running::address(&mut serve.err), "ada");
    ada.say("hello");
    ada.lines.expect("ada: hello");
    for line in ["ban eve", "backup copy.db", "export lobby text talk.txt"] {
        let ended = folder.exec(&[line]);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{line}");
    }
    let (mut folders, mut seen) = (vec![folder.path().to_owned()], Vec::new());
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(inside).unwrap().map(Result::unwrap) {
            let (path, found) = (entry.path(), entry.metadata().unwrap());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let mode = found.permissions().mode() & 0o777;
            let allowed = match () {
                () if name == "salotto.ron" => continue,
                // A parent of the control socket's is that of the session.
                () if found.is_dir() => 0o700,
                () if name == "talk.log" || name == "audit.jsonl" => 0o640,
                () => 0o600,
            };
            assert_eq!(mode & !allowed, 0, "{} {mode:o}", path.display());
            assert!(found.is_dir() || found.is_file() || found.file_type().is_socket());
            if found.is_dir() {
                folders.push(path);
            }
            seen.push(name);
        }
    }
    for name in [
        "control",
        "control.lock",
        "salotto.db",
        "salotto.db-wal",
        "salotto.db-shm",
        "salotto.db.lock",
        "copy.db",
        "talk.txt",
        "talk.log",
        "audit.jsonl",
    ] {
        assert!(seen.iter().any(|one| one == name), "no {name} among {seen:?}");
    }
}

#[test]
fn a_database_that_others_can_read_is_named_at_the_start_with_what_mends_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("salotto.ron", "(server: (listen: [\"127.0.0.1:0\"]))");
    let (mut serve, _) = folder.serve(&[]);
    serve.signal(rustix::process::Signal::TERM);
    serve.wait();
    let database = folder.path().join("salotto.db");
    std::fs::set_permissions(&database, PermissionsExt::from_mode(0o644)).unwrap();
    let expected = "salotto.db: others can read this file, and it holds what was said, addresses and hashes of passwords; \
         `chmod o-rw salotto.db` mends it";
    let mut serve = folder.start(&["serve"]);
    serve.err.expect(expected);
    assert!(folder.run(&["check"], "").out.contains(expected));
}

#[test]
fn a_control_socket_in_a_folder_of_everybody_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let open = folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let ended = folder.run(&["serve", "--listen", "127.0.0.1:0", "--control", "open/control"], "");
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("others can write to the folder `open`"), "{}", ended.err);
}

#[cfg(feature = "manual")]
#[test]
fn the_manual_page_in_the_docs_is_the_one_that_is_printed() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/salotto.1");
    let printed = Folder::new().run(&["man"], "").out;
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(kept == printed, "it is stale; `salotto man > docs/salotto.1` writes it");
}
