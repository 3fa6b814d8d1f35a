//! Draws what egui has tessellated with OpenGL, through miniquad.

use std::collections::HashMap;

use egui::epaint::{ImageDelta, Mesh, Primitive, Vertex};
use egui::{ImageData, TextureId, TexturesDelta};
use miniquad::{
    Bindings, BlendFactor, BlendState, BlendValue, BufferLayout, BufferSource, BufferType,
    BufferUsage, Equation, FilterMode, PassAction, Pipeline, PipelineParams, RenderingBackend,
    ShaderMeta, ShaderSource, TextureFormat, TextureParams, TextureWrap, UniformBlockLayout,
    UniformDesc, UniformType, UniformsSource, VertexAttribute, VertexFormat, window,
};

use crate::shell::stage::Frame;

const VERTEX_SHADER: &str = "#version 100
uniform vec2 screen;
attribute vec2 place;
attribute vec2 texture_place;
attribute vec4 color;
varying vec2 at;
varying vec4 tint;
void main() {
    gl_Position = vec4(2.0 * place.x / screen.x - 1.0, 1.0 - 2.0 * place.y / screen.y, 0.0, 1.0);
    at = texture_place;
    tint = color / 255.0;
}";

const FRAGMENT_SHADER: &str = "#version 100
precision highp float;
uniform sampler2D picture;
varying vec2 at;
varying vec4 tint;
void main() {
    gl_FragColor = tint * texture2D(picture, at);
}";

/// What the card holds for us.
pub(super) struct Painter {
    pipeline: Pipeline,
    bindings: Bindings,
    textures: HashMap<TextureId, miniquad::TextureId>,
}

impl Painter {
    pub(super) fn new(backend: &mut dyn RenderingBackend) -> Self {
        let shader = ShaderSource::Glsl { vertex: VERTEX_SHADER, fragment: FRAGMENT_SHADER };
        let uniforms = vec![UniformDesc::new("screen", UniformType::Float2)];
        let meta = ShaderMeta {
            images: vec!["picture".into()],
            uniforms: UniformBlockLayout { uniforms },
        };
        let shader = backend.new_shader(shader, meta).expect("the two shaders are in order");
        // Colours come multiplied with their alpha.
        let left = BlendFactor::OneMinusValue(BlendValue::SourceAlpha);
        let params = PipelineParams {
            color_blend: Some(BlendState::new(Equation::Add, BlendFactor::One, left)),
            ..PipelineParams::default()
        };
        let pipeline = backend.new_pipeline(
            &[BufferLayout::default()],
            &[
                VertexAttribute::new("place", VertexFormat::Float2),
                VertexAttribute::new("texture_place", VertexFormat::Float2),
                VertexAttribute::new("color", VertexFormat::Byte4),
            ],
            shader,
            params,
        );
        let stream = BufferUsage::Stream;
        let (vertices, indices) =
            (BufferSource::empty::<Vertex>(1024), BufferSource::empty::<u16>(1024));
        let bindings = Bindings {
            vertex_buffers: vec![backend.new_buffer(BufferType::VertexBuffer, stream, vertices)],
            index_buffer: backend.new_buffer(BufferType::IndexBuffer, stream, indices),
            images: vec![backend.new_texture_from_rgba8(1, 1, &[255; 4])],
        };
        Self { pipeline, bindings, textures: HashMap::new() }
    }

    /// Draws a whole frame.
    pub(super) fn paint(
        &mut self,
        backend: &mut dyn RenderingBackend,
        textures: &TexturesDelta,
        frame: &Frame,
    ) {
        for (id, change) in &textures.set {
            self.set_texture(backend, *id, change);
        }
        let [red, green, blue, _] = frame.ground.to_normalized_gamma_f32();
        backend.begin_default_pass(PassAction::clear_color(red, green, blue, 1.0));
        backend.apply_pipeline(&self.pipeline);
        let size = window::screen_size();
        let scale = frame.pixels_per_point;
        backend.apply_uniforms(UniformsSource::table(&[size.0 / scale, size.1 / scale]));
        for primitive in &frame.primitives {
            if let Primitive::Mesh(mesh) = &primitive.primitive {
                let clip = primitive.clip_rect * scale;
                let side = |at: f32, size: f32| at.clamp(0.0, size).round() as i32;
                let (left, right) = (side(clip.min.x, size.0), side(clip.max.x, size.0));
                let (top, bottom) = (side(clip.min.y, size.1), side(clip.max.y, size.1));
                if left < right && top < bottom {
                    // OpenGL counts from below.
                    let lower = size.1 as i32 - bottom;
                    backend.apply_scissor_rect(left, lower, right - left, bottom - top);
                    self.paint_mesh(backend, mesh);
                }
            }
        }
        backend.end_render_pass();
        for id in &textures.free {
            if let Some(texture) = self.textures.remove(id) {
                backend.delete_texture(texture);
            }
        }
    }

    fn paint_mesh(&mut self, backend: &mut dyn RenderingBackend, mesh: &Mesh) {
        let Some(&texture) = self.textures.get(&mesh.texture_id) else { return };
        self.bindings.images[0] = texture;
        // miniquad counts vertices in 16 bits.
        for part in mesh.clone().split_to_u16() {
            let (vertices, indices) = (part.vertices.as_slice(), part.indices.as_slice());
            let stream = BufferUsage::Stream;
            let buffer = &mut self.bindings.vertex_buffers[0];
            if backend.buffer_size(*buffer) < size_of_val(vertices) {
                backend.delete_buffer(*buffer);
                let empty = BufferSource::empty::<Vertex>(vertices.len().next_power_of_two());
                *buffer = backend.new_buffer(BufferType::VertexBuffer, stream, empty);
            }
            backend.buffer_update(*buffer, BufferSource::slice(vertices));
            let buffer = &mut self.bindings.index_buffer;
            if backend.buffer_size(*buffer) < size_of_val(indices) {
                backend.delete_buffer(*buffer);
                let empty = BufferSource::empty::<u16>(indices.len().next_power_of_two());
                *buffer = backend.new_buffer(BufferType::IndexBuffer, stream, empty);
            }
            backend.buffer_update(*buffer, BufferSource::slice(indices));
            backend.apply_bindings(&self.bindings);
            backend.draw(0, indices.len() as i32, 1);
        }
    }

    fn set_texture(
        &mut self,
        backend: &mut dyn RenderingBackend,
        id: TextureId,
        change: &ImageDelta,
    ) {
        let [width, height] = change.image.size();
        let pixels: Vec<u8> = match &change.image {
            ImageData::Color(image) => {
                image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect()
            }
            ImageData::Font(image) => {
                image.srgba_pixels(None).flat_map(|pixel| pixel.to_array()).collect()
            }
        };
        let (width, height) = (width as u32, height as u32);
        if let Some([x, y]) = change.pos {
            if let Some(&texture) = self.textures.get(&id) {
                let (x, y) = (x as i32, y as i32);
                backend.texture_update_part(texture, x, y, width as i32, height as i32, &pixels);
            }
            return;
        }
        let filter = match change.options.magnification {
            egui::TextureFilter::Nearest => FilterMode::Nearest,
            egui::TextureFilter::Linear => FilterMode::Linear,
        };
        let params = TextureParams {
            format: TextureFormat::RGBA8,
            wrap: TextureWrap::Clamp,
            min_filter: filter,
            mag_filter: filter,
            width,
            height,
            ..TextureParams::default()
        };
        let texture = backend.new_texture_from_data_and_format(&pixels, params);
        if let Some(former) = self.textures.insert(id, texture) {
            backend.delete_texture(former);
        }
    }
}
