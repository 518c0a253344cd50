"""Says a process's accessibility tree, a JSON object a line, in reading order; presses the button named in argv[2]."""
import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

STATES = {
    "focused": Atspi.StateType.FOCUSED,
    "focusable": Atspi.StateType.FOCUSABLE,
    "enabled": Atspi.StateType.ENABLED,
    "checked": Atspi.StateType.CHECKED,
    "editable": Atspi.StateType.EDITABLE,
}


def text_of(node):
    try:
        face = node.get_text_iface()
        return Atspi.Text.get_text(face, 0, Atspi.Text.get_character_count(face)) if face else ""
    except GLib.Error:
        return ""


def say(node, press):
    held = node.get_state_set()
    states = [name for name, state in STATES.items() if held.contains(state)]
    role, name = node.get_role_name(), node.get_name() or ""
    print(json.dumps({"role": role, "name": name, "text": text_of(node) or "", "states": states}))
    if press and name == press and node.get_action_iface():
        Atspi.Action.do_action(node.get_action_iface(), 0)
    for at in range(node.get_child_count()):
        child = node.get_child_at_index(at)
        if child is not None:
            say(child, press)


Atspi.init()
desktop = Atspi.get_desktop(0)
for at in range(desktop.get_child_count()):
    program = desktop.get_child_at_index(at)
    try:
        if program is not None and program.get_process_id() == int(sys.argv[1]):
            say(program, sys.argv[2])
    except GLib.Error:
        pass  # It has gone meanwhile.
