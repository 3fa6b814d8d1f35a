//! The memory that is drawn to, and how it gets to the X server: shared with it where both run on one machine, sent where they do not.

use std::ops::Range;

use memmap2::MmapMut;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use salotto_gui::raster::Canvas;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, Gcontext, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use super::visual::Visual;
use crate::shell::server::ServerError;

/// Bytes a pixel.
const PIXEL: usize = 4;
/// What a request to send pixels has before the pixels, at most.
const HEAD: usize = 64;

/// The pixels of the window.
pub(super) struct Surface {
    window: Window,
    gc: Gcontext,
    visual: Visual,
    size: (u16, u16),
    memory: Memory,
    /// The X server can share memory with us, as far as we know.
    shares: bool,
    /// The X server has not said yet that it has read what it was shown.
    busy: bool,
}

enum Memory {
    Own(Vec<u32>),
    Shared { segment: shm::Seg, pixels: MmapMut },
}

impl Surface {
    pub(super) fn new(
        connection: &RustConnection,
        window: Window,
        visual: Visual,
    ) -> Result<Self, ServerError> {
        let gc = connection.generate_id()?;
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0))?;
        // Memory can be shared from version 1.2 on by handing over a file.
        let known = connection.extension_information(shm::X11_EXTENSION_NAME)?.is_some();
        let shares = visual.is_ours()
            && known
            && connection
                .shm_query_version()?
                .reply()
                .is_ok_and(|version| (version.major_version, version.minor_version) >= (1, 2));
        let (size, memory) = ((0, 0), Memory::Own(Vec::new()));
        Ok(Self { window, gc, visual, size, memory, shares, busy: false })
    }

    /// Makes it as large as the window is. Returns whether what was drawn is lost.
    pub(super) fn resize(
        &mut self,
        connection: &RustConnection,
        size: (u16, u16),
    ) -> Result<bool, ServerError> {
        if self.size == size {
            return Ok(false);
        }
        self.size = size;
        if let Memory::Shared { segment, .. } = &self.memory {
            connection.shm_detach(*segment)?;
        }
        let pixels = usize::from(size.0) * usize::from(size.1);
        self.memory = match self.shares.then(|| share(connection, pixels * PIXEL)) {
            Some(Ok((segment, pixels))) => Memory::Shared { segment, pixels },
            other => {
                if let Some(Err(error)) = other {
                    tracing::debug!(%error, "pixels are sent, and not shared");
                    self.shares = false;
                }
                Memory::Own(vec![0; pixels])
            }
        };
        Ok(true)
    }

    /// Whether the X server still reads what it was shown.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// The X server has read what it was shown.
    pub(super) fn completed(&mut self) {
        self.busy = false;
    }

    /// What is drawn to.
    pub(super) fn canvas(&mut self) -> Canvas<'_> {
        let width = usize::from(self.size.0);
        let pixels = match &mut self.memory {
            Memory::Own(pixels) => pixels.as_mut_slice(),
            Memory::Shared { pixels, .. } => bytemuck::cast_slice_mut(pixels),
        };
        Canvas::new(pixels, width)
    }

    /// Shows these rows.
    pub(super) fn show(
        &mut self,
        connection: &RustConnection,
        rows: &[Range<usize>],
    ) -> Result<(), ServerError> {
        for (at, rows) in rows.iter().enumerate() {
            let rows = rows.start..rows.end.min(self.size.1.into());
            match &self.memory {
                Memory::Own(pixels) => self.send(connection, pixels, rows)?,
                Memory::Shared { segment, .. } if at == 0 => {
                    self.put(connection, *segment, rows, true)?;
                    self.busy = true;
                }
                Memory::Shared { segment, .. } => self.put(connection, *segment, rows, false)?,
            }
        }
        Ok(())
    }

    fn put(
        &self,
        connection: &RustConnection,
        segment: shm::Seg,
        rows: Range<usize>,
        tell: bool,
    ) -> Result<(), ServerError> {
        let (width, height) = self.size;
        let (top, count) = (rows.start as u16, rows.len() as u16);
        connection.shm_put_image(
            self.window,
            self.gc,
            width,
            height,
            0,
            top,
            width,
            count,
            0,
            top as i16,
            self.visual.depth,
            ImageFormat::Z_PIXMAP.into(),
            tell,
            segment,
            0,
        )?;
        Ok(())
    }

    /// In as many requests as it takes.
    fn send(
        &self,
        connection: &RustConnection,
        pixels: &[u32],
        rows: Range<usize>,
    ) -> Result<(), ServerError> {
        let width = usize::from(self.size.0);
        let most = (connection.maximum_request_bytes() - HEAD) / (width * PIXEL).max(1);
        for top in rows.clone().step_by(most.max(1)) {
            let end = (top + most.max(1)).min(rows.end);
            let part = &pixels[top * width..end * width];
            let bytes: Vec<u8> = match self.visual.is_ours() {
                true => bytemuck::cast_slice(part).to_vec(),
                false => {
                    part.iter().flat_map(|&pixel| self.visual.pixel(pixel).to_ne_bytes()).collect()
                }
            };
            connection.put_image(
                ImageFormat::Z_PIXMAP,
                self.window,
                self.gc,
                self.size.0,
                (end - top) as u16,
                0,
                top as i16,
                0,
                self.visual.depth,
                &bytes,
            )?;
        }
        Ok(())
    }
}

/// Makes memory that the X server and we both see.
fn share(connection: &RustConnection, bytes: usize) -> Result<(shm::Seg, MmapMut), ServerError> {
    let file = memfd_create("salotto-window", MemfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
    ftruncate(&file, bytes as u64).map_err(std::io::Error::from)?;
    #[expect(
        unsafe_code,
        reason = "the file has no name and its size stays; only the X server has it, too, and may only read it"
    )]
    let pixels = unsafe { MmapMut::map_mut(&file) }?;
    let segment = connection.generate_id()?;
    connection.shm_attach_fd(segment, file, true)?.check()?;
    Ok((segment, pixels))
}
