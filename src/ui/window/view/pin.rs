//! A PIN that is to be changed or unblocked: which token, what will happen, three fields.

use egui::Checkbox;
use egui::Key;
use egui::Ui;
use egui::accesskit::Live;

use super::Scene;
use super::answer;
use super::parts;
use super::parts::Choice;
use super::parts::Look;
use super::sign;
use crate::text::fill;
use crate::ui::clean::clean;
use crate::ui::pin_talk::PinTalk;
use crate::ui::secret::PinField;
use crate::ui::talk::Phase;
use crate::ui::window::dialog::Act;
use crate::ui::window::dialog::Dialog;
use crate::ui::window::field;
use crate::ui::window::pin::PinForm;
use crate::ui::window::theme;

pub(super) fn who(ui: &mut Ui, scene: Scene, form: &PinForm) {
    let (talk, words) = (&form.talk, form.talk.words());
    let asks = talk.pick(words.asks_change, words.asks_unblock);
    let serial = clean(&talk.sheet.serial, MAX_NAME);
    let which = fill(words.which, &[("serial", &serial), ("model", &clean(&talk.sheet.model, MAX_NAME))]);
    let label = clean(&talk.sheet.label, MAX_NAME);
    sign::asker(ui, scene, asks, [Some(&label), None, Some(&which)]);
}

/// There is nothing to choose here: never an act.
pub(super) fn what(ui: &mut Ui, scene: Scene, form: &PinForm) -> Option<Act> {
    let (talk, words) = (&form.talk, form.talk.words());
    ui.spacing_mut().item_spacing.y = 8.0;
    if talk.sheet.must_change {
        parts::notice(ui, scene.palette.warning, words.must_change);
    }
    let happens = talk.pick(words.happens_change, words.happens_unblock);
    parts::card(ui, scene, |ui| {
        parts::paragraph(ui, theme::text(happens, theme::BODY).color(scene.palette.text));
    });
    None
}

pub(super) fn foot(ui: &mut Ui, scene: Scene, dialog: &mut Dialog, focus: bool) -> Option<Act> {
    let countdown = answer::countdown(scene, dialog);
    let (can_agree, phase, caps_lock) = (dialog.can_agree(), dialog.phase(), dialog.caps_lock);
    let form = dialog.form()?;
    let words = form.talk.words();
    match phase {
        Phase::Working { .. } => {
            let reader = form.talk.sheet.reader;
            let sentence = if reader { words.on_reader } else { words.working };
            let label = parts::paragraph(ui, theme::bold(sentence, theme::STRONG).color(scene.palette.text));
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
            parts::paragraph(ui, theme::text(words.keep_token, theme::BODY).color(scene.palette.weak));
            return None;
        }
        Phase::Done => {
            answer::done(ui, scene, form.talk.pick(words.done_change, words.done_unblock));
            return answer::close(ui, scene, scene.words.close, focus);
        }
        Phase::Failed(code) => {
            parts::notice(ui, scene.palette.danger, &words.failure(code));
            return answer::close(ui, scene, scene.words.close, focus);
        }
        Phase::Late => {
            parts::notice(ui, scene.palette.danger, words.late);
            return answer::close(ui, scene, scene.words.close, focus);
        }
        Phase::Stopping => return None,
        Phase::Asking => {}
    }
    warn(ui, scene, &form.talk);
    if form.talk.is_last() {
        let accept = form.talk.pick(words.accept_change, words.accept_unblock);
        ui.add(Checkbox::new(&mut form.understood, theme::text(accept, theme::BODY)));
    }
    let entered = if form.talk.sheet.reader {
        let reader = form.talk.pick(words.reader_change, words.reader_unblock);
        parts::paragraph(ui, theme::text(reader, theme::BODY).color(scene.palette.text));
        false
    } else {
        let entered = fields(ui, scene, form, focus);
        answer::keyboard(ui, scene, caps_lock, form.fields.iter().any(PinField::has_marks));
        entered
    };
    ui.add_space(4.0);
    let verb = form.talk.pick(words.do_change, words.do_unblock);
    let cancel =
        Choice { label: scene.words.cancel, look: Look::Plain, focus: focus && form.talk.sheet.reader };
    let look = if can_agree { Look::Verb } else { Look::Idle };
    let choices = [cancel, Choice { label: verb, look, focus: false }];
    match parts::last_row(ui, scene, Some(countdown), &choices).map(|at| [Act::Close, Act::Agree][at]) {
        Some(Act::Agree) if !dialog.guard.admits_click(scene.now) => None,
        None if entered => Some(Act::Agree),
        pressed => pressed,
    }
}

/// The fields, one below the other; true if Enter was pressed in the last. In the others it goes on to
/// the next.
fn fields(ui: &mut Ui, scene: Scene, form: &mut PinForm, focus: bool) -> bool {
    let (words, hint) = (form.talk.words(), scene.words.pin_hint);
    let labels = [
        form.talk.pick(words.present_change, words.present_unblock).to_owned(),
        form.talk.new_label(),
        words.again.to_owned(),
    ];
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    let (mut entered, mut go_on) = (false, focus);
    for (at, (label, pin)) in labels.iter().zip(&mut form.fields).enumerate() {
        let label = parts::paragraph(ui, theme::bold(label, theme::BODY).color(scene.palette.text));
        let response =
            field::show_as(ui, pin, field::nth(at), if at == 0 { hint } else { "" }).labelled_by(label.id);
        if std::mem::take(&mut go_on) {
            response.request_focus();
        } else if response.has_focus() && enter {
            entered = at == 2;
            go_on = at < 2;
        }
    }
    entered
}

/// What went wrong, and what could.
fn warn(ui: &mut Ui, scene: Scene, talk: &PinTalk) {
    let complaint = talk.complaint();
    let grave = complaint.is_some() || talk.is_last();
    let warning = talk.warning().map(str::to_owned);
    let sentence = complaint.into_iter().chain(warning).collect::<Vec<_>>().join(" ");
    if !sentence.is_empty() {
        parts::notice(ui, if grave { scene.palette.danger } else { scene.palette.warning }, &sentence);
    }
}

const MAX_NAME: usize = 200;
