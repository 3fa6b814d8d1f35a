//! Brings in fonts of the system when somebody writes what egui's own cannot show.
//!
//! The system is only looked through when a character is missing, and on a thread of its own: it takes a tenth of a second. Fonts are mapped,
//! not read: of twenty megabytes of Chinese only the pages of the characters that are shown are ever in memory.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;

use egui::{FontData, FontDefinitions, FontFamily};
use fontdb::{Database, FaceInfo, Source, Style, Weight};
use ttf_parser::Face;

use crate::net::Waker;

/// More fonts than this are not brought in; each makes looking for a missing character slower.
const MAX_FONTS: usize = 8;
/// Characters that may be missed before they are forgotten, so that a flood of them takes no memory.
const MAX_SEEN: usize = 20_000;
/// What the font that the person wants is called among all.
const PREFERRED: &str = "preferred";
/// The largest font taken.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Which characters were missing, and the search for those that are missing.
pub(super) struct Fonts {
    waker: Arc<dyn Waker>,
    definitions: FontDefinitions,
    /// Were missing once; those that no font has stay missing.
    seen: HashSet<char>,
    /// Missing, and not searched for yet.
    missing: Vec<char>,
    /// The search that runs. There is one at a time.
    search: Option<mpsc::Receiver<Vec<Found>>>,
    /// Files in use, with the number of the face.
    loaded: Vec<(PathBuf, u32)>,
    /// The font that the person wants, and is searched for; the one built in where it is empty.
    preferred: Option<mpsc::Receiver<Result<Found, String>>>,
    is_built_in: bool,
}

/// A font that shows something that was missing.
struct Found {
    path: PathBuf,
    index: u32,
    bytes: &'static [u8],
}

impl Fonts {
    pub(super) fn new(waker: Arc<dyn Waker>) -> Self {
        Self {
            waker,
            definitions: FontDefinitions::default(),
            seen: HashSet::new(),
            missing: Vec::new(),
            search: None,
            loaded: Vec::new(),
            preferred: None,
            is_built_in: true,
        }
    }

    /// Uses the font of this family before all others; the one that is built in where the name is empty.
    pub(super) fn prefer(&mut self, family: String) {
        let (answer, preferred) = mpsc::channel();
        let waker = Arc::clone(&self.waker);
        self.preferred = Some(preferred);
        self.is_built_in = family.is_empty();
        if family.is_empty() {
            // What was searched for before comes to nobody.
            drop(answer);
            return self.waker.wake();
        }
        let thread = thread::Builder::new().name("fonts".into()).spawn(move || {
            let found = find_family(&family).ok_or_else(|| {
                format!(
                    "there is no font `{family}` on this system; check its name in the settings"
                )
            });
            // The person may have chosen another meanwhile.
            let _ = answer.send(found);
            waker.wake();
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "cannot look for a font");
        }
    }

    /// These were shown as boxes.
    pub(super) fn miss(&mut self, characters: Vec<char>) {
        for character in characters {
            if self.seen.len() >= MAX_SEEN {
                self.seen.clear();
            }
            if self.seen.insert(character) {
                self.missing.push(character);
            }
        }
        if !self.missing.is_empty() && self.search.is_none() {
            // Searched for before the next frame.
            self.waker.wake();
        }
    }

    /// Gives egui what was found, and begins to search for what is missing. Before each frame. Returns what the person has to know.
    pub(super) fn update(&mut self, context: &egui::Context) -> Option<String> {
        self.update_missing(context);
        match self.preferred.as_ref()?.try_recv() {
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => {
                self.preferred = None;
                if self.is_built_in {
                    self.put_first(context, None);
                }
                None
            }
            Ok(Ok(font)) => {
                self.put_first(context, Some(font));
                None
            }
            Ok(Err(problem)) => Some(problem),
        }
    }

    /// Text is shown in this font from the next frame on, as far as it has the letters.
    fn put_first(&mut self, context: &egui::Context, font: Option<Found>) {
        if let Some(names) = self.definitions.families.get_mut(&FontFamily::Proportional) {
            names.retain(|name| name != PREFERRED);
            if font.is_some() {
                names.insert(0, PREFERRED.into());
            }
        }
        match font {
            Some(font) => {
                let data = FontData { index: font.index, ..FontData::from_static(font.bytes) };
                self.definitions.font_data.insert(PREFERRED.into(), Arc::new(data));
            }
            None => drop(self.definitions.font_data.remove(PREFERRED)),
        }
        context.set_fonts(self.definitions.clone());
    }

    fn update_missing(&mut self, context: &egui::Context) {
        match self.search.as_ref().map(mpsc::Receiver::try_recv) {
            None => {}
            Some(Err(mpsc::TryRecvError::Empty)) => return,
            Some(Err(mpsc::TryRecvError::Disconnected)) => self.search = None,
            Some(Ok(found)) => {
                self.search = None;
                tracing::trace!(found = found.len(), "looked through the fonts of the system");
                self.add(context, found);
            }
        }
        if self.missing.is_empty() || self.loaded.len() >= MAX_FONTS {
            self.missing.clear();
            return;
        }
        let missing = std::mem::take(&mut self.missing);
        let room = MAX_FONTS - self.loaded.len();
        let (loaded, waker) = (self.loaded.clone(), Arc::clone(&self.waker));
        let (answer, search) = mpsc::channel();
        let thread = thread::Builder::new().name("fonts".into()).spawn(move || {
            // The shell may have ended meanwhile.
            let _ = answer.send(look_through_system(&missing, &loaded, room));
            waker.wake();
        });
        match thread {
            Ok(_) => self.search = Some(search),
            Err(error) => tracing::warn!(%error, "cannot look for fonts"),
        }
    }

    fn add(&mut self, context: &egui::Context, found: Vec<Found>) {
        if found.is_empty() {
            return;
        }
        for font in found {
            tracing::debug!(path = %font.path.display(), "a font of the system is used");
            let name = format!("{}#{}", font.path.display(), font.index);
            let data = FontData { index: font.index, ..FontData::from_static(font.bytes) };
            self.definitions.font_data.insert(name.clone(), Arc::new(data));
            for family in [FontFamily::Proportional, FontFamily::Monospace] {
                self.definitions.families.entry(family).or_default().push(name.clone());
            }
            self.loaded.push((font.path, font.index));
        }
        context.set_fonts(self.definitions.clone());
    }
}

/// The face of a family that is closest to plain.
fn find_family(family: &str) -> Option<Found> {
    let mut database = Database::new();
    database.load_system_fonts();
    let is_it =
        |face: &&FaceInfo| face.families.iter().any(|(name, _)| name.eq_ignore_ascii_case(family));
    let mut faces: Vec<&FaceInfo> = database.faces().filter(is_it).collect();
    faces.sort_by_key(|face| rank(face));
    faces.into_iter().find_map(|face| {
        let Source::File(path) = &face.source else { return None };
        let is_drawn = database.with_face_data(face.id, |bytes, index| {
            Face::parse(bytes, index).is_ok_and(|font| has_outlines(&font))
        });
        let bytes = map(path).filter(|_| is_drawn == Some(true))?;
        Some(Found { path: path.clone(), index: face.index, bytes })
    })
}

/// Chooses fonts that show the missing characters, the best that shows the first of them first.
fn look_through_system(missing: &[char], loaded: &[(PathBuf, u32)], room: usize) -> Vec<Found> {
    let mut database = Database::new();
    database.load_system_fonts();
    let mut faces: Vec<&FaceInfo> = database.faces().collect();
    faces.sort_by_key(|face| rank(face));
    let mut missing = missing.to_vec();
    let mut found = Vec::new();
    for face in faces {
        if missing.is_empty() || found.len() == room {
            break;
        }
        let Source::File(path) = &face.source else { continue };
        if loaded.iter().any(|(known, index)| known == path && *index == face.index) {
            continue;
        }
        let before = missing.len();
        database.with_face_data(face.id, |bytes, index| {
            if let Ok(font) = Face::parse(bytes, index)
                && has_outlines(&font)
            {
                missing.retain(|&character| font.glyph_index(character).is_none());
            }
        });
        if missing.len() < before {
            match map(path) {
                Some(bytes) => found.push(Found { path: path.clone(), index: face.index, bytes }),
                None => tracing::debug!(path = %path.display(), "a font cannot be read"),
            }
        }
    }
    found
}

/// Plain upright faces first; DejaVu Sans is small and shows most of what is not a script of its own.
fn rank(face: &FaceInfo) -> (bool, bool, bool, bool, u32) {
    let is_named = |name: &str| face.families.iter().any(|(family, _)| family == name);
    let is_plain = face.style == Style::Normal && face.weight == Weight::NORMAL;
    let is_serif = face.families.iter().any(|(family, _)| family.contains("Serif"));
    (!is_plain, !is_named("DejaVu Sans"), face.monospaced, is_serif, face.index)
}

/// Pictures in colour are not drawn, and a font full of them is large.
fn has_outlines(font: &Face<'_>) -> bool {
    let tables = font.tables();
    (tables.glyf.is_some() || tables.cff.is_some())
        && tables.colr.is_none()
        && tables.sbix.is_none()
}

/// Maps a font for the rest of the program's life.
fn map(path: &PathBuf) -> Option<&'static [u8]> {
    let file = File::open(path).ok()?;
    if file.metadata().ok()?.len() > MAX_BYTES {
        return None;
    }
    #[expect(
        unsafe_code,
        reason = "a font of the system is replaced by renaming, not written over, so the mapped pages stay as they are"
    )]
    let mapped = unsafe { memmap2::Mmap::map(&file) }.ok()?;
    Some(&**Box::leak(Box::new(mapped)))
}
