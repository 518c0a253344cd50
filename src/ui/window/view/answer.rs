//! The foot of the window: what the person may do now, or how it went.

use egui::Checkbox;
use egui::Id;
use egui::Key;
use egui::Label;
use egui::ProgressBar;
use egui::RichText;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::accesskit::Live;
use egui::vec2;

use super::ASKED;
use super::EXTRA;
use super::Scene;
use super::parts;
use super::parts::Choice;
use super::parts::Look;
use super::pin;
use super::sign;
use crate::domain::error::ErrorCode;
use crate::text::fill;
use crate::ui::facts;
use crate::ui::talk::Means;
use crate::ui::talk::Phase;
use crate::ui::talk::Talk;
use crate::ui::window::dialog;
use crate::ui::window::dialog::Act;
use crate::ui::window::dialog::Dialog;
use crate::ui::window::dialog::Topic;
use crate::ui::window::field;
use crate::ui::window::theme;

/// Says how it went where the person was asked before: nothing above it moves, and the buttons stay where they were.
pub(super) fn show(ui: &mut Ui, scene: Scene, dialog: &mut Dialog) -> Option<Act> {
    ui.spacing_mut().item_spacing.y = if scene.roomy { 8.0 } else { 5.0 };
    let focus = std::mem::take(&mut dialog.refocus);
    if dialog.phase() != Phase::Asking {
        ui.set_min_height(asked(ui, scene));
    }
    if matches!(dialog.topic, Topic::Pin(_)) {
        return pin::foot(ui, scene, dialog, focus);
    }
    match dialog.phase() {
        Phase::Asking => asking(ui, scene, dialog, focus),
        Phase::Working { done, total, each_time } => {
            if let Topic::Sign(talk) = &dialog.topic {
                working(ui, scene, talk, (done, total), each_time);
            }
            if dialog.guard.is_aside() {
                let aside = theme::text(scene.words.aside, theme::BODY).color(scene.palette.text);
                parts::paragraph(ui, aside);
            }
            // Without the focus: a second Enter after the PIN must not cancel.
            close(ui, scene, scene.words.cancel, false)
        }
        Phase::Stopping => {
            state(ui, scene, scene.words.stopping);
            parts::paragraph(ui, theme::text(scene.words.keep_token, theme::BODY).color(scene.palette.weak));
            close(ui, scene, scene.words.close, false)
        }
        Phase::Done => {
            if let Topic::Sign(talk) = &dialog.topic {
                done(ui, scene, &facts::done(&talk.question));
            }
            if dialog.was_stopped() {
                parts::notice(ui, scene.palette.danger, scene.words.done_before);
            }
            close(ui, scene, scene.words.close, focus)
        }
        Phase::Failed(ErrorCode::UserDenied) if dialog.was_stopped() => {
            parts::notice(ui, scene.palette.warning, scene.words.stopped);
            close(ui, scene, scene.words.close, focus)
        }
        phase @ (Phase::Failed(_) | Phase::Late) => {
            let sentence = match (&dialog.topic, phase) {
                (Topic::Sign(talk), Phase::Failed(code)) => Some(facts::failure(talk, code)),
                _ => dialog::ending(scene.words, phase),
            };
            if let Some(sentence) = sentence {
                parts::notice(ui, scene.palette.danger, &sentence);
            }
            close(ui, scene, scene.words.close, focus)
        }
    }
}

fn asking(ui: &mut Ui, scene: Scene, dialog: &mut Dialog, focus: bool) -> Option<Act> {
    let words = scene.words;
    let countdown = Some(countdown(scene, dialog));
    let entered = match &mut dialog.topic {
        Topic::Sign(talk) => {
            if scene.roomy {
                sign::only_digest(ui, scene, talk);
                ui.add_space(4.0);
            }
            warn(ui, scene, talk);
            match talk.means() {
                Means::Pin => {
                    let ticked = keep(ui, talk);
                    pin_field(ui, scene, dialog, focus || ticked)
                }
                Means::LastPin => {
                    let accept = facts::accept(words, talk);
                    let understood = &mut dialog.understood;
                    ui.add(Checkbox::new(understood, theme::text(accept, theme::BODY)));
                    let ticked = keep(ui, talk);
                    pin_field(ui, scene, dialog, focus || ticked)
                }
                Means::Reader | Means::LastReader => {
                    if talk.means() == Means::LastReader {
                        let accept = facts::accept(words, talk);
                        ui.add(Checkbox::new(&mut dialog.understood, theme::text(accept, theme::BODY)));
                    }
                    holder(ui, scene, talk);
                    let reader = facts::reader(words, &talk.question);
                    parts::paragraph(ui, theme::text(reader, theme::BODY).color(scene.palette.text));
                    false
                }
                Means::Confirm => {
                    holder(ui, scene, talk);
                    let sentence = facts::kept(talk).unwrap_or_default();
                    parts::paragraph(ui, theme::text(sentence, theme::BODY).color(scene.palette.text));
                    false
                }
                Means::Choose | Means::Never(_) => false,
            }
        }
        Topic::Pair(..) | Topic::Pin(_) => false,
    };
    nag(ui, scene, dialog);
    ui.add_space(4.0);
    let pressed = match &dialog.topic {
        Topic::Pair(..) => {
            // Refusing comes first, so that it has the focus and nothing is agreed to by Enter alone.
            let allow = match (dialog.can_agree(), dialog.guard.holds(scene.now)) {
                (false, _) => Look::Idle,
                (true, true) => Look::Waiting,
                (true, false) => Look::Plain,
            };
            let deny = if dialog.block { words.do_block } else { words.deny };
            let choices = [
                Choice { label: deny, look: Look::Plain, focus },
                Choice { label: words.allow, look: allow, focus: false },
            ];
            parts::last_row(ui, scene, countdown, &choices).map(|at| [Act::Close, Act::Agree][at])
        }
        Topic::Pin(_) => None,
        Topic::Sign(talk) => {
            let typed = matches!(talk.means(), Means::Pin | Means::LastPin);
            let choosing = talk.means() == Means::Choose;
            let cancel = if dialog.block { words.do_block } else { words.cancel };
            let cancel = Choice { label: cancel, look: Look::Plain, focus: focus && !typed && !choosing };
            if matches!(talk.means(), Means::Never(_)) {
                let cancel = Choice { label: words.close, ..cancel };
                // Nothing is left to be answered in time.
                return parts::last_row(ui, scene, None, &[cancel]).map(|_| Act::Close);
            }
            let look = if dialog.can_agree() { Look::Verb } else { Look::Idle };
            let sign = Choice { label: facts::verb(words, &talk.question), look, focus: false };
            parts::last_row(ui, scene, countdown, &[cancel, sign]).map(|at| [Act::Close, Act::Agree][at])
        }
    };
    match pressed {
        Some(Act::Agree) if !dialog.guard.admits_click(scene.now) => None,
        None if entered => Some(Act::Agree),
        pressed => pressed,
    }
}

/// For a site that was refused before: a no can be for good (R22).
fn nag(ui: &mut Ui, scene: Scene, dialog: &mut Dialog) {
    let refusals = dialog.refusals();
    if refusals > 0 {
        let nagged = facts::nagged(scene.words, refusals);
        parts::paragraph(ui, theme::text(nagged, theme::BODY).color(scene.palette.text));
        let label = theme::text(scene.words.block, theme::BODY);
        let ticked = ui.add(Checkbox::new(&mut dialog.block, label)).changed();
        if ticked && dialog.block {
            dialog.pin.clear();
        }
    }
}

/// What went wrong, and what could.
fn warn(ui: &mut Ui, scene: Scene, talk: &Talk) {
    let hopeless = matches!(talk.means(), Means::Never(_));
    let wrong = (talk.was_wrong() && !hopeless).then_some(scene.words.wrong_pin);
    let warning = facts::warning(scene.words, talk);
    let late = facts::late_warning(talk);
    let all = facts::ended(talk).into_iter().chain(late.as_deref()).chain(wrong).chain(warning);
    let sentence = all.collect::<Vec<_>>().join(" ");
    if !sentence.is_empty() {
        let grave = wrong.is_some() || hopeless || matches!(talk.means(), Means::LastPin | Means::LastReader);
        let tint = if grave { scene.palette.danger } else { scene.palette.warning };
        parts::notice(ui, tint, &sentence);
    }
}

/// The tick that keeps the login, where that is on offer; never ticked by itself (R38). Whether it was
/// ticked or unticked now: the PIN is typed next.
fn keep(ui: &mut Ui, talk: &mut Talk) -> bool {
    let Some(sentence) = facts::keep(talk) else { return false };
    ui.add(Checkbox::new(&mut talk.keep, theme::text(sentence, theme::BODY))).changed()
}

/// With what it is signed, where the certificate itself may have to be scrolled to (R26): whole if there is room,
/// else in one line.
fn holder(ui: &mut Ui, scene: Scene, talk: &Talk) {
    if let Some(sentence) = facts::by(talk).filter(|_| !scene.roomy || scene.crowded) {
        let words = theme::text(sentence, theme::BODY).color(scene.palette.text);
        let label = Label::new(words);
        if scene.roomy {
            let height = ui.add(label.wrap()).rect.height() + ui.spacing().item_spacing.y;
            ui.data_mut(|data| data.insert_temp(Id::unique(EXTRA), height));
        } else {
            ui.add(label.truncate());
        }
    }
}

/// The field; true if Enter was pressed in it.
fn pin_field(ui: &mut Ui, scene: Scene, dialog: &mut Dialog, focus: bool) -> bool {
    let words = theme::bold(scene.words.pin, theme::BODY).color(scene.palette.text);
    let name = |ui: &mut Ui| {
        if let Topic::Sign(talk) = &dialog.topic {
            holder(ui, scene, talk);
        }
    };
    let label = if scene.roomy {
        name(ui);
        parts::paragraph(ui, words)
    } else {
        let beside = ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            let label = ui.label(words);
            name(ui);
            label
        });
        beside.inner
    };
    let field = field::show(ui, &mut dialog.pin, scene.words.pin_hint).labelled_by(label.id);
    if focus {
        field.request_focus();
    }
    keyboard(ui, scene, dialog.caps_lock, dialog.pin.has_marks());
    field.has_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

/// What the keyboard does to a PIN, if it may not be meant.
pub(super) fn keyboard(ui: &mut Ui, scene: Scene, caps_lock: Option<bool>, has_marks: bool) {
    let caps_lock = (caps_lock == Some(true)).then_some(scene.words.caps_lock);
    for hint in caps_lock.into_iter().chain(has_marks.then_some(scene.words.pin_marks)) {
        parts::notice(ui, scene.palette.warning, hint);
    }
}

pub(super) fn countdown(scene: Scene, dialog: &Dialog) -> RichText {
    let left = dialog.left(scene.now).as_millis().div_ceil(1_000);
    let time = format!("{}:{:02}", left / 60, left % 60);
    let words = fill(scene.words.cancels_in, &[("time", &time)]);
    if left <= HURRY {
        theme::bold(words, theme::FINE).color(scene.palette.danger.text)
    } else {
        theme::text(words, theme::FINE).color(scene.palette.weak)
    }
}

fn working(ui: &mut Ui, scene: Scene, talk: &Talk, (done, total): (usize, usize), each_time: bool) {
    let words = scene.words;
    let on_reader = done == 0 && matches!(talk.means(), Means::Reader | Means::LastReader);
    let sentence =
        if on_reader { words.on_reader.to_owned() } else { facts::signing(&talk.question, done, total) };
    state(ui, scene, &sentence);
    if total > 1 {
        let part = done as f32 / total as f32;
        let bar = ProgressBar::new(part).desired_height(8.0).fill(scene.palette.accent);
        let bar = ui.add(bar);
        ui.ctx().accesskit_node_builder(bar.id, |node| node.set_label(sentence));
    }
    if each_time {
        parts::paragraph(
            ui,
            theme::text(facts::each_time(talk, words), theme::BODY).color(scene.palette.text),
        );
    }
    parts::paragraph(ui, theme::text(words.keep_token, theme::BODY).color(scene.palette.weak));
}

/// What goes on; a screen reader says it when there is a pause.
fn state(ui: &mut Ui, scene: Scene, sentence: &str) {
    let label = parts::paragraph(ui, theme::bold(sentence, theme::STRONG).color(scene.palette.text));
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
}

pub(super) fn done(ui: &mut Ui, scene: Scene, sentence: &str) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(24.0, 28.0), Sense::hover());
        let (center, stroke) = (rect.center(), Stroke::new(3.0, scene.palette.success));
        let tick = [vec2(-8.0, 0.0), vec2(-2.5, 6.0), vec2(8.0, -6.0)].map(|from| center + from);
        ui.painter().add(egui::Shape::line(tick.to_vec(), stroke));
        let label = parts::paragraph(ui, theme::bold(sentence, theme::STRONG).color(scene.palette.success));
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
    });
}

pub(super) fn close(ui: &mut Ui, scene: Scene, label: &str, focus: bool) -> Option<Act> {
    let used = ui.cursor().top() - ui.min_rect().top();
    ui.add_space((asked(ui, scene) - used - parts::BUTTON.y).max(0.0));
    let choice = Choice { label, look: Look::Plain, focus };
    parts::last_row(ui, scene, None, &[choice]).map(|_| Act::Close)
}

/// The height of the question that stood here, where there is room for it.
fn asked(ui: &Ui, scene: Scene) -> f32 {
    let asked = ui.data(|data| data.get_temp(Id::unique(ASKED))).unwrap_or_default();
    if scene.roomy { asked } else { 0.0 }
}

const HURRY: u128 = 15;
