//! The order in which a screen reader goes through the window.

use std::collections::HashMap;

use egui::accesskit::NodeId;
use egui::accesskit::Role;
use egui::accesskit::TreeUpdate;

/// Puts the answer behind what it answers: in egui's tree the parts stand in the order in which they were
/// laid out, and what is asked is laid out last, in the room that the head and the foot leave.
pub(super) fn sort(update: &mut TreeUpdate) {
    let roles: HashMap<NodeId, Role> = update.nodes.iter().map(|(id, node)| (*id, node.role())).collect();
    let is_part = |id: &NodeId| roles.get(id) == Some(&Role::Pane);
    for (_, node) in &mut update.nodes {
        if let [head, foot, body] = node.children()
            && [head, foot, body].into_iter().all(is_part)
        {
            let parts = vec![*head, *body, *foot];
            node.set_children(parts);
        }
    }
}
