//! How an input method is greeted: what is said after what, until there is a context that keys can be sent to.

use x11rb::protocol::xproto::Window;
use xim_parser::{
    Attr, Attribute, AttributeName, Endian, ForwardEventFlag, InputStyle, Point, Request, XEvent,
    write_extend_vec, write_to_vec,
};

/// How what is composed is shown, the best first: by us, by the server where the cursor is, by the server somewhere.
const STYLES: [InputStyle; 6] = [
    InputStyle::PREEDIT_CALLBACKS.union(InputStyle::STATUS_NOTHING),
    InputStyle::PREEDIT_CALLBACKS.union(InputStyle::STATUS_NONE),
    InputStyle::PREEDIT_POSITION.union(InputStyle::STATUS_NOTHING),
    InputStyle::PREEDIT_NOTHING.union(InputStyle::STATUS_NOTHING),
    InputStyle::PREEDIT_NOTHING.union(InputStyle::STATUS_NONE),
    InputStyle::PREEDIT_NONE.union(InputStyle::STATUS_NONE),
];

/// What has been heard so far.
pub(super) struct Greeting {
    window: Window,
    method: u16,
    /// What the server calls its properties.
    styles: u16,
    names: Vec<Attr>,
    style: InputStyle,
}

/// What comes after an answer.
pub(super) enum Next {
    Send(Request),
    Wait,
    Done(Context),
}

/// What keys are sent to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    method: u16,
    id: u16,
    /// What the server calls where the cursor is, where it wants to know.
    place: Option<(u16, u16)>,
}

impl Greeting {
    /// Text that is written into `window` is what it will be about.
    pub(super) fn new(window: Window) -> Self {
        let style = InputStyle::PREEDIT_NONE;
        Self { window, method: 0, styles: 0, names: Vec::new(), style }
    }

    /// What is said first.
    pub(super) fn connect() -> Request {
        Request::Connect {
            endian: Endian::Native,
            client_major_protocol_version: 1,
            client_minor_protocol_version: 0,
            client_auth_protocol_names: Vec::new(),
        }
    }

    pub(super) fn style(&self) -> InputStyle {
        self.style
    }

    /// What is said next.
    ///
    /// # Errors
    ///
    /// Why there will be no context.
    pub(super) fn answer(&mut self, request: &Request) -> Result<Next, &'static str> {
        let input_method_id = self.method;
        Ok(Next::Send(match request {
            Request::ConnectReply { .. } => Request::Open { locale: locale() },
            Request::OpenReply { input_method_id, im_attrs, ic_attrs } => {
                let styles = id(im_attrs, AttributeName::QueryInputStyle);
                self.styles = styles.ok_or("it has no styles of input")?;
                self.method = *input_method_id;
                self.names.clone_from(ic_attrs);
                let encodings = vec!["COMPOUND_TEXT".into()];
                let (input_method_id, encoding_infos) = (self.method, Vec::new());
                Request::EncodingNegotiation { input_method_id, encodings, encoding_infos }
            }
            Request::EncodingNegotiationReply { .. } => {
                Request::GetImValues { input_method_id, im_attributes: vec![self.styles] }
            }
            Request::GetImValuesReply { im_attributes, .. } => {
                self.style = im_attributes
                    .iter()
                    .find_map(|attribute| best(&attribute.value))
                    .ok_or("it has no style of input that we know")?;
                Request::CreateIc { input_method_id, ic_attributes: self.attributes() }
            }
            Request::CreateIcReply { input_context_id, .. } => {
                let outer = id(&self.names, AttributeName::PreeditAttributes);
                let inner = id(&self.names, AttributeName::SpotLocation);
                let (method, id, place) = (self.method, *input_context_id, outer.zip(inner));
                return Ok(Next::Done(Context { method, id, place }));
            }
            Request::Error { .. } | Request::AuthRequired {} | Request::AuthNg {} => {
                return Err("it refuses us");
            }
            _ => return Ok(Next::Wait),
        }))
    }

    /// What the context is to be like.
    fn attributes(&self) -> Vec<Attribute> {
        let words = [
            (AttributeName::InputStyle, self.style.bits()),
            (AttributeName::ClientWindow, self.window),
            (AttributeName::FocusWindow, self.window),
        ];
        let words = words.into_iter().filter_map(|(name, word)| {
            Some(Attribute { id: id(&self.names, name)?, value: write_to_vec(word) })
        });
        words.collect()
    }
}

impl Context {
    /// A key, which goes before what it does here.
    pub(super) fn forward(self, key: &XEvent, in_step: bool) -> Request {
        let flag = if in_step { ForwardEventFlag::SYNCHRONOUS } else { ForwardEventFlag::empty() };
        let (input_method_id, input_context_id) = (self.method, self.id);
        let (serial_number, xev) = (key.sequence, key.clone());
        Request::ForwardEvent { input_method_id, input_context_id, flag, serial_number, xev }
    }

    /// The cursor is above this pixel.
    pub(super) fn place(self, (x, y): (i16, i16)) -> Request {
        let attribute = self.place.map(|(outer, inner)| {
            let mut value = Vec::new();
            let spot = write_to_vec(Point { x, y });
            write_extend_vec(Attribute { id: inner, value: spot }, &mut value);
            Attribute { id: outer, value }
        });
        let (input_method_id, input_context_id) = (self.method, self.id);
        let ic_attributes = attribute.into_iter().collect();
        Request::SetIcValues { input_method_id, input_context_id, ic_attributes }
    }

    /// The person writes, or no longer.
    pub(super) fn focus(self, is_focused: bool) -> Request {
        let (input_method_id, input_context_id) = (self.method, self.id);
        if is_focused {
            Request::SetIcFocus { input_method_id, input_context_id }
        } else {
            Request::UnsetIcFocus { input_method_id, input_context_id }
        }
    }

    /// What is composed is not to be gone on with.
    pub(super) fn reset(self) -> Request {
        let (input_method_id, input_context_id) = (self.method, self.id);
        Request::ResetIc { input_method_id, input_context_id }
    }

    pub(super) fn sync_reply(self) -> Request {
        let (input_method_id, input_context_id) = (self.method, self.id);
        Request::SyncReply { input_method_id, input_context_id }
    }

    /// What is composed may be as long as it likes.
    pub(super) fn preedit_start_reply(self) -> Request {
        let (input_method_id, input_context_id) = (self.method, self.id);
        Request::PreeditStartReply { input_method_id, input_context_id, return_value: -1 }
    }

    pub(super) fn preedit_caret_reply(self, position: i32) -> Request {
        let (input_method_id, input_context_id) = (self.method, self.id);
        Request::PreeditCaretReply { input_method_id, input_context_id, position }
    }
}

fn id(names: &[Attr], name: AttributeName) -> Option<u16> {
    names.iter().find(|attr| attr.name == name).map(|attr| attr.id)
}

/// The best of a list of styles as it comes: how many, two bytes of nothing, and a word for each.
fn best(list: &[u8]) -> Option<InputStyle> {
    let words = list.get(4..)?.chunks_exact(4);
    let words: Vec<u32> =
        words.filter_map(|word| word.try_into().ok().map(u32::from_ne_bytes)).collect();
    STYLES.into_iter().find(|style| words.contains(&style.bits()))
}

/// The language that the person has set, without its encoding.
fn locale() -> String {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let language = set.as_deref().and_then(|set| set.split('.').next()).unwrap_or_default();
    // Servers have no keys for the languages of no country.
    if matches!(language, "" | "C" | "POSIX") { "en_US".into() } else { language.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_composed_is_shown_by_us_where_the_server_lets_us() {
        let list = |styles: &[u32]| {
            let mut list = vec![0; 4];
            list.extend(styles.iter().flat_map(|style| style.to_ne_bytes()));
            list
        };
        assert_eq!(best(&list(&[8 | 1024, 4 | 1024, 2 | 1024])), Some(STYLES[0]));
        assert_eq!(best(&list(&[8 | 1024, 4 | 1024])), Some(STYLES[2]));
        // One that nobody knows is no reason to do without all.
        assert_eq!(best(&list(&[0x8000_0000, 16 | 2048])), Some(STYLES[5]));
        assert_eq!(best(&list(&[1 | 256])), None);
        assert_eq!(best(&[]), None);
    }
}
