//! Whether there is a graphics card that draws for this X server, found out without loading anything: where there is none, OpenGL is Mesa
//! and a compiler, 60 MB, to draw with the processor what we draw with it ourselves.

use std::env;
use std::fs;
use std::path::Path;

use salotto_gui::model::Renderer;
use x11rb::connection::RequestConnection;

use super::server::Server;

/// Drivers of screens that have nothing to draw with: of boards for servers, of virtual machines, over USB, and of what only pretends.
const WITHOUT_3D: &[&str] = &[
    "ast",
    "bochs-drm",
    "cirrus",
    "efi-framebuffer",
    "gud",
    "hyperv_drm",
    "mgag200",
    "ofdrm",
    "qxl",
    "simple-framebuffer",
    "simpledrm",
    "udl",
    "vboxvideo",
    "vesa-framebuffer",
    "vgem",
    "vkms",
];

/// Asks the X server and the system.
pub(super) fn choose(server: &Server) -> Renderer {
    let reason = reason_against(server);
    tracing::debug!(reason, "whether a graphics card draws");
    if reason.is_some() { Renderer::Cpu } else { Renderer::Gl }
}

/// Why it is the processor that draws, if it is.
fn reason_against(server: &Server) -> Option<&'static str> {
    if asked_for_software(|name| env::var(name).ok()) {
        return Some("the environment asks for it");
    }
    // The X server has the second one where its own driver draws, the third where a driver of its vendor does.
    let has =
        |name: &'static str| server.connection.extension_information(name).ok().flatten().is_some();
    if !has("GLX") {
        return Some("the X server has no GLX");
    }
    if has("NV-GLX") && Path::new("/dev/nvidia0").exists() {
        return None;
    }
    if !has("DRI3") && !has("DRI2") {
        return Some("the X server draws with the processor");
    }
    if !has_card(Path::new("/dev/dri"), Path::new("/sys/class/drm")) {
        return Some("there is no graphics card");
    }
    None
}

/// What tells Mesa to use the processor.
fn asked_for_software(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = variable("LIBGL_ALWAYS_SOFTWARE")
        .is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes" | "y" | "t"));
    let driver = variable("GALLIUM_DRIVER");
    let is_software = |driver: &str| matches!(driver, "llvmpipe" | "softpipe" | "swrast" | "swr");
    is_set || driver.as_deref().is_some_and(is_software)
}

/// Whether this person may use a card that can draw.
fn has_card(nodes: &Path, described: &Path) -> bool {
    let nodes = fs::read_dir(nodes).into_iter().flatten().flatten();
    nodes.into_iter().any(|node| {
        let name = node.file_name();
        let is_node = name.to_string_lossy().starts_with("renderD");
        let may_use = || fs::File::options().read(true).write(true).open(node.path()).is_ok();
        is_node && draws(&described.join(&name).join("device")) && may_use()
    })
}

/// Whether a device can draw, by its driver.
fn draws(device: &Path) -> bool {
    let driver = fs::read_link(device.join("driver")).ok();
    let driver = driver.as_deref().and_then(Path::file_name);
    let Some(driver) = driver.and_then(|driver| driver.to_str()) else { return false };
    match driver {
        // What a virtual machine has may be able to, if its host lends it a card.
        "virtio_gpu" => lends(device),
        "virtio-pci" => {
            let parts = fs::read_dir(device).into_iter().flatten().flatten();
            parts
                .into_iter()
                .filter(|part| part.file_name().to_string_lossy().starts_with("virtio"))
                .any(|part| lends(&part.path()))
        }
        driver => !WITHOUT_3D.contains(&driver),
    }
}

/// Whether the first of the features that the two have agreed on is there, which is drawing in three dimensions.
fn lends(device: &Path) -> bool {
    fs::read_to_string(device.join("features")).is_ok_and(|features| features.starts_with('1'))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A system with one device: the name of its node, its driver, and the features of a virtual one.
    fn has_card_with(node: &str, driver: &str, features: Option<&str>) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let (nodes, described) = (folder.path().join("dri"), folder.path().join("drm"));
        let device = described.join(node).join("device");
        fs::create_dir_all(&nodes).unwrap();
        fs::create_dir_all(&device).unwrap();
        fs::write(nodes.join(node), "").unwrap();
        symlink(Path::new("../drivers").join(driver), device.join("driver")).unwrap();
        if let Some(features) = features {
            let part = if driver == "virtio-pci" { device.join("virtio0") } else { device };
            fs::create_dir_all(&part).unwrap();
            fs::write(part.join("features"), features).unwrap();
        }
        has_card(&nodes, &described)
    }

    #[test]
    fn a_card_is_one_that_has_a_node_to_draw_with_and_a_driver_that_can() {
        for (node, driver, features, expected) in [
            ("renderD128", "i915", None, true),
            ("renderD129", "vc4-drm", None, true),
            ("card0", "i915", None, false),
            ("renderD128", "vgem", None, false),
            ("renderD128", "bochs-drm", None, false),
            ("renderD128", "virtio_gpu", Some("1100\n"), true),
            ("renderD128", "virtio_gpu", Some("0100\n"), false),
            ("renderD128", "virtio-pci", Some("1100\n"), true),
            ("renderD128", "virtio-pci", Some("0100\n"), false),
            ("renderD128", "virtio_gpu", None, false),
        ] {
            assert_eq!(
                has_card_with(node, driver, features),
                expected,
                "{node} {driver} {features:?}"
            );
        }
    }

    #[test]
    fn no_folder_is_no_card() {
        assert!(!has_card(Path::new("/nowhere"), Path::new("/nowhere")));
    }

    #[test]
    fn mesa_is_told_to_use_the_processor_in_two_ways() {
        for (name, value, expected) in [
            ("LIBGL_ALWAYS_SOFTWARE", "1", true),
            ("LIBGL_ALWAYS_SOFTWARE", "0", false),
            ("GALLIUM_DRIVER", "llvmpipe", true),
            ("GALLIUM_DRIVER", "iris", false),
            ("OTHER", "1", false),
        ] {
            let variable = |asked: &str| (asked == name).then(|| value.to_owned());
            assert_eq!(asked_for_software(variable), expected, "{name}={value}");
        }
    }
}
