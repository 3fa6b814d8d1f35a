//! A folder of the host's in the place of the page.

use std::fs;
use std::path::Path;
use std::time::Instant;

use salotto::{PluginSetup, Settings};
use salotto_tests::{PATIENCE, soon};

use super::{Http, server, server_with};

fn root(folder: &Path) -> String {
    format!("(root: {folder:?})")
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
    fs::write(path, text).expect("it is written");
}

#[test]
fn a_folder_of_the_host_is_served_with_the_types_of_its_files() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in
        ["index.html", "app.js", "a.css", "sub/index.html", "sub/my page.html", "x.Png", "odd"]
    {
        write(folder.path(), name, name);
    }
    let server = server_with(&root(folder.path())).open();
    let mut browser = Http::connects(server.address());
    for (path, name, kind) in [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/?x=1", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/app.js", "app.js", "text/javascript; charset=utf-8"),
        ("/a.css", "a.css", "text/css; charset=utf-8"),
        ("/sub/", "sub/index.html", "text/html; charset=utf-8"),
        ("/sub/my%20page.html", "sub/my page.html", "text/html; charset=utf-8"),
        ("/x.Png", "x.Png", "image/png"),
        ("/odd", "odd", "application/octet-stream"),
    ] {
        let answer = browser.gets(path, "");
        assert_eq!((answer.status, answer.text()), (200, name), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind));
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_the_folder_is_ever_served() {
    let outside = tempfile::tempdir().expect("a folder");
    write(outside.path(), "secret", "secret");
    write(outside.path(), "served/index.html", "index");
    write(outside.path(), "served/.hidden", "secret");
    let served = outside.path().join("served");
    std::os::unix::fs::symlink(outside.path().join("secret"), served.join("link")).expect("a link");
    std::os::unix::fs::symlink(outside.path(), served.join("up")).expect("a link");
    let server = server_with(&root(&served)).open();
    let mut browser = Http::connects(server.address());
    for path in [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/link",
        "/up/secret",
        "/.hidden",
        "//secret",
        "/served/../../secret",
        "/%",
        "/%zz",
        "/%ff",
        "/index.html%00",
    ] {
        assert_eq!(browser.gets(path, "").status, 404, "{path}");
    }
    assert_eq!(browser.gets("/", "").text(), "index");
}

#[test]
fn what_changed_in_the_folder_is_served_after_a_reload_of_the_same_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "index.html", "before");
    let server = server_with(&root(folder.path())).open();
    let mut browser = Http::connects(server.address());
    assert_eq!(browser.gets("/", "").text(), "before");
    write(folder.path(), "index.html", "after");
    write(folder.path(), "new.html", "new");
    assert_eq!(browser.gets("/new.html", "").status, 404);
    soon("the reload", server.handle().apply(Settings::default(), None)).expect("nothing is wrong");
    // The folder is read on a thread of its own.
    let until = Instant::now() + PATIENCE;
    while browser.gets("/new.html", "").status != 200 {
        assert!(Instant::now() < until, "it is not read again");
    }
    assert_eq!(browser.gets("/", "").text(), "after");
}

#[test]
fn a_folder_that_cannot_be_served_is_refused_with_the_reason() {
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let refusal = |folder: &Path| {
        let setup = PluginSetup::new("web").settings(root(folder));
        server.enables(setup).expect_err("it is refused").to_string()
    };
    let error = refusal(&folder.path().join("nowhere"));
    assert!(error.contains("nowhere` cannot be read"), "{error}");
    assert!(refusal(folder.path()).contains("no `index.html`"));
    write(folder.path(), "index.html", "");
    fs::write(folder.path().join("film"), vec![0; 17 * 1024 * 1024]).expect("it is written");
    assert!(refusal(folder.path()).contains("leave some out"));
    fs::remove_file(folder.path().join("film")).expect("it is there");
    for file in 0..300 {
        write(folder.path(), &format!("{file}.txt"), "");
    }
    assert!(refusal(folder.path()).contains("more than 256 files"));
    // What was there before goes on.
    assert_eq!(Http::connects(server.address()).gets("/", "").status, 200);
}
