//! A screen that nobody sees, with a window manager, a keyboard and a mouse.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, ImageFormat,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyPressEvent, PropMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An X server of its own and a window manager on it; both end with it.
pub(crate) struct Desktop {
    server: Child,
    manager: Child,
    pub(crate) display: String,
    connection: RustConnection,
    root: Window,
}

/// A part of the screen, as bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture(Vec<u8>);

impl Desktop {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, &[])
    }

    /// With an X server that is started with these arguments, too.
    pub(crate) fn with(width: u16, height: u16, arguments: &[&str]) -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        let output = server.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut number).expect("Xvfb says its number");
        let display = format!(":{}", number.trim());
        let manager = Command::new("openbox")
            .env("DISPLAY", &display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox is installed");
        let (connection, screen) = RustConnection::connect(Some(&display)).expect("Xvfb answers");
        let root = connection.setup().roots[screen].root;
        let desktop = Self { server, manager, display, connection, root };
        desktop.wait_for_manager();
        desktop.point_away();
        desktop
    }

    /// Shows it a window and waits until it has taken it in hand: what it says of itself it says before it is ready.
    fn wait_for_manager(&self) {
        let window = self.connection.generate_id().expect("there are free ids");
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
        self.connection
            .create_window(depth, window, self.root, 0, 0, 9, 9, 0, class, visual, &aux)
            .expect("Xvfb answers");
        self.connection.map_window(window).expect("Xvfb answers");
        let parent = || {
            let tree = self.connection.query_tree(window).ok()?.reply().ok()?;
            (tree.parent != self.root).then_some(())
        };
        self.wait("the window manager", parent);
        self.connection.destroy_window(window).expect("Xvfb answers");
        self.connection.flush().expect("Xvfb answers");
    }

    /// Moves the pointer where no window is: over a window it hides lost wake-ups.
    pub(crate) fn point_away(&self) {
        self.xdotool(&["mousemove", "1", "1"]);
    }

    pub(crate) fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool")
            .env("DISPLAY", &self.display)
            .args(arguments)
            .output()
            .expect("xdotool is installed");
        assert!(output.status.success(), "xdotool {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn keys(&self, text: &str) {
        self.xdotool(&["type", "--delay", "15", text]);
    }

    pub(crate) fn key(&self, key: &str) {
        self.xdotool(&["key", key]);
    }

    /// Moves the pointer, at once.
    pub(crate) fn point_at(&self, x: i16, y: i16) {
        let (none, root) = (x11rb::NONE, self.root);
        self.connection.warp_pointer(none, root, 0, 0, 0, 0, x, y).expect("Xvfb answers");
        self.connection.flush().expect("Xvfb answers");
    }

    /// Presses the key with this number and lets it go, at once, for the window that has the keyboard.
    pub(crate) fn press(&self, code: u8) {
        let focus = self.connection.get_input_focus().expect("Xvfb answers").reply();
        let window = focus.expect("Xvfb answers").focus;
        for (kind, mask) in
            [(KEY_PRESS_EVENT, EventMask::KEY_PRESS), (KEY_RELEASE_EVENT, EventMask::KEY_RELEASE)]
        {
            let event = KeyPressEvent {
                response_type: kind,
                detail: code,
                sequence: 0,
                time: x11rb::CURRENT_TIME,
                root: self.root,
                event: window,
                child: x11rb::NONE,
                root_x: 0,
                root_y: 0,
                event_x: 0,
                event_y: 0,
                state: 0_u16.into(),
                same_screen: true,
            };
            self.connection.send_event(true, window, mask, event).expect("Xvfb answers");
        }
        self.connection.flush().expect("Xvfb answers");
    }

    /// Ends whoever has made a window, as far as the X server can.
    pub(crate) fn kill_owner(&self, window: Window) {
        let killed = self.connection.kill_client(window).expect("Xvfb answers");
        killed.check().expect("the window is there");
    }

    /// Sets what programs look up when they start, e.g. `Xft.dpi: 192`.
    pub(crate) fn set_resources(&self, resources: &str) {
        let (name, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
        let (replace, text) = (PropMode::REPLACE, resources.as_bytes());
        let set = self.connection.change_property8(replace, self.root, name, kind, text);
        set.expect("Xvfb answers").check().expect("Xvfb takes it");
    }

    /// Clicks where this colour, or nearly this, is on the screen for the first time, by rows; waits for it to be there.
    pub(crate) fn click_on(&self, geometry: (i16, i16, u16, u16), color: [u8; 3]) {
        let (x, y) = self.wait("a colour", || {
            let Picture(pixels) = self.picture(geometry)?;
            let [red, green, blue] = color;
            let is_near = |pixel: &[u8]| {
                let differences = pixel.iter().zip([blue, green, red]);
                differences.map(|(&one, other)| u32::from(one.abs_diff(other))).sum::<u32>() < 24
            };
            let at = pixels.chunks_exact(4).position(is_near)?;
            let width = usize::from(geometry.2);
            Some((geometry.0 + (at % width) as i16, geometry.1 + (at / width) as i16))
        });
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
        self.xdotool(&["click", "1"]);
    }

    /// Sets the layout of the keyboard, with the menu key for Compose and Scroll Lock to switch between two.
    pub(crate) fn layout(&self, layout: &[&str]) {
        let mut command = Command::new("setxkbmap");
        command.env("DISPLAY", &self.display).args(["-option", "", "-layout"]).args(layout);
        let set = command.args(["-option", "compose:menu,grp:sclk_toggle"]).status();
        assert!(set.is_ok_and(|status| status.success()), "setxkbmap is installed");
    }

    /// Puts text on the clipboard from another program, which stays to give it.
    pub(crate) fn copy(&self, text: &str) {
        self.offer("clipboard", text);
    }

    /// Selects text in another program.
    pub(crate) fn select(&self, text: &str) {
        self.offer("primary", text);
    }

    fn offer(&self, selection: &str, text: &str) {
        let mut owner = Command::new("xclip")
            .args(["-selection", selection])
            .env("DISPLAY", &self.display)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("xclip is installed");
        let mut input = owner.stdin.take().expect("its input is piped");
        std::io::Write::write_all(&mut input, text.as_bytes()).expect("xclip reads");
        drop(input);
        // It goes to the background and ends with the X server.
        owner.wait().expect("xclip ends");
    }

    /// What another program gets when it pastes.
    pub(crate) fn paste(&self) -> String {
        self.paste_as("UTF8_STRING")
    }

    pub(crate) fn paste_as(&self, target: &str) -> String {
        let output = Command::new("timeout")
            .args(["5", "xclip", "-selection", "clipboard", "-o", "-target", target])
            .env("DISPLAY", &self.display)
            .output()
            .expect("xclip is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The windows of this class that the window manager knows.
    pub(crate) fn windows_of(&self, class: &str) -> Vec<Window> {
        // Asked over and over while something else starts: cheaply.
        let mut windows = self.all_windows().unwrap_or_default();
        windows.retain(|&window| {
            let (name, any) = (AtomEnum::WM_CLASS, AtomEnum::ANY);
            let property = self.connection.get_property(false, window, name, any, 0, 64).ok();
            let property = property.and_then(|property| property.reply().ok());
            property.is_some_and(|property| {
                property.value.split(|&byte| byte == 0).any(|part| part == class.as_bytes())
            })
        });
        windows
    }

    fn all_windows(&self) -> Option<Vec<Window>> {
        let list = self.connection.intern_atom(false, b"_NET_CLIENT_LIST").ok()?.reply().ok()?.atom;
        let any = AtomEnum::ANY;
        let list = self.connection.get_property(false, self.root, list, any, 0, 64).ok()?;
        list.reply().ok()?.value32().map(Iterator::collect)
    }

    /// Where a window is on the screen, and how large.
    pub(crate) fn geometry_of(&self, window: Window) -> Option<(i16, i16, u16, u16)> {
        let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
        let geometry =
            self.connection.translate_coordinates(window, self.root, 0, 0).ok()?.reply().ok()?;
        Some((geometry.dst_x, geometry.dst_y, size.width, size.height))
    }

    /// Has the window manager let a window fill the screen.
    pub(crate) fn maximize(&self, window: Window) {
        let atom = |name: &[u8]| {
            let asked = self.connection.intern_atom(false, name).expect("Xvfb answers");
            asked.reply().expect("Xvfb answers").atom
        };
        let (across, down) =
            (atom(b"_NET_WM_STATE_MAXIMIZED_HORZ"), atom(b"_NET_WM_STATE_MAXIMIZED_VERT"));
        let event =
            ClientMessageEvent::new(32, window, atom(b"_NET_WM_STATE"), [1, across, down, 1, 0]);
        let manager = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
        self.connection.send_event(false, self.root, manager, event).expect("Xvfb answers");
        self.connection.flush().expect("Xvfb answers");
    }

    /// The title as a window manager shows it.
    pub(crate) fn title(&self, window: Window) -> String {
        self.xdotool(&["getwindowname", &window.to_string()])
    }

    pub(crate) fn is_urgent(&self, window: Window) -> bool {
        let (hints, kind) = (35_u32, 35_u32);
        let property = self.connection.get_property(false, window, hints, kind, 0, 9).ok();
        let property = property.and_then(|property| property.reply().ok());
        let flags = property.and_then(|property| property.value32()?.next());
        flags.is_some_and(|flags| flags & 256 != 0)
    }

    /// What is on the screen there.
    pub(crate) fn picture(&self, geometry: (i16, i16, u16, u16)) -> Option<Picture> {
        let (x, y, width, height) = geometry;
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX)
            .ok()?;
        Some(Picture(image.reply().ok()?.data))
    }

    /// Keeps the whole screen as `target/window/NAME.png`.
    pub(crate) fn keep(&self, name: &str) {
        let folder = artefacts();
        fs::create_dir_all(&folder).expect("target can be written");
        let result = Command::new("import")
            .env("DISPLAY", &self.display)
            .args(["-window", "root"])
            .arg(folder.join(name).with_extension("png"))
            .status();
        assert!(result.is_ok_and(|status| status.success()), "ImageMagick's import is installed");
    }

    /// Waits until there is what `look` looks for.
    pub(crate) fn wait<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        wait(look).unwrap_or_else(|| {
            self.keep("gave-up");
            panic!("waited in vain for {what}; see target/window/gave-up.png")
        })
    }
}

impl Picture {
    /// By how much each channel of each pixel differs from another picture's.
    pub(crate) fn differences(&self, other: &Self) -> Vec<u8> {
        assert_eq!(self.0.len(), other.0.len(), "they have the same size");
        let pixels = self.0.chunks_exact(4).zip(other.0.chunks_exact(4));
        pixels.flat_map(|(one, other)| (0..3).map(|at| one[at].abs_diff(other[at]))).collect()
    }

    /// How many colours there are, counted up to `limit`.
    pub(crate) fn colours(&self, limit: usize) -> usize {
        let mut seen = std::collections::HashSet::new();
        for pixel in self.0.chunks_exact(4) {
            seen.insert(&pixel[..3]);
            if seen.len() >= limit {
                break;
            }
        }
        seen.len()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in [&mut self.manager, &mut self.server] {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Looks again and again until there is something or patience is at its end: a screen tells nobody when it changes.
pub(crate) fn wait<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(found) = look() {
            return Some(found);
        }
        pause(Duration::from_millis(4));
    }
    None
}

/// Lets time pass: between two looks, or because time is what is measured.
pub(crate) fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "a screen has no events to wait for")]
    thread::sleep(time);
}

/// Where pictures and figures are kept.
pub(crate) fn artefacts() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"))
        .join("window")
}
