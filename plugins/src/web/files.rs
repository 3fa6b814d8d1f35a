//! The files that browsers are given: those of the page in the program, or those of a folder of the host's. All are in memory, so that a request is
//! a look into a list: nothing that is asked for is ever a path, and nobody waits for a disk.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use super::{lean, page};

/// Files and bytes that a folder may have.
const MAX_FILES: usize = 256;
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// How deep folders may lie in folders.
const MAX_DEPTH: usize = 8;

/// See the module.
#[derive(Debug)]
pub(super) struct Files(HashMap<String, File>);

/// One file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) bytes: Arc<[u8]>,
    /// What is in it, for `Content-Type`.
    pub(super) kind: &'static str,
    /// Changes with what is in it, in quotes.
    pub(super) tag: String,
}

impl Files {
    /// The page that comes with the program.
    pub(super) fn embedded() -> Self {
        let file = |(name, bytes): &(&str, &[u8])| {
            ((*name).to_owned(), File::new(name, &lean::served(name, bytes)))
        };
        Self(page::FILES.iter().map(file).collect())
    }

    /// All files of a folder and of those in it. What is no plain file or folder, as a link, and what begins with a dot is left out.
    ///
    /// # Errors
    /// When one cannot be read, there are too many, or there is no `index.html`.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let mut found = BTreeMap::new();
        let mut left = MAX_BYTES;
        read_folder(root, "", MAX_DEPTH, &mut found, &mut left)?;
        if !found.contains_key("index.html") {
            let root = root.display();
            return Err(format!("there is no `index.html` in the folder `{root}`; put one there"));
        }
        Ok(Self(found.into_iter().collect()))
    }

    /// The file at a path of the site.
    pub(super) fn find(&self, path: &str) -> Option<&File> {
        let name = decoded(path.strip_prefix('/')?)?;
        match name.is_empty() || name.ends_with('/') {
            true => self.0.get(&format!("{name}index.html")),
            false => self.0.get(&name),
        }
    }
}

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        Self { bytes: bytes.into(), kind: kind(name), tag }
    }
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    depth: usize,
    found: &mut BTreeMap<String, File>,
    left: &mut u64,
) -> Result<(), String> {
    let failed = |error| format!("the folder `{}` cannot be read: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        // Of the entry itself, so that a link is none of the two.
        let kind = entry.file_type().map_err(failed)?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() && depth > 0 {
            read_folder(&entry.path(), &format!("{path}/"), depth - 1, found, left)?;
        } else if kind.is_file() {
            let bytes = read_file(&entry.path(), left)?;
            found.insert(path, File::new(&name, &bytes));
        }
        if found.len() > MAX_FILES {
            let folder = folder.display();
            return Err(format!(
                "there are more than {MAX_FILES} files by `{folder}`; leave some out"
            ));
        }
    }
    Ok(())
}

/// Reads a file, if there is so much left for it.
fn read_file(path: &Path, left: &mut u64) -> Result<Vec<u8>, String> {
    use std::io::Read;

    let shown = path.display();
    let failed = |error| format!("the file `{shown}` cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(*left + 1).read_to_end(&mut bytes).map_err(failed)?;
    match left.checked_sub(bytes.len() as u64) {
        Some(rest) => *left = rest,
        None => {
            return Err(format!(
                "the files are more than {MAX_BYTES} bytes with `{shown}`; leave some out"
            ));
        }
    }
    Ok(bytes)
}

/// What a file is, by the end of its name.
fn kind(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    match end.as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" | "md" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}

/// A path without its `%20`; `None` where it is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
