//! Colours, letters, spacing: light and dark.

use egui::Color32;
use egui::Context;
use egui::FontId;
use egui::RichText;
use egui::Stroke;
use egui::Style;
use egui::TextStyle;
use egui::Theme;
use egui::Ui;
use egui::Visuals;
use egui::style::WidgetVisuals;
use egui::text::LayoutJob;
use egui::vec2;

use super::letters;

/// The colours of one theme.
#[derive(Debug)]
pub(super) struct Palette {
    /// Behind everything.
    pub(super) ground: Color32,
    /// Behind who asks, and behind what belongs together.
    pub(super) card: Color32,
    /// Between them.
    pub(super) line: Color32,
    /// Around what can be pressed: told from its ground at 3:1 (WCAG 2.2, 1.4.11).
    pub(super) edge: Color32,
    pub(super) text: Color32,
    pub(super) weak: Color32,
    /// The one colour: the verb, the focus, the choice.
    pub(super) accent: Color32,
    pub(super) on_accent: Color32,
    pub(super) warning: Tint,
    pub(super) danger: Tint,
    pub(super) success: Color32,
}

/// Text on a ground of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tint {
    pub(super) ground: Color32,
    pub(super) text: Color32,
}

/// The colours in use.
pub(super) fn palette(context: &Context) -> &'static Palette {
    match context.theme() {
        Theme::Light => &LIGHT,
        Theme::Dark => &DARK,
    }
}

/// Letters and both looks.
pub(super) fn set_up(context: &Context) {
    context.set_fonts(letters::fonts());
    context.options_mut(|options| options.fallback_theme = Theme::Light);
    for (theme, palette, visuals) in
        [(Theme::Light, &LIGHT, Visuals::light()), (Theme::Dark, &DARK, Visuals::dark())]
    {
        context.style_mut_of(theme, |style| dress(style, palette, visuals.clone()));
    }
}

/// A scroll bar that is seen and does not shout.
pub(super) fn calm_bars(ui: &mut Ui, palette: &Palette) {
    let widgets = &mut ui.visuals_mut().widgets;
    for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
        widget.fg_stroke.color = palette.edge;
    }
}

pub(super) fn text(words: impl Into<String>, size: f32) -> RichText {
    RichText::new(letters::shown(&words.into())).size(size)
}

/// An address: it breaks at any letter, so that its lines are full and nothing of it is hidden.
pub(super) fn address(words: &str, size: f32, color: Color32) -> LayoutJob {
    let mut job = LayoutJob::simple(letters::shown(words), FontId::new(size, letters::bold()), color, 0.0);
    job.wrap.break_anywhere = true;
    job
}

pub(super) fn bold(words: impl Into<String>, size: f32) -> RichText {
    text(words, size).family(letters::bold())
}

fn dress(style: &mut Style, palette: &Palette, visuals: Visuals) {
    style.visuals = Visuals {
        override_text_color: None,
        weak_text_color: Some(palette.weak),
        panel_fill: palette.ground,
        window_fill: palette.card,
        extreme_bg_color: palette.card,
        text_edit_bg_color: Some(palette.card),
        warn_fg_color: palette.warning.text,
        error_fg_color: palette.danger.text,
        ..visuals
    };
    style.visuals.selection.bg_fill = palette.accent.gamma_multiply(0.35);
    style.visuals.selection.stroke = Stroke::new(2.0, palette.accent);
    style.visuals.text_cursor.stroke = Stroke::new(1.5, palette.text);
    let widgets = &mut style.visuals.widgets;
    let plain = |widget: &mut WidgetVisuals, fill: Color32, stroke: Stroke| {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = stroke;
        widget.fg_stroke = Stroke::new(1.5, palette.text);
        widget.corner_radius = 6.into();
        widget.expansion = 0.0;
    };
    plain(&mut widgets.noninteractive, palette.ground, Stroke::new(1.0, palette.line));
    plain(&mut widgets.inactive, palette.card, Stroke::new(1.0, palette.edge));
    plain(&mut widgets.hovered, palette.ground, Stroke::new(1.0, palette.text));
    plain(&mut widgets.active, palette.ground, Stroke::new(2.0, palette.accent));
    plain(&mut widgets.open, palette.ground, Stroke::new(1.0, palette.edge));
    style.spacing.item_spacing = vec2(8.0, 6.0);
    style.spacing.button_padding = vec2(16.0, 8.0);
    style.spacing.interact_size.y = 36.0;
    style.spacing.icon_width = 18.0;
    style.spacing.icon_width_inner = 10.0;
    style.spacing.scroll.floating = false;
    style.spacing.scroll.bar_width = 8.0;
    style.text_styles = [TextStyle::Small, TextStyle::Body, TextStyle::Button, TextStyle::Monospace]
        .map(|name| (name, FontId::proportional(BODY)))
        .into_iter()
        .chain([(TextStyle::Heading, FontId::new(TITLE, letters::bold()))])
        .collect();
    // Selecting would only copy what can be read anyway, and catch the keys meant for the list.
    style.interaction.selectable_labels = false;
    style.animation_time = 0.0;
}

/// Kyso's own colour: the accent of the light theme, and the ground of the mark.
pub(super) const BRAND: Color32 = Color32::from_rgb(0x0B, 0x57, 0xA4);

/// Sizes of letters, in points.
pub(super) const TITLE: f32 = 22.0;
pub(super) const STRONG: f32 = 16.0;
pub(super) const BODY: f32 = 14.0;
pub(super) const FINE: f32 = 13.0;

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(0xF4, 0xF5, 0xF7),
    card: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    line: Color32::from_rgb(0xDA, 0xDE, 0xE4),
    edge: Color32::from_rgb(0x7B, 0x85, 0x92),
    text: Color32::from_rgb(0x16, 0x1B, 0x22),
    weak: Color32::from_rgb(0x4D, 0x57, 0x63),
    accent: BRAND,
    on_accent: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    warning: Tint { ground: Color32::from_rgb(0xFF, 0xF3, 0xDC), text: Color32::from_rgb(0x6B, 0x42, 0x00) },
    danger: Tint { ground: Color32::from_rgb(0xFD, 0xE9, 0xEA), text: Color32::from_rgb(0x9B, 0x12, 0x1D) },
    success: Color32::from_rgb(0x11, 0x6B, 0x3C),
};

const DARK: Palette = Palette {
    ground: Color32::from_rgb(0x1A, 0x1E, 0x24),
    card: Color32::from_rgb(0x24, 0x2A, 0x32),
    line: Color32::from_rgb(0x39, 0x41, 0x4C),
    edge: Color32::from_rgb(0x83, 0x8E, 0x9C),
    text: Color32::from_rgb(0xF1, 0xF4, 0xF7),
    weak: Color32::from_rgb(0xB3, 0xBD, 0xC8),
    accent: Color32::from_rgb(0x86, 0xBB, 0xF5),
    on_accent: Color32::from_rgb(0x0A, 0x1A, 0x2C),
    warning: Tint { ground: Color32::from_rgb(0x3B, 0x2F, 0x16), text: Color32::from_rgb(0xFF, 0xD5, 0x8C) },
    danger: Tint { ground: Color32::from_rgb(0x43, 0x20, 0x24), text: Color32::from_rgb(0xFF, 0xB7, 0xB9) },
    success: Color32::from_rgb(0x82, 0xDB, 0xA6),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2: 1.4.3 for text, 1.4.11 for what can be pressed.
    #[test]
    fn contrast_holds_in_both_themes() {
        for p in [&LIGHT, &DARK] {
            let mut texts = vec![
                (p.on_accent, p.accent),
                (p.warning.text, p.warning.ground),
                (p.danger.text, p.danger.ground),
            ];
            for ground in [p.ground, p.card] {
                texts.extend([p.text, p.weak, p.accent, p.success].map(|text| (text, ground)));
                assert!(contrast(p.edge, ground) >= 3.0, "edge on {ground:?}");
            }
            for (text, ground) in texts {
                let found = contrast(text, ground);
                assert!(found >= 4.5, "{text:?} on {ground:?}: {found:.2}");
            }
        }
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(color: Color32) -> f32 {
        let linear = |channel: u8| {
            let part = f32::from(channel) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }
}
