//! Accounts as the operator sees them: made in chat, managed at the console, there after a restart and in the next program.

use crate::harness::{Folder, Guest};

#[test]
fn accounts_are_managed_at_the_console_and_outlive_the_program() {
    let folder = Folder::new();
    let (mut first, address) = folder.serve(&[]);
    let invited = folder.exec(&["accounts invite"]).out;
    let code = invited.split(['`', ' ']).nth(3).unwrap();
    let mut ada = Guest::join(address, "ada");
    ada.say(&format!("!register correct-horse {code}"));
    ada.lines.expect("the name `ada` is yours");
    assert_eq!(folder.exec(&["accounts role ada moderator"]).out, "ada is a moderator now\n");
    ada.lines.expect("you are a moderator now");
    assert_eq!(folder.exec(&["restart"]).status, 0);
    let address = folder.json("status")["addresses"][0].as_str().unwrap().parse().unwrap();
    let mut eve = Guest::join(address, "eve");
    eve.say("!login ada correct-horse");
    eve.lines.expect("you are logged in as ada (moderator)");
    first.signal(rustix::process::Signal::KILL);
    first.wait();
    let (_second, _) = folder.serve(&[]);
    let accounts = folder.exec(&["accounts"]).out;
    assert!(accounts.lines().any(|line| line.starts_with("ada      moderator")), "{accounts}");
    let unknown = folder.exec(&["accounts show bob"]);
    assert_eq!(
        (unknown.status, unknown.err.as_str()),
        (1, "no account `bob`; `accounts` lists them\n")
    );
    let reset = folder.exec(&["accounts reset ada"]);
    assert!(
        reset.out.starts_with("`!login ada ") && reset.out.contains("works once"),
        "{}",
        reset.out
    );
}

#[test]
fn an_account_of_the_configuration_is_changed_there_alone() {
    let folder = Folder::new();
    let hash = folder.run(&["hash-password"], "correct-horse\n").out;
    let account = format!("(name: \"ada\", role: moderator, password: \"{}\")", hash.trim());
    let plugins = format!("[(name: \"roles\", settings: (accounts: [{account}]))]");
    folder.write("salotto.ron", &format!("(plugins: {plugins})"));
    let (_serve, _) = folder.serve(&[]);
    let refused = folder.exec(&["accounts role ada operator"]);
    assert_eq!(
        (refused.status, refused.err.as_str()),
        (1, "the account `ada` is in the configuration; change it there, and reload that\n")
    );
    let shown = folder.exec(&["accounts"]).out;
    assert!(shown.contains("configuration") && !shown.contains("argon2"), "{shown}");
}
