//! The libraries that miniquad loads when the window opens. It panics without them, so they are looked for before.

use miniquad::native::module::Module;

/// A file, and the package that has it on Debian and Ubuntu.
pub(in crate::shell) type Library = (&'static str, &'static str);

/// Everything that is loaded.
pub(in crate::shell) const WANTED: &[Library] = &[
    ("libX11.so.6", "libx11-6"),
    ("libXi.so.6", "libxi6"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libGL.so.1", "libgl1"),
];

/// Loads them for the rest of the program's life.
///
/// # Errors
///
/// Says which are not there, and which packages have them.
pub(in crate::shell) fn load(wanted: &[Library]) -> Result<(), String> {
    let is_missing = |(file, _): &&Library| match Module::load(file) {
        Ok(library) => {
            // miniquad is about to load it again, which then costs nothing.
            std::mem::forget(library);
            false
        }
        Err(_) => true,
    };
    let (files, packages): (Vec<_>, Vec<_>) = wanted.iter().filter(is_missing).copied().unzip();
    if files.is_empty() {
        return Ok(());
    }
    let (files, packages) = (files.join(", "), packages.join(" "));
    Err(format!(
        "cannot load {files}; install it, on Debian and Ubuntu with `apt install {packages}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named_with_its_package() {
        assert_eq!(load(&[("libc.so.6", "libc6")]), Ok(()));
        let problem = load(&[("libc.so.6", "libc6"), ("libnone.so.9", "libnone9")]).unwrap_err();
        assert!(problem.contains("cannot load libnone.so.9"), "{problem}");
        assert!(problem.contains("`apt install libnone9`"), "{problem}");
    }
}
