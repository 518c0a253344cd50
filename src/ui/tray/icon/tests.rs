//! That icons differ by shape, and hold on light and dark panels.

use super::*;

const ALL: [Drawing; 10] = [
    Drawing::Away,
    Drawing::Waiting,
    Drawing::Signing(0),
    Drawing::Signing(4),
    Drawing::Signing(12),
    Drawing::Paused,
    Drawing::Padlock,
    Drawing::Triangle,
    Drawing::NoToken,
    Drawing::Ready,
];

/// Black where the picture is dark, for eyes that see no colour: 1 dark, 0 light or nothing.
fn shape(drawing: Drawing, size: u32) -> Vec<bool> {
    let dark = |pixel: &[u8]| {
        let light = pixel[..3].iter().map(|part| u32::from(*part)).sum::<u32>() / 3;
        pixel[3] > 128 && light < 170
    };
    drawing.picture(size).rgba.chunks_exact(4).map(dark).collect()
}

#[test]
fn states_differ_without_their_colours_at_every_size() {
    for size in [16, 22, 24, 32, 44, 48] {
        for (at, one) in ALL.iter().enumerate() {
            for other in &ALL[at + 1..] {
                let (one, another) = (shape(*one, size), shape(*other, size));
                let differ = one.iter().zip(&another).filter(|(one, other)| one != other).count();
                let part = differ as f32 / (size * size) as f32;
                assert!(part > 0.06, "{other:?} at {size}: only {part} of the pixels");
            }
        }
    }
}

/// WCAG 2.2 §1.4.11: graphics need 3:1 to what is beside them; the rim gives it on dark panels.
#[test]
fn colours_hold_on_light_panels_and_against_the_rim() {
    let luminance = |color: [u8; 3]| {
        let linear = color.map(|part| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    for color in [GREEN, BLUE, AMBER, RED, SLATE, GREY] {
        let contrast = 1.05 / (luminance(color) + 0.05);
        assert!(contrast >= 4.5, "{color:?}: {contrast}");
    }
}

#[test]
fn corners_stay_empty_and_the_whole_square_is_drawn() {
    for drawing in ALL {
        let picture = drawing.picture(22);
        assert_eq!(picture.rgba.len(), 22 * 22 * 4);
        assert_eq!(picture.rgba[3], 0, "{drawing:?} has a corner");
    }
}

/// `KYSO_ICONS=FOLDER` keeps them as PAM files, to look at.
#[test]
fn pictures_for_whoever_wants_to_look() {
    let Some(folder) = std::env::var_os("KYSO_ICONS") else { return };
    for (at, drawing) in ALL.iter().enumerate() {
        for size in [16, 22, 44] {
            let head =
                format!("P7\nWIDTH {size}\nHEIGHT {size}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
            let path = std::path::Path::new(&folder).join(format!("{at}-{size}.pam"));
            std::fs::write(path, [head.into_bytes(), drawing.picture(size).rgba].concat()).expect("written");
        }
    }
}
