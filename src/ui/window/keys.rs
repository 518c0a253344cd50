//! Keys in the order of their pressing: egui hands all of a pass to whatever has the focus when it begins, so
//! keys that come faster than passes would go astray behind one that moves the focus.

use egui::Event;
use egui::Key;
use egui::Modifiers;
use egui::RawInput;

/// One input for each pass that it takes: behind a key that can move the focus or answer, the next key begins
/// another.
pub(super) fn apart(mut input: RawInput) -> Vec<RawInput> {
    let (mut passes, mut turned) = (vec![Vec::new()], false);
    for event in std::mem::take(&mut input.events) {
        let key = if let Event::Key { key, pressed: true, modifiers, .. } = &event {
            Some((*key, *modifiers))
        } else {
            None
        };
        if turned && key.is_some() {
            passes.push(Vec::new());
            turned = false;
        }
        turned |= key.is_some_and(|(key, modifiers)| turns(key, modifiers));
        // Moved, not copied: it may be a letter of a PIN.
        if let Some(pass) = passes.last_mut() {
            pass.push(event);
        }
    }
    passes.into_iter().map(|events| RawInput { events, ..input.clone() }).collect()
}

fn turns(key: Key, modifiers: Modifiers) -> bool {
    modifiers.command || matches!(key, Key::Tab | Key::Enter | Key::Escape | Key::Space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    #[test]
    fn what_follows_a_key_that_moves_the_focus_waits_for_the_next_pass() {
        let text = |text: &str| Event::Text(text.to_owned());
        let plain = Modifiers::NONE;
        let events = vec![
            key(Key::Num1, plain),
            text("1"),
            key(Key::Tab, Modifiers::SHIFT),
            key(Key::Space, plain),
            // What the same key types stays with it.
            text(" "),
            key(Key::F, Modifiers::COMMAND),
            key(Key::Q, plain),
            text("q"),
            key(Key::U, plain),
            text("u"),
        ];
        let passes = apart(RawInput { events: events.clone(), ..RawInput::default() });
        let lengths: Vec<usize> = passes.iter().map(|pass| pass.events.len()).collect();
        assert_eq!(lengths, [3, 2, 1, 4]);
        assert_eq!(passes.into_iter().flat_map(|pass| pass.events).collect::<Vec<_>>(), events);
        assert_eq!(apart(RawInput::default()).len(), 1, "a pass without keys is one, too");
    }
}
