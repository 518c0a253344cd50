//! That icons differ by shape, and hold on light and dark panels.

use super::*;
use crate::ui::sample;
use crate::ui::sample::kept;
use crate::ui::sample::kept::Kept;

/// With what each tells.
const NAMED: [(Drawing, &str); 10] = [
    (Drawing::Away, "the agent does not run"),
    (Drawing::Waiting, "a question waits"),
    (Drawing::Signing(0), "a batch begins"),
    (Drawing::Signing(4), "a third of it is signed"),
    (Drawing::Signing(12), "all of it is signed"),
    (Drawing::Paused, "signing is paused"),
    (Drawing::Padlock, "the PIN is locked"),
    (Drawing::Triangle, "few tries of the PIN are left"),
    (Drawing::NoToken, "no token is plugged in"),
    (Drawing::Ready, "a token is ready"),
];
const ALL: [Drawing; 10] = {
    let mut all = [Drawing::Away; 10];
    let mut at = 0;
    while at < all.len() {
        all[at] = NAMED[at].0;
        at += 1;
    }
    all
};

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

/// On a light panel and a dark one, from the smallest size to the largest, and large enough to look at.
#[test]
fn every_icon_looks_as_it_is_kept() {
    let pictures = Kept::at(&format!("tests/data/pictures/{}", kept::TRAY), "every_icon_looks_as_it_is_kept");
    let mut list = "# The icon in the panel, state by state\n\nMade by the tests: \
                    `KYSO_PICTURES=renew cargo test --lib every_icon_looks_as_it_is_kept`.\n\n"
        .to_owned();
    for (drawing, tells) in NAMED {
        let name = format!("{drawing:?}.png").to_lowercase().replace(['(', ')'], "");
        pictures.compare(&name, &on_panels(drawing));
        list += &format!("## {tells}\n\n<img src=\"{name}\" alt=\"{tells}\">\n\n");
    }
    pictures.finish(&[("README.md", list)], &[]);
}

/// The icon in a row of sizes, on either panel.
fn on_panels(drawing: Drawing) -> sample::picture::Picture {
    let width = SIZES.iter().map(|size| size + GAP).sum::<u32>() + GAP;
    let height = SIZES[SIZES.len() - 1] + 2 * GAP;
    let mut pixels = Vec::new();
    for panel in PANELS {
        let mut strip = vec![panel; (width * height) as usize];
        let mut left = GAP;
        for size in SIZES {
            let icon = drawing.picture(size);
            for (at, rgba) in (0..).zip(icon.rgba.chunks_exact(4)) {
                let place = ((at / size + GAP) * width + left + at % size) as usize;
                strip[place] = over(panel, rgba);
            }
            left += size + GAP;
        }
        pixels.extend(strip);
    }
    sample::picture::Picture { width: width as usize, pixels }
}

fn over(panel: u32, rgba: &[u8]) -> u32 {
    let mixed = [16, 8, 0].into_iter().zip(rgba).map(|(shift, part)| {
        let (below, alpha) = ((panel >> shift) & 0xFF, u32::from(rgba[3]));
        ((below * (255 - alpha) + u32::from(*part) * alpha + 127) / 255) << shift
    });
    mixed.sum()
}

const SIZES: [u32; 5] = [16, 22, 32, 48, 128];
const GAP: u32 = 12;
const PANELS: [u32; 2] = [0x00F3_F3F3, 0x0023_2629];
