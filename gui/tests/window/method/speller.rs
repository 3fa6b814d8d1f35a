//! An input method for the tests, of another make than any that people have: letters are spelled out before they count, Space makes a word of them, Escape forgets them, and every other key is the window's.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask,
    GetKeyboardMappingReply, KEY_PRESS_EVENT, PropMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use xim_parser::{
    Attribute, CommitData, Feedback, ForwardEventFlag, InputStyle, InputStyleList, Point,
    PreeditDrawStatus, Request, XEvent, attrs, read, write_to_vec,
};
use xkeysym::key;

use crate::desktop::{Desktop, PATIENCE};

/// What it is called in XMODIFIERS.
pub(crate) const NAME: &str = "@im=speller";
/// What it makes of `nihao`.
pub(crate) const WORD: &str = "你好";
/// The one method and the one context that it ever has.
const ID: u16 = 1;

/// A speller that runs. It ends with the X server, or when it is killed.
pub(crate) struct Speller {
    window: Window,
    deaf: Arc<AtomicBool>,
    told: Receiver<Told>,
}

/// What the window has told it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    Focus(bool),
    Reset,
    /// Where the cursor is.
    Spot(i16, i16),
    Key(u32),
}

impl Speller {
    pub(crate) fn start(desktop: &Desktop) -> Self {
        let (connection, screen) =
            RustConnection::connect(Some(&desktop.display)).expect("Xvfb answers");
        let (deaf, (told, hears)) = (Arc::new(AtomicBool::new(false)), channel());
        let service = Service::new(connection, screen, Arc::clone(&deaf), told);
        let window = service.owner;
        // Ends with its connection.
        thread::spawn(move || service.run());
        Self { window, deaf, told: hears }
    }

    /// It reads what comes, and answers nothing any more; or does again.
    pub(crate) fn hang(&self, hangs: bool) {
        self.deaf.store(hangs, Ordering::SeqCst);
    }

    pub(crate) fn kill(&self, desktop: &Desktop) {
        desktop.kill_owner(self.window);
    }

    /// Waits until the window has told it this.
    pub(crate) fn wait(&self, what: impl Fn(&Told) -> bool) -> Told {
        loop {
            let told = self.told.recv_timeout(PATIENCE).expect("the window tells it so");
            if what(&told) {
                return told;
            }
        }
    }
}

struct Service {
    connection: RustConnection,
    owner: Window,
    /// Where the window writes to, and where it reads.
    ours: Window,
    client: Window,
    protocol: Atom,
    connect: Atom,
    keyboard: GetKeyboardMappingReply,
    first_key: u8,
    /// Long messages go through these in turn.
    properties: Vec<Atom>,
    turn: Cell<usize>,
    deaf: Arc<AtomicBool>,
    told: Sender<Told>,
    spelled: String,
}

impl Service {
    fn new(
        connection: RustConnection,
        screen: usize,
        deaf: Arc<AtomicBool>,
        told: Sender<Told>,
    ) -> Self {
        let root = connection.setup().roots[screen].root;
        let atom = |name: &str| {
            let asked = connection.intern_atom(false, name.as_bytes()).expect("Xvfb answers");
            asked.reply().expect("Xvfb answers").atom
        };
        let (protocol, connect, server) =
            (atom("_XIM_PROTOCOL"), atom("_XIM_XCONNECT"), atom("@server=speller"));
        let window = || {
            let (id, class) = (connection.generate_id().expect("ids"), WindowClass::INPUT_ONLY);
            let aux = CreateWindowAux::new();
            connection.create_window(0, id, root, 0, 0, 1, 1, 0, class, 0, &aux).expect("Xvfb");
            id
        };
        let (owner, ours) = (window(), window());
        let now = x11rb::CURRENT_TIME;
        connection.set_selection_owner(owner, server, now).expect("Xvfb answers");
        let setup = connection.setup();
        let (first_key, last) = (setup.min_keycode, setup.max_keycode);
        let keyboard = connection.get_keyboard_mapping(first_key, last - first_key + 1);
        let keyboard = keyboard.expect("Xvfb answers").reply().expect("Xvfb answers");
        let properties = (0..8).map(|number| atom(&format!("SPELLER_{number}"))).collect();
        let (client, spelled, turn) = (x11rb::NONE, String::new(), Cell::new(0));
        Self {
            connection,
            owner,
            ours,
            client,
            protocol,
            connect,
            keyboard,
            first_key,
            properties,
            turn,
            deaf,
            told,
            spelled,
        }
    }

    fn run(mut self) {
        while let Ok(event) = self.connection.wait_for_event() {
            let Event::ClientMessage(message) = event else { continue };
            if message.type_ == self.connect {
                self.client = message.data.as_data32()[0];
                self.spelled.clear();
                if !self.deaf.load(Ordering::SeqCst) {
                    self.tell(ClientMessageEvent::new(
                        32,
                        self.client,
                        self.connect,
                        [self.ours, 0, 0, 0, 0],
                    ));
                }
                continue;
            }
            let bytes = if message.format == 32 {
                let [length, property, ..] = message.data.as_data32();
                let any = AtomEnum::ANY;
                let asked = self.connection.get_property(true, self.ours, property, any, 0, length);
                asked.expect("Xvfb answers").reply().expect("Xvfb answers").value
            } else {
                message.data.as_data8().to_vec()
            };
            if self.deaf.load(Ordering::SeqCst) {
                continue;
            }
            self.answer(read(&bytes).expect("the window speaks the protocol"));
        }
    }

    fn answer(&mut self, request: Request) {
        let (input_method_id, input_context_id) = (ID, ID);
        match request {
            Request::Connect { .. } => self.send(&Request::ConnectReply {
                server_major_protocol_version: 1,
                server_minor_protocol_version: 0,
            }),
            Request::Open { .. } => self.send(&Request::OpenReply {
                input_method_id,
                im_attrs: vec![attrs::QUERY_INPUT_STYLE],
                ic_attrs: vec![
                    attrs::INPUT_STYLE,
                    attrs::CLIENTWIN,
                    attrs::FOCUSWIN,
                    attrs::PREEDIT_ATTRIBUTES,
                    attrs::SPOT_LOCATION,
                ],
            }),
            Request::EncodingNegotiation { .. } => {
                let (category, index) = (0, 0);
                self.send(&Request::EncodingNegotiationReply { input_method_id, category, index });
            }
            Request::GetImValues { .. } => {
                let (plain, ours) = (InputStyle::PREEDIT_NOTHING, InputStyle::PREEDIT_CALLBACKS);
                let styles = [plain, ours].map(|style| style | InputStyle::STATUS_NOTHING);
                let value = write_to_vec(InputStyleList { styles: styles.to_vec() });
                let im_attributes = vec![Attribute { id: attrs::QUERY_INPUT_STYLE.id, value }];
                self.send(&Request::GetImValuesReply { input_method_id, im_attributes });
            }
            Request::CreateIc { .. } => {
                self.send(&Request::CreateIcReply { input_method_id, input_context_id });
                self.send(&Request::SetEventMask {
                    input_method_id,
                    input_context_id,
                    forward_event_mask: u32::from(EventMask::KEY_PRESS),
                    synchronous_event_mask: 0,
                });
            }
            Request::SetIcFocus { .. } => self.say(Told::Focus(true)),
            Request::UnsetIcFocus { .. } => self.say(Told::Focus(false)),
            Request::SetIcValues { ic_attributes, .. } => {
                for attribute in ic_attributes {
                    let spot: Attribute = read(&attribute.value).expect("a spot in a list");
                    let Point { x, y } = read(&spot.value).expect("a spot");
                    self.say(Told::Spot(x, y));
                }
                self.send(&Request::SetIcValuesReply { input_method_id, input_context_id });
            }
            Request::ResetIc { .. } => {
                self.say(Told::Reset);
                // Others do so, too: they tell of what is not wanted any more.
                let spelled = std::mem::take(&mut self.spelled);
                self.commit(&spelled);
                let preedit_string = compound(&spelled);
                self.send(&Request::ResetIcReply {
                    input_method_id,
                    input_context_id,
                    preedit_string,
                });
            }
            Request::ForwardEvent { xev, .. } => self.spell(xev),
            _ => {}
        }
    }

    fn spell(&mut self, xev: XEvent) {
        let width = usize::from(self.keyboard.keysyms_per_keycode);
        let at = usize::from(xev.detail - self.first_key) * width;
        let symbol = self.keyboard.keysyms[at];
        self.say(Told::Key(symbol));
        let is_begun = !self.spelled.is_empty();
        let letter = char::from_u32(symbol).filter(char::is_ascii_lowercase);
        // Whoever holds Ctrl wants something else.
        match (letter.filter(|_| xev.state & 0xc == 0), symbol) {
            (Some(letter), _) => {
                let before = self.spelled.chars().count();
                self.spelled.push(letter);
                self.draw(before);
            }
            (None, key::space) if is_begun => {
                let before = self.spelled.chars().count();
                let spelled = std::mem::take(&mut self.spelled);
                self.draw(before);
                self.commit(if spelled == "nihao" { WORD } else { &spelled });
            }
            (None, key::Escape) if is_begun => {
                let before = self.spelled.chars().count();
                self.spelled.clear();
                self.draw(before);
            }
            (None, key::_9) => self.babble(xev),
            (None, _) => self.give_back(xev),
        }
    }

    fn give_back(&self, xev: XEvent) {
        assert_eq!(xev.response_type, KEY_PRESS_EVENT, "nothing else was asked for");
        let (input_method_id, input_context_id) = (ID, ID);
        let (flag, serial_number) = (ForwardEventFlag::empty(), xev.sequence);
        self.send(&Request::ForwardEvent {
            input_method_id,
            input_context_id,
            flag,
            serial_number,
            xev,
        });
    }

    /// Says what makes no sense, and then gives the key back.
    fn babble(&self, xev: XEvent) {
        let (kind, client) = (self.protocol, self.client);
        self.tell(ClientMessageEvent::new(8, client, kind, [0xff; 20]));
        self.tell(ClientMessageEvent::new(32, client, kind, [u32::MAX, 0xffff_ffff, 0, 0, 0]));
        self.tell(ClientMessageEvent::new(32, client, kind, [7, kind, 0, 0, 0]));
        for text in [&b"\x1b$(A\xff\xff"[..], b"\x1b%G\xff\xff\x1b%@", b"\x1b$(Zx", b"\x1b"] {
            self.send(&committed(text.to_vec()));
        }
        self.send(&drawn(i32::MIN, i32::MAX, b"\x1b%G\xff".to_vec()));
        self.give_back(xev);
    }

    fn draw(&self, before: usize) {
        self.send(&drawn(0, before as i32, compound(&self.spelled)));
    }

    fn commit(&self, text: &str) {
        self.send(&committed(compound(text)));
    }

    fn say(&self, told: Told) {
        // Nobody need listen.
        let _ = self.told.send(told);
    }

    /// Longer requests go through a property of the window's.
    fn send(&self, request: &Request) {
        let bytes = write_to_vec(request);
        let event = match <[u8; 20]>::try_from(bytes.as_slice()) {
            Ok(data) => ClientMessageEvent::new(8, self.client, self.protocol, data),
            Err(_) => {
                let (append, string) = (PropMode::APPEND, AtomEnum::STRING);
                let (client, length) = (self.client, bytes.len() as u32);
                let turn = self.turn.replace((self.turn.get() + 1) % self.properties.len());
                let name = self.properties[turn];
                let put = self.connection.change_property8(append, client, name, string, &bytes);
                put.expect("Xvfb answers");
                let data = [length, name, 0, 0, 0];
                ClientMessageEvent::new(32, client, self.protocol, data)
            }
        };
        self.tell(event);
    }

    fn tell(&self, event: ClientMessageEvent) {
        let nobody = EventMask::NO_EVENT;
        self.connection.send_event(false, event.window, nobody, event).expect("Xvfb answers");
        self.connection.flush().expect("Xvfb answers");
    }
}

fn committed(text: Vec<u8>) -> Request {
    let data = CommitData::Chars { commited: text, syncronous: false };
    Request::Commit { input_method_id: ID, input_context_id: ID, data }
}

fn drawn(first: i32, length: i32, text: Vec<u8>) -> Request {
    Request::PreeditDraw {
        input_method_id: ID,
        input_context_id: ID,
        caret: 0,
        chg_first: first,
        chg_length: length,
        status: PreeditDrawStatus::empty(),
        preedit_string: text,
        feedbacks: vec![Feedback::UNDERLINE],
    }
}

fn compound(text: &str) -> Vec<u8> {
    xim_ctext::utf8_to_compound_text(text)
}
