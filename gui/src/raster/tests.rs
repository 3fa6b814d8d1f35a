//! Shapes of egui, drawn and looked at.

use egui::epaint::{TessellationOptions, Tessellator, textures::TextureOptions};
use egui::{Color32, Context, FontImage, Mesh, Pos2, Rect, Shape, Vec2, pos2, vec2};

use super::*;

const GROUND: Color32 = Color32::from_rgb(10, 20, 30);
const SIDE: usize = 32;

/// A raster whose font has ink in its first pixel, and in a square of 2×2 from (4, 4) on.
fn raster() -> Raster {
    let mut image = FontImage::new([16, 16]);
    for (x, y) in [(0, 0), (4, 4), (5, 4), (4, 5), (5, 5)] {
        image.pixels[y * 16 + x] = 1.0;
    }
    let delta = egui::epaint::ImageDelta::full(image, TextureOptions::LINEAR);
    let mut raster = Raster::default();
    let set = vec![(TextureId::default(), delta)];
    assert!(raster.update(&TexturesDelta { set, free: Vec::new() }));
    raster
}

fn everything() -> Rect {
    Rect::from_min_size(Pos2::ZERO, Vec2::splat(SIDE as f32))
}

fn clipped(clip_rect: Rect, mesh: Mesh) -> ClippedPrimitive {
    ClippedPrimitive { clip_rect, primitive: Primitive::Mesh(mesh) }
}

/// What a mesh looks like, by rows.
fn paint(clip: Rect, mesh: Mesh, scale: f32) -> Vec<Vec<u32>> {
    let mut pixels = vec![0; SIDE * SIDE];
    let mut canvas = Canvas::new(&mut pixels, SIDE);
    raster().paint(&mut canvas, 0..SIDE, GROUND, &[clipped(clip, mesh)], scale);
    pixels.chunks_exact(SIDE).map(<[u32]>::to_vec).collect()
}

fn rectangle(rect: Rect, color: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, color);
    mesh
}

/// How many pixels have this colour.
fn count(rows: &[Vec<u32>], color: u32) -> usize {
    rows.iter().flatten().filter(|&&pixel| pixel == color).count()
}

const RED: u32 = 0xffff_0000;
const GROUND_PIXEL: u32 = 0xff0a_141e;

#[test]
fn a_rectangle_covers_the_pixels_whose_middle_it_covers() {
    let rect = Rect::from_min_max(pos2(2.4, 3.6), pos2(5.6, 5.5));
    let rows = paint(everything(), rectangle(rect, Color32::RED), 1.0);
    // The middles from 2.5 to 5.5 are four columns, and 4.5 is one row: a middle on the lower edge belongs to what is below.
    assert_eq!(rows[4][1..=6], [GROUND_PIXEL, RED, RED, RED, RED, GROUND_PIXEL]);
    assert_eq!(count(&rows, RED), 4);
}

#[test]
fn nothing_is_drawn_outside_of_the_clip_and_the_rows() {
    let clip = Rect::from_min_max(pos2(4.0, 4.0), pos2(8.0, 1e9));
    let mesh = rectangle(Rect::from_min_max(pos2(-1e6, -1e6), pos2(1e6, 1e6)), Color32::RED);
    assert_eq!(count(&paint(clip, mesh.clone(), 1.0), RED), 4 * (SIDE - 4));
    let mut pixels = vec![7; SIDE * SIDE];
    let mut canvas = Canvas::new(&mut pixels, SIDE);
    raster().paint(&mut canvas, 5..6, GROUND, &[clipped(clip, mesh)], 1.0);
    assert_eq!(pixels.iter().filter(|&&pixel| pixel == 7).count(), SIDE * (SIDE - 1));
    assert_eq!(pixels.iter().filter(|&&pixel| pixel == RED).count(), 4);
}

#[test]
fn two_triangles_meet_without_a_gap_and_without_a_seam() {
    // Half of it shows through, so that a pixel drawn twice would be darker. Not upright, so that both are drawn as triangles.
    let color = Color32::from_rgba_premultiplied(128, 0, 0, 128);
    let mut mesh = Mesh::default();
    for (x, y) in [(3.0, 2.0), (27.3, 5.1), (1.7, 25.0), (29.0, 28.9)] {
        mesh.colored_vertex(pos2(x, y), color);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(2, 1, 3);
    let rows = paint(everything(), mesh, 1.0);
    let once = 0xff85_0a0f;
    for row in &rows {
        let inside: Vec<usize> = (0..SIDE).filter(|&x| row[x] != GROUND_PIXEL).collect();
        if let (Some(&first), Some(&last)) = (inside.first(), inside.last()) {
            assert!((first..=last).all(|x| row[x] == once), "{row:x?}");
        }
    }
    assert!(count(&rows, once) > 400);
}

#[test]
fn a_letter_on_whole_pixels_is_copied_and_one_between_them_is_mixed() {
    let letter = |at: Pos2| {
        let mut mesh = Mesh::default();
        let uv = Rect::from_min_max(pos2(4.0 / 16.0, 4.0 / 16.0), pos2(6.0 / 16.0, 6.0 / 16.0));
        mesh.add_rect_with_uv(Rect::from_min_size(at, vec2(2.0, 2.0)), uv, Color32::RED);
        mesh
    };
    assert_eq!(count(&paint(everything(), letter(pos2(7.0, 9.0)), 1.0), RED), 4);
    let rows = paint(everything(), letter(pos2(7.25, 9.0)), 1.0);
    assert_eq!(count(&rows, RED), 2, "where all of the four around are ink");
    assert_ne!(rows[9][7], GROUND_PIXEL);
    assert_ne!(rows[9][7], RED);
    // Twice as large is four times as many, with soft edges.
    let rows = paint(everything(), letter(pos2(4.0, 4.0)), 2.0);
    assert_eq!(rows.iter().flatten().filter(|&&pixel| pixel != GROUND_PIXEL).count(), 16);
}

#[test]
fn colours_go_over_into_each_other() {
    let mut mesh = Mesh::default();
    for (x, y, color) in
        [(0.0, 0.0, Color32::BLACK), (32.0, 0.0, Color32::RED), (0.0, 32.0, Color32::BLACK)]
    {
        mesh.colored_vertex(pos2(x, y), color);
    }
    mesh.add_triangle(0, 2, 1);
    let rows = paint(everything(), mesh, 1.0);
    let reds: Vec<u32> = rows[0][..31].iter().map(|pixel| pixel >> 16 & 0xff).collect();
    assert!(reds.is_sorted() && reds[0] < 8 && reds[30] > 236, "{reds:?}");
}

#[test]
fn what_has_no_place_or_no_vertex_is_left_out() {
    let mut mesh = rectangle(everything(), Color32::RED);
    mesh.vertices[3].pos.x = f32::NAN;
    mesh.indices.extend([0, 1, 99, 7]);
    let rows = paint(everything(), mesh, 1.0);
    assert!(count(&rows, RED) > 0);
    let far = Rect::from_min_max(pos2(f32::NEG_INFINITY, 0.0), pos2(f32::INFINITY, 4.0));
    assert_eq!(count(&paint(everything(), rectangle(far, Color32::RED), 1.0), RED), 0);
    for clip in [Rect::NOTHING, Rect::NAN, Rect::from_min_max(pos2(9.0, 9.0), pos2(3.0, 3.0))] {
        assert_eq!(count(&paint(clip, rectangle(everything(), Color32::RED), 1.0), RED), 0);
    }
}

#[test]
fn a_canvas_without_pixels_is_drawn_on_in_vain() {
    let mesh = rectangle(everything(), Color32::RED);
    for width in [0, 5] {
        let mut canvas = Canvas::new(&mut [], width);
        raster().paint(&mut canvas, 0..9, GROUND, &[clipped(everything(), mesh.clone())], 1.0);
    }
}

/// The frame of a text.
fn text(context: &Context, words: &str) -> (Vec<ClippedPrimitive>, TexturesDelta) {
    let size = Vec2::splat(400.0);
    let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, size));
    let input = egui::RawInput { screen_rect, ..egui::RawInput::default() };
    let output = context.run(input, |context| {
        egui::CentralPanel::default().show(context, |ui| {
            ui.label("above");
            ui.add_space(100.0);
            ui.label(words);
            ui.add_space(100.0);
            ui.label("below");
        });
    });
    (context.tessellate(output.shapes, 1.0), output.textures_delta)
}

#[test]
fn only_the_rows_of_what_changed_are_changed() {
    let context = Context::default();
    let mut damage = Damage::default();
    let mut changed = |words: &str| {
        let (primitives, _) = text(&context, words);
        damage.changed(&primitives, 1.0, (400, 400))
    };
    assert_eq!(changed("one"), vec![Range { start: 0, end: 400 }]);
    changed("one");
    assert_eq!(changed("one"), Vec::<Range<usize>>::new());
    let rows = changed("two");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].start > 100 && rows[0].end < 180, "{rows:?}");
    damage.forget();
    let whole = Range { start: 0, end: 399 };
    assert_eq!(damage.changed(&[], 1.0, (400, 399)), vec![whole]);
}

#[test]
fn what_is_drawn_in_changed_rows_alone_is_what_is_drawn_anew() {
    let context = Context::default();
    let (mut raster, mut damage) = (Raster::default(), Damage::default());
    let mut kept = vec![0; 400 * 400];
    for words in ["one", "one, two", "three", "a long line that is drawn where there was none", ""]
    {
        let (primitives, textures) = text(&context, words);
        let is_new = raster.update(&textures);
        let mut rows = damage.changed(&primitives, 1.0, (400, 400));
        if is_new {
            rows = vec![Range { start: 0, end: 400 }];
        }
        for rows in rows {
            let mut canvas = Canvas::new(&mut kept, 400);
            raster.paint(&mut canvas, rows, GROUND, &primitives, 1.0);
        }
        let mut anew = vec![0; 400 * 400];
        raster.paint(&mut Canvas::new(&mut anew, 400), 0..400, GROUND, &primitives, 1.0);
        assert!(kept == anew, "{words}");
    }
}

#[test]
fn a_round_corner_is_soft_and_the_middle_of_it_is_full() {
    let context = Context::default();
    let (_, textures) = text(&context, "");
    let mut raster = Raster::default();
    raster.update(&textures);
    let atlas = context.fonts(|fonts| fonts.texture_atlas());
    let (size, discs) = {
        let atlas = atlas.lock();
        (atlas.size(), atlas.prepared_discs())
    };
    let mut tessellator = Tessellator::new(1.0, TessellationOptions::default(), size, discs);
    let mut mesh = Mesh::default();
    let rect = Rect::from_min_max(pos2(4.0, 4.0), pos2(28.0, 28.0));
    tessellator.tessellate_shape(Shape::rect_filled(rect, 8.0, Color32::RED), &mut mesh);
    let mut pixels = vec![0; SIDE * SIDE];
    let mut canvas = Canvas::new(&mut pixels, SIDE);
    raster.paint(&mut canvas, 0..SIDE, GROUND, &[clipped(everything(), mesh)], 1.0);
    assert_eq!(pixels[16 * SIDE + 16], RED);
    assert_eq!(pixels[4 * SIDE + 4], GROUND_PIXEL, "the corner is cut");
    let soft = pixels.iter().filter(|&&pixel| pixel != RED && pixel != GROUND_PIXEL).count();
    assert!((16..140).contains(&soft), "{soft}");
    // It is the same seen from all sides.
    for (x, y) in [(5, 6), (9, 4), (20, 7)] {
        let at = |x: usize, y: usize| pixels[y * SIDE + x] >> 16 & 0xff;
        let (left, right) = (at(x, y), at(SIDE - 1 - x, y));
        assert!(left.abs_diff(right) <= 2, "{left} {right} at {x}, {y}");
    }
}
